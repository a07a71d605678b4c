package dev.tapstack.apps.http;

import java.text.ParsePosition;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Dates in fields (RFC 9110 5.6.7), and the Date field (6.6.1), made once a second. One for each
 * server. The loop's thread only; the static methods any.
 */
public final class HttpDate {
  /** Two digits mean a year from here on: none that is long past, few that are to come. */
  private static final int BASE_YEAR = 1976;

  /** IMF-fixdate, RFC 9110 5.6.7. */
  private static final DateTimeFormatter IMF_FIXDATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /** The two forms that a recipient must understand still; the year of the first has two digits. */
  private static final List<DateTimeFormatter> OBSOLETE =
      List.of(
          new DateTimeFormatterBuilder()
              .appendPattern("EEEE, dd-MMM-")
              .appendValueReduced(ChronoField.YEAR, 2, 2, BASE_YEAR)
              .appendPattern(" HH:mm:ss 'GMT'")
              .toFormatter(Locale.US) // Locale.ROOT has no long names of days
              .withZone(ZoneOffset.UTC),
          DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.ROOT)
              .withZone(ZoneOffset.UTC));

  private final InstantSource clock;
  private long second = Long.MIN_VALUE;
  private byte[] line = {};

  HttpDate(InstantSource clock) {
    this.clock = clock;
  }

  /** The field line of now, with its CRLF. Not copied. */
  byte[] line() {
    long now = Math.floorDiv(clock.millis(), 1000L);
    if (now != second) {
      second = now;
      line = Syntax.ascii("Date: " + IMF_FIXDATE.format(Instant.ofEpochSecond(now)) + "\r\n");
    }
    return line;
  }

  /** As it stands in a field, to the second: {@code Sun, 06 Nov 1994 08:49:37 GMT}. */
  public static String format(Instant time) {
    return IMF_FIXDATE.format(time);
  }

  /** The time that {@code text} tells in one of the three forms, or null if it is none. */
  public static @Nullable Instant parse(String text) {
    Instant time = parse(IMF_FIXDATE, text);
    for (int i = 0; time == null && i < OBSOLETE.size(); i++) {
      time = parse(OBSOLETE.get(i), text);
    }
    return time;
  }

  private static @Nullable Instant parse(DateTimeFormatter form, String text) {
    ParsePosition position = new ParsePosition(0);
    TemporalAccessor parsed = form.parseUnresolved(text, position);
    if (parsed == null || position.getErrorIndex() >= 0 || position.getIndex() < text.length()) {
      return null;
    }
    try {
      return Instant.from(form.parse(text));
    } catch (DateTimeException e) {
      return null; // as 31 February
    }
  }
}
