package dev.tapstack.apps.cli;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A time on a link as tc(8) writes it: 50ms, 1.5s or 200us.
 *
 * @param nanos 0 to an hour
 */
record TimeSpan(long nanos) {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,7}(?:\\.[0-9]{1,6})?)(us|ms|s)");

  private static final long MAX_NANOS = 3_600_000_000_000L;

  static TimeSpan parse(String text) {
    Matcher form = FORM.matcher(text);
    if (form.matches()) {
      int zeros =
          switch (form.group(2)) {
            case "us" -> 3;
            case "ms" -> 6;
            default -> 9;
          };
      long nanos = new BigDecimal(form.group(1)).movePointRight(zeros).longValue();
      if (nanos <= MAX_NANOS) {
        return new TimeSpan(nanos);
      }
    }
    throw new IllegalArgumentException(
        "'" + text + "' is no time up to an hour: write 50ms, 1.5s or 200us");
  }

  /** As {@link #parse} reads it. */
  static String format(long nanos) {
    BigDecimal exact = BigDecimal.valueOf(nanos);
    return nanos >= 1_000_000_000
        ? plain(exact.movePointLeft(9)) + "s"
        : nanos >= 1_000_000
            ? plain(exact.movePointLeft(6)) + "ms"
            : plain(exact.movePointLeft(3)) + "us";
  }

  private static String plain(BigDecimal number) {
    return number.stripTrailingZeros().toPlainString();
  }
}
