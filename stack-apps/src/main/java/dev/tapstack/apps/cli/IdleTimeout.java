package dev.tapstack.apps.cli;

import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.conntrack.IdleClass;
import dev.tapstack.stats.Counters;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How long flows of a kind may be idle: udp=2m. */
record IdleTimeout(IdleClass kind, Duration time) {
  static IdleTimeout parse(String text) {
    String[] parts = text.split("=", 2);
    IdleClass kind = kind(parts[0]);
    if (parts.length != 2 || kind == null) {
      throw new IllegalArgumentException(
          "'" + text + "': write it as udp=2m, with one of " + String.join(", ", kinds()));
    }
    try {
      return new IdleTimeout(kind, Duration.parse("PT" + parts[1].toUpperCase(Locale.ROOT)));
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "'" + text + "': '" + parts[1] + "' is no time as 90s, 5m or 2h4m", e);
    }
  }

  private static @Nullable IdleClass kind(String name) {
    for (IdleClass each : IdleClass.values()) {
      if (Counters.label(each).equals(name)) {
        return each;
      }
    }
    return null;
  }

  private static List<String> kinds() {
    return Arrays.stream(IdleClass.values()).map(Counters::label).toList();
  }

  /** The same timers, but for this one. */
  ConntrackConfig in(ConntrackConfig config) {
    try {
      return config.withIdle(kind, time);
    } catch (IllegalArgumentException e) {
      String least = kind == IdleClass.UDP ? "2m (RFC 4787 REQ-5)" : "1 ns";
      throw new IllegalArgumentException(
          "--timeout " + Counters.label(kind) + ": not within " + least + " to 240h", e);
    }
  }
}
