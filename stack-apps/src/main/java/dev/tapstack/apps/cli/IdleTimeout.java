package dev.tapstack.apps.cli;

import dev.tapstack.conntrack.ConntrackConfig;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;

/**
 * How long flows of a kind may be idle: udp=2m.
 *
 * @param kind one of {@link #KINDS}
 */
record IdleTimeout(String kind, Duration time) {
  static final List<String> KINDS =
      List.of("tcp-established", "tcp-transitory", "udp", "icmp", "other");

  static IdleTimeout parse(String text) {
    String[] parts = text.split("=", 2);
    if (parts.length != 2 || !KINDS.contains(parts[0])) {
      throw new IllegalArgumentException(
          "'" + text + "': write it as udp=2m, with one of " + String.join(", ", KINDS));
    }
    try {
      return new IdleTimeout(parts[0], Duration.parse("PT" + parts[1].toUpperCase(Locale.ROOT)));
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "'" + text + "': '" + parts[1] + "' is no time as 90s, 5m or 2h4m", e);
    }
  }

  /** The same timers, but for this one. */
  ConntrackConfig in(ConntrackConfig config) {
    try {
      long nanos = time.toNanos();
      return config.withTimes(
          kind.equals("tcp-established") ? nanos : config.tcpEstablishedNanos(),
          kind.equals("tcp-transitory") ? nanos : config.tcpTransitoryNanos(),
          kind.equals("udp") ? nanos : config.udpNanos(),
          kind.equals("icmp") ? nanos : config.icmpNanos(),
          kind.equals("other") ? nanos : config.otherNanos());
    } catch (IllegalArgumentException | ArithmeticException e) {
      String range = kind.equals("udp") ? "2m (RFC 4787 REQ-5)" : "1 ns";
      throw new IllegalArgumentException(
          "--timeout " + kind + ": not within " + range + " to 240h", e);
    }
  }
}
