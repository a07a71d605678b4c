package dev.tapstack.apps.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What was counted while the program ran, for people. */
final class Summary {
  private static final String DROPS = "drops";

  private Summary() {}

  /**
   * Lines for the end of a run: one for each layer that counted something, drops by name last.
   *
   * @param counters as {@link dev.tapstack.Stack#counters} gives them
   */
  static String of(Duration run, Map<String, Map<String, Long>> counters) {
    StringBuilder text = new StringBuilder();
    text.append(String.format(Locale.ROOT, "summary after %.1f s:", run.toMillis() / 1e3));
    return text.append(lines(counters)).toString();
  }

  /** A line of text, begun with a line's end, for each layer that counted something; drops last. */
  static String lines(Map<String, Map<String, Long>> counters) {
    StringBuilder text = new StringBuilder();
    counters.forEach((layer, values) -> {
      if (!values.isEmpty() && !layer.equals(DROPS)) {
        text.append(line(layer, joined(values)));
      }
    });
    Map<String, Long> drops = counters.get(DROPS);
    if (drops != null) {
      text.append(line(DROPS, drops.isEmpty() ? "none" : joined(drops)));
    }
    return text.toString();
  }

  private static String line(String layer, String values) {
    return System.lineSeparator() + "  " + layer + ": " + values;
  }

  private static String joined(Map<String, Long> values) {
    return values.entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .collect(Collectors.joining(", "));
  }
}
