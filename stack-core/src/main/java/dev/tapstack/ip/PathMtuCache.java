package dev.tapstack.ip;

import dev.tapstack.loop.StackLoop;

/**
 * What ICMP has told of the largest packet on the way to a destination (RFC 1191 3, 6.2). Whoever
 * enters something has checked that the report is not forged (RFC 5927 7.2).
 *
 * <p>An entry is forgotten after ten minutes, so that larger packets are tried again, as the way
 * may have changed (RFC 1191 6.3). The table is bounded: each destination has one place, where a
 * later one pushes out an earlier one, which costs no more than another report. The loop's thread
 * only.
 */
final class PathMtuCache {
  /** RFC 1191 6.3: twice the least of five minutes, as recommended there; Linux's mtu_expires. */
  static final long LIFETIME_NANOS = 600 * 1_000_000_000L;

  /** Paths with a narrow place are few; a power of two. */
  private static final int PLACES = 256;

  private static final long MIX = 0x9e37_79b9_7f4a_7c15L; // 2^64 over the golden ratio

  private final StackLoop loop;
  private final long[] his = new long[PLACES];
  private final long[] los = new long[PLACES];
  private final long[] untilNanos = new long[PLACES];
  private final int[] mtus = new int[PLACES]; // 0: free

  PathMtuCache(StackLoop loop) {
    this.loop = loop;
  }

  /** The MTU of the path to that address, or {@code otherwise} if nothing is known. */
  int find(long hi, long lo, int otherwise) {
    int at = place(hi, lo);
    boolean isKnown =
        mtus[at] != 0 && his[at] == hi && los[at] == lo && loop.nowNanos() - untilNanos[at] < 0;
    return isKnown ? mtus[at] : otherwise;
  }

  /**
   * Enters an MTU for ten minutes.
   *
   * @return whether another destination was pushed out
   */
  boolean put(long hi, long lo, int mtu) {
    int at = place(hi, lo);
    boolean isOther =
        mtus[at] != 0 && (his[at] != hi || los[at] != lo) && loop.nowNanos() - untilNanos[at] < 0;
    his[at] = hi;
    los[at] = lo;
    mtus[at] = mtu;
    untilNanos[at] = loop.nowNanos() + LIFETIME_NANOS;
    return isOther;
  }

  private static int place(long hi, long lo) {
    return (int) ((hi * 31 + lo) * MIX >>> 56);
  }
}
