package dev.tapstack.addr;

/** The canonical text of an IPv6 address (RFC 5952 4). Any thread. */
final class Ipv6Text {
  private Ipv6Text() {}

  static String format(long hi, long lo) {
    int bestStart = -1;
    int bestLength = 1; // a single zero group is written out: RFC 5952 4.2.2
    for (int i = 0; i < 8; ) {
      int run = 0;
      while (i + run < 8 && group(hi, lo, i + run) == 0) {
        run++;
      }
      if (run > bestLength) {
        bestStart = i;
        bestLength = run;
      }
      i += Math.max(run, 1);
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < 8; i++) {
      if (i == bestStart) {
        text.append("::");
        i += bestLength - 1;
      } else {
        if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(group(hi, lo, i)));
      }
    }
    return text.toString();
  }

  private static int group(long hi, long lo, int index) {
    long half = index < 4 ? hi : lo;
    return (int) (half >>> (3 - index % 4) * 16) & 0xffff;
  }
}
