package dev.tapstack.apps.http;

import dev.tapstack.addr.IpAddress;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A request as a line of a log, in the combined format that Apache's and nginx's readers know:
 * client, time, request line, status, bytes of content, Referer, User-Agent.
 *
 * <p>What the client wrote is escaped, so that it can neither end its quotes nor its line: control
 * characters, quotes, backslashes and what is not ASCII become {@code \xHH}. The time is in UTC.
 * The loop's thread only.
 */
final class AccessLine {
  /** Most bytes of what the client wrote, in each place; beyond, "..." stands. */
  static final int MAX_QUOTED = 2_000;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("dd/MMM/uuuu:HH:mm:ss Z", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);
  private static final String HEX = "0123456789abcdef";

  private final InstantSource clock;
  private long second = -1;
  private String time = "";

  AccessLine(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * Makes the line.
   *
   * @param status null if there was no response
   * @param bytes of content, chunks' framing included, that were sent
   */
  String of(IpAddress client, RequestHead head, @Nullable HttpStatus status, long bytes) {
    StringBuilder line = new StringBuilder(160);
    line.append(client).append(" - - [").append(now()).append("] ");
    quote(line, head.firstLine());
    line.append(' ').append(status == null ? "-" : status.code());
    line.append(' ').append(status == null ? "-" : bytes).append(' ');
    quote(line, head.field("Referer"));
    line.append(' ');
    quote(line, head.field("User-Agent"));
    return line.toString();
  }

  private String now() {
    long millis = clock.millis();
    if (millis / 1000 != second) {
      second = millis / 1000;
      time = TIME.format(clock.instant());
    }
    return time;
  }

  private static void quote(StringBuilder line, @Nullable String text) {
    line.append('"');
    if (text == null || text.isEmpty()) {
      line.append('-');
    } else {
      for (int i = 0; i < Math.min(text.length(), MAX_QUOTED); i++) {
        escape(line, text.charAt(i));
      }
      line.append(text.length() > MAX_QUOTED ? "..." : "");
    }
    line.append('"');
  }

  private static void escape(StringBuilder line, char c) {
    if (c < ' ' || c > '~' || c == '"' || c == '\\') {
      line.append("\\x").append(HEX.charAt(c >> 4 & 15)).append(HEX.charAt(c & 15));
    } else {
      line.append(c);
    }
  }
}
