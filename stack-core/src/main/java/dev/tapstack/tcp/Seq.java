package dev.tapstack.tcp;

/** Sequence numbers: 32 bits modulo 2^32, compared by their distance (RFC 9293 3.4). */
final class Seq {
  private Seq() {}

  static boolean lt(int a, int b) {
    return a - b < 0;
  }

  static boolean leq(int a, int b) {
    return a - b <= 0;
  }

  static boolean gt(int a, int b) {
    return a - b > 0;
  }

  static boolean geq(int a, int b) {
    return a - b >= 0;
  }

  static int max(int a, int b) {
    return gt(a, b) ? a : b;
  }

  static int min(int a, int b) {
    return lt(a, b) ? a : b;
  }
}
