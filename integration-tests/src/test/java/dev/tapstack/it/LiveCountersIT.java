package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A running {@code tapstack serve} tells what it does: SIGUSR1 and {@code --stats}. */
@Privileged
class LiveCountersIT {
  @Test
  void onSigusr1ItPrintsConnectionsAndCountersAndGoesOn() {
    try (StackUnderTest stack = new StackUnderTest("--echo");
        Command client = stack.namespace().start("bash", "-c", "sleep 60 | nc 10.77.0.2 7")) {
      Command.awaitUntil("a connection", () -> !kernelConnection(stack).isEmpty());
      stack.serve().signal("USR1");
      stack.awaitLine("  drops: ");
      String report = stack.serve().output();
      assertTrue(report.contains("\nstatus: 1 TCP connection\n"), report);
      Matcher row =
          Pattern.compile("\n  tcp +ESTABLISHED +0 +0  10\\.77\\.0\\.2:7 +(10\\.77\\.0\\.1:\\d+)\n")
              .matcher(report);
      assertTrue(row.find(), report);
      assertEquals(kernelConnection(stack), row.group(1)); // as the kernel's own ss has it
      assertTrue(report.matches("(?s).*\n  tcp: .*passive-opens 1.*"), report);
      assertTrue(client.process().isAlive());
      stack.serve().signal("USR1");
      Command.awaitUntil(
          "a second report", () -> stack.serve().output().split("status: ", -1).length == 3);
      assertEquals(0, stack.stop().status());
    }
  }

  /** The client's address and port, or nothing. */
  private static String kernelConnection(StackUnderTest stack) {
    String line = stack.run("ss", "-Htn", "state", "established").ok().output();
    Matcher local = Pattern.compile("10\\.77\\.0\\.1:\\d+").matcher(line);
    return local.find() ? local.group() : "";
  }

  @Test
  void statsIsALineOfRatesEachTime() {
    try (StackUnderTest stack = new StackUnderTest("--http", "80", "--stats", "1")) {
      stack.run("curl", "-sf", "-o", "/dev/null", stack.url("/bytes/1000000")).ok();
      stack.awaitLine(" 1 requests/s");
      Command.awaitUntil(
          "two more lines", () -> stack.serve().output().split("stats: ", -1).length > 3);
      // A megabyte, with headers and within whole seconds, perhaps in two lines.
      double megabits =
          Pattern.compile("stats: in [\\d.]+ Mbit/s \\d+ frames/s, out ([\\d.]+) Mbit/s ")
              .matcher(stack.serve().output())
              .results()
              .mapToDouble(line -> Double.parseDouble(line.group(1)))
              .sum();
      assertTrue(megabits > 4, stack.serve().output());
    }
  }
}
