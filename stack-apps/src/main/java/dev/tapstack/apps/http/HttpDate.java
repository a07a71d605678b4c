package dev.tapstack.apps.http;

import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * The Date field (RFC 9110 6.6.1), made once a second. One for each server. The loop's thread only.
 */
final class HttpDate {
  /** IMF-fixdate, RFC 9110 5.6.7. */
  private static final DateTimeFormatter IMF_FIXDATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

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
}
