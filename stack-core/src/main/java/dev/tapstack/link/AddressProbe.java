package dev.tapstack.link;

import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Timer;

/**
 * When to ask whether anybody has an address, before it is used (RFC 5227 2.1.1): three times,
 * which takes 4 to 7 seconds. What is sent, and what is heard, is {@link ArpProtocol}'s. The loop's
 * thread only.
 */
final class AddressProbe {
  /** RFC 5227 1.1: PROBE_WAIT, the most that is waited before the first probe. */
  private static final long PROBE_WAIT_NANOS = 1_000_000_000L;

  /** RFC 5227 1.1: PROBE_NUM. */
  private static final int PROBE_NUM = 3;

  /** RFC 5227 1.1: PROBE_MIN, the least between two probes. */
  private static final long PROBE_MIN_NANOS = 1_000_000_000L;

  /** RFC 5227 1.1: PROBE_MAX, the most between two probes. */
  private static final long PROBE_MAX_NANOS = 2_000_000_000L;

  /** RFC 5227 1.1: ANNOUNCE_WAIT, what a conflict may take to show after the last probe. */
  private static final long ANNOUNCE_WAIT_NANOS = 2_000_000_000L;

  private final StackLoop loop;
  private final Rng rng;
  private final Runnable probe;
  private final Runnable free;
  private final Timer timer = new Timer(now -> due());
  private int probesLeft;

  /**
   * @param probe sends the probes of one round
   * @param free runs when nobody has answered
   */
  AddressProbe(StackLoop loop, Rng rng, Runnable probe, Runnable free) {
    this.loop = loop;
    this.rng = rng;
    this.probe = probe;
    this.free = free;
  }

  /** Begins, anew if it has begun. */
  void start() {
    probesLeft = PROBE_NUM;
    loop.armIn(timer, random(PROBE_WAIT_NANOS));
  }

  /** Ends it, whatever has come out. */
  void cancel() {
    loop.timers().cancel(timer);
  }

  private void due() {
    if (probesLeft == 0) {
      free.run();
      return;
    }
    probesLeft--;
    probe.run();
    boolean isLast = probesLeft == 0;
    loop.armIn(
        timer,
        isLast ? ANNOUNCE_WAIT_NANOS : PROBE_MIN_NANOS + random(PROBE_MAX_NANOS - PROBE_MIN_NANOS));
  }

  private long random(long limitNanos) {
    return (long) (rng.nextDouble() * limitNanos);
  }
}
