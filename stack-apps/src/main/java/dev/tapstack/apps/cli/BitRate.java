package dev.tapstack.apps.cli;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The rate of a link as tc(8) writes it: 10mbit, 1.5gbit, 64kbit, or 0 for no limit.
 *
 * @param bitsPerSecond 0, or 8 and more
 */
record BitRate(long bitsPerSecond) {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,6}(?:\\.[0-9]{1,6})?)(k|m|g)?bit");

  /** A byte each second: less is a partition. */
  private static final long MIN_BITS = 8;

  static BitRate parse(String text) {
    if (text.equals("0")) {
      return new BitRate(0);
    }
    Matcher form = FORM.matcher(text);
    if (form.matches()) {
      int zeros =
          switch (form.group(2)) {
            case "k" -> 3;
            case "m" -> 6;
            case "g" -> 9;
            case null, default -> 0;
          };
      long bits = new BigDecimal(form.group(1)).movePointRight(zeros).longValue();
      if (bits >= MIN_BITS) {
        return new BitRate(bits);
      }
    }
    throw new IllegalArgumentException(
        "'" + text + "' is no rate: write 10mbit, 1.5gbit or 64kbit, or 0 for no limit");
  }

  /** As {@link #parse} reads it. */
  static String format(long bitsPerSecond) {
    BigDecimal bits = BigDecimal.valueOf(bitsPerSecond);
    return bitsPerSecond >= 1_000_000_000
        ? plain(bits.movePointLeft(9)) + "gbit"
        : bitsPerSecond >= 1_000_000
            ? plain(bits.movePointLeft(6)) + "mbit"
            : plain(bits.movePointLeft(3)) + "kbit";
  }

  private static String plain(BigDecimal number) {
    return number.stripTrailingZeros().toPlainString();
  }
}
