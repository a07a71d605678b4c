package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code tapstack serve} shows of its traffic: captures, connections, frames. */
@Privileged
class ServeCaptureIT {
  @TempDir private Path directory;

  private static void exchange(StackUnderTest stack) {
    stack.run("ping", "-c", "3", "-i", "0.1", "-s", "4000", StackUnderTest.ADDRESS).ok();
    stack.run("curl", "-sS", "--fail", stack.url("/")).ok();
  }

  /** Reads a capture with tcpdump and with decode: the same number of frames, the same content. */
  private static void assertBothRead(Path capture) {
    Outcome tcpdump =
        Command.run(Command.DEADLINE, List.of("tcpdump", "-n", "-t", "-r", capture.toString()))
            .ok();
    Outcome decode =
        Command.run(Command.DEADLINE, Command.tapstack("decode", capture.toString())).ok();
    assertEquals("", decode.errors());
    List<String> theirs = tcpdump.output().lines().toList();
    List<String> ours = decode.output().lines().toList();
    assertEquals(theirs.size(), ours.size());
    // Three pings of three fragments each way, a handshake, a page and an end.
    assertTrue(ours.size() >= 18 + 9, ours.size() + " frames");
    for (String expected :
        List.of(
            "who-has 10.77.0.2 tell 10.77.0.1",
            "10.77.0.2: ICMP echo request",
            "Flags [S.]",
            "HTTP/1.1 200")) {
      assertEquals(
          theirs.stream().filter(line -> line.contains(expected)).count(),
          ours.stream().filter(line -> line.contains(expected)).count(),
          expected);
      assertTrue(decode.output().contains(expected), expected);
    }
  }

  @Test
  void everyFrameIsInTheCapture() {
    Path capture = directory.resolve("capture.pcap");
    try (StackUnderTest stack = new StackUnderTest("--pcap", capture.toString())) {
      exchange(stack);
      stack.stop().ok();
    }
    assertBothRead(capture);
  }

  @Test
  void aCaptureOnStandardOutputHasItToItself() {
    try (StackUnderTest stack = new StackUnderTest("--pcap", "-", "-v")) {
      exchange(stack);
      stack.serve().signal("TERM");
      assertEquals(0, stack.serve().await(Command.DEADLINE).status());
      assertTrue(stack.serve().errors().contains("tapstack ready: "), stack.serve().errors());
      assertTrue(stack.serve().errors().contains("  drops: "), stack.serve().errors());
      assertBothRead(stack.serve().outputFile());
    }
  }

  @Test
  void decodeEndsQuietlyWhenNobodyReadsOn() {
    Path capture = directory.resolve("capture.pcap");
    try (StackUnderTest stack = new StackUnderTest("--pcap", capture.toString())) {
      // Far more lines than a pipe holds.
      stack.run("curl", "-sS", "-o", "/dev/null", stack.url("/bytes/5000000")).ok();
      stack.stop().ok();
    }
    String decode = String.join(" ", Command.tapstack("decode", capture.toString()));
    Outcome outcome =
        Command.run(
            Command.DEADLINE, List.of("bash", "-c", "set -o pipefail; " + decode + " | head -n 1"));
    assertEquals(1, outcome.output().lines().count());
    assertEquals("", outcome.errors());
    assertEquals(0, outcome.status());
  }

  @Test
  void aConnectionIsALineAndAFrameIsOneIfAskedFor() {
    try (StackUnderTest quiet = new StackUnderTest()) {
      exchange(quiet);
      assertFalse(quiet.stop().output().contains("10.77.0.1:"));
    }
    try (StackUnderTest verbose = new StackUnderTest("-v")) {
      exchange(verbose);
      List<String> lines = verbose.stop().output().lines().toList();
      String pattern =
          "http 10\\.77\\.0\\.1:\\d+: 1 request, \\d+ bytes in, \\d+ bytes out, closed";
      assertEquals(1, lines.stream().filter(line -> line.matches(pattern)).count(), "" + lines);
      assertFalse(lines.stream().anyMatch(line -> line.contains("ICMP echo request")));
    }
    try (StackUnderTest frames = new StackUnderTest("-vv")) {
      exchange(frames);
      List<String> lines = frames.stop().output().lines().toList();
      assertEquals(
          9, lines.stream().filter(line -> line.startsWith("tap0 < ") && isEcho(line)).count());
      assertEquals(
          9, lines.stream().filter(line -> line.startsWith("tap0 > ") && isEcho(line)).count());
    }
  }

  /** One of the three fragments of an echo request or reply. */
  private static boolean isEcho(String line) {
    return line.contains("ICMP") && !line.contains("ICMPv6");
  }

  @Test
  void aCaptureThatCannotBeWrittenIsRefused() {
    try (TestNamespace namespace = new TestNamespace()) {
      Outcome outcome =
          Command.run(
              Command.DEADLINE,
              StackUnderTest.serveWords(namespace, "--pcap", "/no/such/directory/x.pcap"));
      assertEquals(
          "tapstack serve: --pcap /no/such/directory/x.pcap: no such directory",
          outcome.errors().strip());
      assertEquals(1, outcome.status());
    }
  }
}
