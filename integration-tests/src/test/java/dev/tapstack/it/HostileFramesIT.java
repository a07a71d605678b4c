package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.MacAddress;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What happens to the program when frames come that nobody would send who means well. */
@Privileged
class HostileFramesIT {
  private static final int FRAMES_OF_EACH_KIND = 20_000;

  /**
   * Of each round; a failing run is repeated with these. All but the last warm up: they fill the
   * pools, which keep as many packets as were ever in use at a time, up to a limit.
   */
  private static final long[] SEEDS = {1, 2, 3, 4};

  /** How much more memory may be used after the last round than after the one before. */
  private static final double TOLERANCE = 1.05;

  /** Bytes in use after a collection, and of the process. */
  private record Memory(long heap, long direct, long resident) {
    void assertNotMuchMoreThan(Memory before) {
      String both = "before " + before + ", after " + this;
      assertTrue(heap <= before.heap * TOLERANCE, both);
      assertTrue(direct <= before.direct * TOLERANCE, both);
      assertTrue(resident <= before.resident * TOLERANCE, both);
    }
  }

  @Test
  void theyAreDroppedByNameAndLeaveNothingBehind() throws Exception {
    try (StackUnderTest stack = StackUnderTest.startedBy(measuredProgram());
        PacketSocket socket = new PacketSocket(stack.namespace(), StackUnderTest.TAP)) {
      Memory[] after = new Memory[SEEDS.length];
      for (int i = 0; i < SEEDS.length; i++) {
        send(stack, socket, SEEDS[i]);
        assertServesAsBefore(stack);
        after[i] = measure(stack);
      }
      after[SEEDS.length - 1].assertNotMuchMoreThan(after[SEEDS.length - 2]);
      // What somebody must be told: an ARP packet that claims the stack's address.
      CounterSummary summary = CounterSummary.atTheEndOf(stack, "WARN ArpProtocol .* claims .*");
      long sent = 2L * FRAMES_OF_EACH_KIND * SEEDS.length;
      assertTrue(summary.of("packets", "polled") >= sent, summary.toString());
      assertDropsOfManyKinds(summary);
    }
  }

  private static void send(StackUnderTest stack, PacketSocket socket, long seed) {
    System.out.println("hostile frames with seed " + seed);
    HostileFrames frames = new HostileFrames(seed, MacAddress.parse(stack.mac()).bits());
    for (int i = 0; i < FRAMES_OF_EACH_KIND; i++) {
      socket.send(frames.random());
      socket.send(frames.mutated());
    }
  }

  private static void assertServesAsBefore(StackUnderTest stack) {
    // An ARP packet among them may have given the kernel's address to somebody else.
    stack.run(words("arping -U -c 1 -w 5 -I tap0 " + StackUnderTest.HOST)).ok();
    String page = stack.run(words("curl -sS --fail -m 30 " + stack.url("/"))).ok().output();
    assertTrue(page.contains(StackUnderTest.HOST), page);
    Transfers.download(stack.namespace(), Command.DEADLINE, 1_000_000);
  }

  /** At least one drop of each layer: otherwise the frames do not get as far as they should. */
  private static void assertDropsOfManyKinds(CounterSummary summary) {
    for (String name :
        List.of(
            "ethernet-not-for-us",
            "arp-malformed",
            "ip-bad-version",
            "ip-bad-checksum",
            "ip-martian-source",
            "ip-unknown-protocol",
            "icmp-bad-checksum",
            "udp-bad-checksum",
            "udp-port-closed",
            "tcp-bad-checksum",
            "tcp-port-closed")) {
      assertTrue(summary.drops().containsKey(name), () -> "no " + name + ":\n" + summary);
    }
  }

  // The program, and how much memory it uses.

  /** A heap of fixed size that is resident from the start, so that the rest can be compared. */
  private static List<String> measuredProgram() throws URISyntaxException {
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

  private static Memory measure(StackUnderTest stack) throws IOException {
    Pattern line = Pattern.compile("memory: heap (\\d+), direct (\\d+)\n");
    long printed = line.matcher(stack.serve().output()).results().count();
    stack.serve().signal("WINCH");
    Command.awaitUntil(
        "a line about memory",
        () -> line.matcher(stack.serve().output()).results().count() > printed);
    MatchResult last =
        line.matcher(stack.serve().output()).results().reduce((one, other) -> other).orElseThrow();
    Memory memory =
        new Memory(
            Long.parseLong(last.group(1)),
            Long.parseLong(last.group(2)),
            residentBytes(stack.serve().process().pid()));
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
}
