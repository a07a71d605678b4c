package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * How much memory a program started by {@link #measuredProgram} uses.
 *
 * @param heap bytes in use after a collection
 * @param direct bytes outside the heap, Netty's too
 * @param resident bytes of the process
 */
record MemoryUse(long heap, long direct, long resident) {
  /** How much more may be used after the same was done once more. */
  private static final double TOLERANCE = 1.05;

  /** The words that start the program with a heap of fixed size that is resident from the start. */
  static List<String> measuredProgram() throws URISyntaxException {
    String classes =
        Path.of(MeasuredTapstack.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .toString();
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-ea",
        "-Xms64m",
        "-Xmx64m",
        "-XX:+AlwaysPreTouch",
        "-XX:TieredStopAtLevel=1", // C2 takes megabytes when it pleases: not what is measured
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        System.getProperty("tapstack.jar") + File.pathSeparator + classes,
        MeasuredTapstack.class.getName());
  }

  /** Asks the program. */
  static MemoryUse of(Command program) throws IOException {
    Pattern line = Pattern.compile("memory: heap (\\d+), direct (\\d+)\n");
    long printed = line.matcher(program.output()).results().count();
    program.signal("WINCH");
    Command.awaitUntil(
        "a line about memory", () -> line.matcher(program.output()).results().count() > printed);
    MatchResult last =
        line.matcher(program.output()).results().reduce((one, other) -> other).orElseThrow();
    MemoryUse memory =
        new MemoryUse(
            Long.parseLong(last.group(1)),
            Long.parseLong(last.group(2)),
            residentBytes(program.process().pid()));
    System.out.println(memory);
    return memory;
  }

  /** VmRSS of proc_pid_status(5). */
  private static long residentBytes(long pid) throws IOException {
    String line =
        Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
            .filter(each -> each.startsWith("VmRSS:"))
            .findFirst()
            .orElseThrow();
    return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
  }

  /** Asserts that this is hardly more than {@code before} in any kind. */
  void assertNotMuchMoreThan(MemoryUse before) {
    String both = "before " + before + ", after " + this;
    assertTrue(heap <= before.heap * TOLERANCE, both);
    assertTrue(direct <= before.direct * TOLERANCE, both);
    assertTrue(resident <= before.resident * TOLERANCE, both);
  }
}
