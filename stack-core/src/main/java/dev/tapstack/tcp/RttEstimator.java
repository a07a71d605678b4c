package dev.tapstack.tcp;

/**
 * Round-trip time and retransmission timeout (RFC 6298 2). Times in nanoseconds. One for each
 * connection; the loop's thread only.
 *
 * <p>Whoever samples sees to Karn's rule: no sample from a segment that was sent twice, unless
 * timestamps tell the two apart.
 */
final class RttEstimator {
  /** RFC 6298 2.1: before the first sample. */
  static final long INITIAL_RTO_NANOS = 1_000_000_000L;

  /** RFC 6298 5.7: for data, when the SYN had to be sent again. */
  static final long RTO_AFTER_SYN_LOSS_NANOS = 3_000_000_000L;

  /** RFC 6298 2.5: an upper bound of at least 60 s. */
  static final long MAX_RTO_NANOS = 60_000_000_000L;

  /** G of RFC 6298 2.2: the tick of the timer wheel, rounded up. */
  private static final long GRANULARITY_NANOS = 2_000_000L;

  private final long minRtoNanos;
  private long srttNanos;
  private long rttvarNanos;
  private long rtoNanos = INITIAL_RTO_NANOS;

  RttEstimator(long minRtoNanos) {
    this.minRtoNanos = minRtoNanos;
  }

  void sample(long rttNanos) {
    long r = Math.max(rttNanos, 1);
    if (srttNanos == 0) {
      srttNanos = r;
      rttvarNanos = r / 2;
    } else {
      rttvarNanos += (Math.abs(srttNanos - r) - rttvarNanos) / 4;
      srttNanos += (r - srttNanos) / 8;
    }
    long rto = srttNanos + Math.max(GRANULARITY_NANOS, 4 * rttvarNanos);
    rtoNanos = Math.min(Math.max(rto, minRtoNanos), MAX_RTO_NANOS);
  }

  /** The SYN was sent more than once: without a sample the timeout for data is 3 s. */
  void synWasLost() {
    if (srttNanos == 0) {
      rtoNanos = RTO_AFTER_SYN_LOSS_NANOS;
    }
  }

  boolean hasSample() {
    return srttNanos != 0;
  }

  long srttNanos() {
    return srttNanos;
  }

  long rttvarNanos() {
    return rttvarNanos;
  }

  /** The timeout without back-off. */
  long rtoNanos() {
    return rtoNanos;
  }

  /** The timeout after {@code backoffs} doublings (RFC 6298 5.5). */
  long rtoNanos(int backoffs) {
    // 2^15 times G, of which no timeout is less, is above the bound already.
    return Math.min(rtoNanos << Math.min(backoffs, 15), MAX_RTO_NANOS);
  }
}
