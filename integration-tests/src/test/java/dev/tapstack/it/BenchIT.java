package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * {@code scripts/bench} brings up everything that it measures, and prints a figure for each of it.
 * What the figures are is no matter of a test.
 */
@Privileged
class BenchIT {
  private static final Duration DEADLINE = Duration.ofMinutes(5);

  @Test
  void hostIsMeasuredAgainstTheKernel() {
    assertEquals(List.of("ping TapStack", "ping kernel"), measured("--row", "ping"));
  }

  @Test
  void gatewayIsMeasuredAgainstAllThatStandBesideIt() {
    assertEquals(
        List.of(
            "up TapStack",
            "up kernel",
            "up slirp4netns",
            "up copier",
            "udp TapStack",
            "udp kernel",
            "udp slirp4netns",
            "udp copier"),
        measured("--nat", "--row", "up", "--row", "udp"));
  }

  /** The rows of a short run, as figure and contender; each must have a figure and a ratio. */
  private static List<String> measured(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("tapstack.root"), "scripts", "bench").toString());
    command.addAll(List.of("--rounds", "1", "--seconds", "1", "--warm-up", "1"));
    command.addAll(List.of(arguments));
    String output = Command.run(DEADLINE, command).ok().output();
    List<String> table = output.lines().dropWhile(line -> !line.startsWith("row ")).toList();
    List<String> rows = new ArrayList<>();
    for (String line : table.subList(1, table.size())) {
      String[] columns = line.split(" +");
      boolean isStack = columns[2].equals("TapStack");
      assertTrue(Double.parseDouble(columns[3]) > 0, output);
      assertTrue(isStack || Double.parseDouble(columns[5]) > 0, output);
      rows.add(columns[0] + " " + columns[2]);
    }
    return rows;
  }
}
