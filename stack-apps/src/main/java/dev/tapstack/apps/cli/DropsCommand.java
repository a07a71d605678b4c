package dev.tapstack.apps.cli;

import dev.tapstack.apps.cli.control.ControlTarget;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tapstack drops}: what a running process dropped, by reason. */
@Command(
    name = "drops",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Shows why a running stack dropped packets, and how many.",
    description = ControlOptions.WHICH,
    footerHeading = "%nExamples:%n",
    footer = {
      "  tapstack drops",
      "  Each second what has been dropped since the line before, until Ctrl-C:",
      "    tapstack drops --watch",
      "  tapstack drops --json --pid 4711"
    })
final class DropsCommand implements Callable<Integer> {
  private static final long WATCH_MILLIS = 1000;

  @Option(names = "--watch", description = "Again each second, with rates, until Ctrl-C.")
  private boolean isWatching;

  @Mixin private ControlOptions control;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  DropsCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    ControlTarget target = control.target();
    List<Map<String, Object>> rows = target.rows("drops");
    if (!isWatching) {
      show(rows, List.of("reason", "count"));
      return 0;
    }
    while (true) {
      long beforeNanos = System.nanoTime();
      TimeUnit.MILLISECONDS.sleep(WATCH_MILLIS);
      List<Map<String, Object>> now = target.rows("drops");
      show(
          withRates(rows, now, (System.nanoTime() - beforeNanos) / 1e9),
          List.of("reason", "count", "per_second"));
      rows = now;
    }
  }

  /** The rows of {@code now}, each with what was added a second since {@code before}. */
  static List<Map<String, Object>> withRates(
      List<Map<String, Object>> before, List<Map<String, Object>> now, double seconds) {
    Map<Object, Long> earlier = new HashMap<>();
    before.forEach(row -> earlier.put(String.valueOf(row.get("reason")), count(row)));
    return now.stream()
        .map(row -> {
          Map<String, Object> rated = new LinkedHashMap<>(row);
          long added = count(row) - earlier.getOrDefault(row.get("reason"), 0L);
          rated.put("per_second", Math.round(added / seconds));
          return rated;
        })
        .toList();
  }

  private static long count(Map<String, Object> row) {
    return row.get("count") instanceof Number number ? number.longValue() : 0;
  }

  private void show(List<Map<String, Object>> rows, List<String> keys) {
    control.show(rows, all -> lines(all, keys));
  }

  private static List<String> lines(List<Map<String, Object>> rows, List<String> keys) {
    boolean hasRate = keys.contains("per_second");
    TextTable table =
        hasRate
            ? new TextTable("Reason", ">Count", ">Per second")
            : new TextTable("Reason", ">Count");
    for (Map<String, Object> row : rows) {
      table.line(keys.stream().map(row::get).toArray());
    }
    List<String> lines = new ArrayList<>(table.lines());
    if (hasRate) {
      lines.add(""); // between one second and the next
    }
    return lines;
  }
}
