package dev.tapstack.loop;

/**
 * A rate limit with a burst (RFC 1812 4.3.2.8, RFC 4443 2.4 (f)). The loop's thread only.
 *
 * <p>Tokens are counted in nanoseconds of refill, so that nothing is lost to rounding.
 */
public final class TokenBucket {
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final long nanosPerToken;
  private final long fullNanos;
  private long savedNanos;
  private long lastNanos;

  /** A full bucket; {@code perSecond} and {@code burst} are at least 1. */
  public TokenBucket(int perSecond, int burst, long nowNanos) {
    nanosPerToken = NANOS_PER_SECOND / perSecond;
    fullNanos = nanosPerToken * burst;
    savedNanos = fullNanos;
    lastNanos = nowNanos;
  }

  /** Takes a token; false if there is none. */
  public boolean take(long nowNanos) {
    long passed = nowNanos - lastNanos;
    lastNanos = nowNanos;
    savedNanos = passed >= fullNanos - savedNanos ? fullNanos : savedNanos + passed;
    if (savedNanos < nanosPerToken) {
      return false;
    }
    savedNanos -= nanosPerToken;
    return true;
  }
}
