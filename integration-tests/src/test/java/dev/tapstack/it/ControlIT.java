package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands look into a running {@code serve}; what they say is what the kernel's tools say. */
@Privileged
class ControlIT {
  @TempDir private Path directory;

  /** A command about this stack, whatever else runs on this machine. */
  private static Outcome about(StackUnderTest stack, String command, String... more) {
    return Command.run(Command.DEADLINE, words(stack, command, more));
  }

  private static List<String> words(StackUnderTest stack, String command, String... more) {
    List<String> words = new ArrayList<>(List.of(command, "--pid", pid(stack)));
    words.addAll(List.of(more));
    return Command.tapstack(words.toArray(String[]::new));
  }

  private static String pid(StackUnderTest stack) {
    return Long.toString(stack.serve().process().pid());
  }

  private static Path socket(StackUnderTest stack) {
    return Path.of("/run/tapstack/" + pid(stack) + ".sock");
  }

  @Test
  void ssMirrorsTheKernelsOwn() {
    String connect =
        "for i in 1 2 3; do exec {fd}<>/dev/tcp/10.77.0.2/7; done; printf 12345 >&$fd; sleep 600";
    try (StackUnderTest stack = new StackUnderTest("--echo");
        Command client = stack.namespace().start("bash", "-c", connect)) {
      Command.awaitUntil("three connections", () -> kernelConnections(stack).size() == 3);
      Command.awaitUntil(
          "five bytes back", () -> about(stack, "ss", "-i").ok().output().contains("_acked:5 "));
      String table = about(stack, "ss", "-i").ok().output();
      assertEquals(kernelConnections(stack), found(table, "\\b10\\.77\\.0\\.1:\\d+"));
      assertEquals(3, table.split("\ntcp +ESTABLISHED +0 +0 +10\\.77\\.0\\.2:7 ", -1).length - 1);
      assertTrue(table.contains("bytes_sent:5 bytes_acked:5 bytes_received:5 retrans:0"), table);
      assertEquals(
          kernelConnections(stack),
          found(about(stack, "ss", "--json").ok().output(), "(?<=\"peer\":\")[^\"]+"));
      String listening = about(stack, "ss", "-l").ok().output();
      assertTrue(listening.matches("(?s).*\ntcp +LISTEN +0 +0 +0\\.0\\.0\\.0:7 .*"), listening);
      assertFalse(listening.contains("ESTABLISHED"), listening);
      assertTrue(client.process().isAlive());
    }
  }

  /** The clients' addresses and ports, as the kernel has them. */
  private static Set<String> kernelConnections(StackUnderTest stack) {
    return found(
        stack.run("ss", "-Htn", "state", "established").ok().output(), "\\b10\\.77\\.0\\.1:\\d+");
  }

  private static Set<String> found(String text, String regex) {
    Set<String> all = new TreeSet<>();
    Matcher matcher = Pattern.compile(regex).matcher(text);
    while (matcher.find()) {
      all.add(matcher.group());
    }
    return all;
  }

  @Test
  void routesNeighboursAndDropsAreAsTheKernelKnowsThem() {
    try (StackUnderTest stack = new StackUnderTest("--gateway", StackUnderTest.HOST)) {
      stack.run("ping", "-c", "1", StackUnderTest.ADDRESS).ok();
      stack.run("bash", "-c", "echo x >/dev/udp/10.77.0.2/999").ok();
      assertEquals(
          "10.77.0.0/24 dev tap0 scope link src 10.77.0.2\ndefault via 10.77.0.1 dev tap0\n",
          about(stack, "route").ok().output());
      String kernelMac = stack.run("cat", "/sys/class/net/tap0/address").ok().output().strip();
      // The state changes with time, a minute after the last word from it or sooner.
      String neighbor = about(stack, "arp").ok().output();
      String states = "(REACHABLE|STALE|DELAY|PROBE)\n";
      assertTrue(
          neighbor.matches("10\\.77\\.0\\.1 dev tap0 lladdr " + kernelMac + " " + states),
          neighbor);
      String kernels = stack.run("ip", "neigh", "show", "10.77.0.2").ok().output();
      assertTrue(kernels.contains("lladdr " + stack.mac()), kernels);
      String drops = about(stack, "drops").ok().output();
      assertTrue(drops.matches("(?s)Reason +Count\n.*\nudp-port-closed +1\n.*"), drops);
      String json = about(stack, "drops", "--json").ok().output();
      assertTrue(json.contains("{\"reason\":\"udp-port-closed\",\"count\":1}"), json);
    }
  }

  @Test
  void watchedDropsHaveRates() {
    try (StackUnderTest stack = new StackUnderTest();
        Command watch = Command.start(words(stack, "drops", "--watch"));
        Command sender =
            stack
                .namespace()
                .start(
                    "bash", "-c", "while :; do echo >/dev/udp/10.77.0.2/999; sleep 0.01; done")) {
      Pattern rate = Pattern.compile("udp-port-closed +\\d+ +[1-9]\\d*\n");
      Command.awaitUntil("a rate", () -> rate.matcher(watch.output()).find());
      assertTrue(sender.process().isAlive());
      watch.signal("INT");
      assertEquals("", watch.errors());
    }
  }

  @Test
  void captureIsReadByTcpdumpAndEndsWithoutHarm() {
    Path file = directory.resolve("capture.pcap");
    try (StackUnderTest stack = new StackUnderTest();
        Command capture = startCapture(stack, "-w", file.toString(), "tap0", "icmp")) {
      stack.run("ping", "-c", "3", "-i", "0.1", StackUnderTest.ADDRESS).ok();
      stack.run("curl", "-sf", "-o", "/dev/null", stack.url("/bytes/1000")).ok();
      capture.signal("INT");
      Outcome outcome = capture.await(Command.DEADLINE);
      assertEquals(0, outcome.status());
      assertEquals("", outcome.output());
      assertTrue(outcome.errors().contains(" 6 shown, 0 lost"), outcome.errors());
      List<String> lines =
          Command.run(Command.DEADLINE, List.of("tcpdump", "-nn", "-r", file.toString()))
              .ok()
              .output()
              .lines()
              .toList();
      assertEquals(6, lines.size(), lines.toString());
      for (int i = 0; i < 6; i++) {
        String kind = i % 2 == 0 ? "10.77.0.1 > 10.77.0.2: ICMP echo request" : "ICMP echo reply";
        assertTrue(lines.get(i).contains(kind), lines.get(i));
      }
      stack.run("curl", "-sf", "-o", "/dev/null", stack.url("/bytes/1000")).ok();
      assertEquals(0, stack.stop().status());
    }
  }

  /** A capture that has begun. */
  private static Command startCapture(StackUnderTest stack, String... more) {
    Command capture = Command.start(words(stack, "capture", more));
    Command.awaitUntil(
        "capturing",
        () -> capture.errors().contains("capturing on tap0") || !capture.process().isAlive());
    return capture;
  }

  @Test
  void capturedFramesAreLinesForPeopleAndForPrograms() {
    try (StackUnderTest stack = new StackUnderTest();
        Command lines = startCapture(stack, "-c", "2", StackUnderTest.HOST, "icmp");
        Command json = startCapture(stack, "-c", "1", "--json", "icmp")) {
      stack.run("ping", "-c", "1", StackUnderTest.ADDRESS).ok();
      List<String> printed = lines.await(Command.DEADLINE).ok().output().lines().toList();
      String time = "\\d\\d:\\d\\d:\\d\\d\\.\\d{9} tap0 ";
      assertTrue(printed.get(0).matches(time + "< .*: ICMP echo request, .*"), printed.get(0));
      assertTrue(printed.get(1).matches(time + "> .*: ICMP echo reply, .*"), printed.get(1));
      assertEquals(2, printed.size());
      String object = json.await(Command.DEADLINE).ok().output();
      String pattern =
          "\\{\"time\":\"[^\"]+Z\",\"dev\":\"tap0\",\"direction\":\"in\",\"length\":98,\"line\":\".*\"}\n";
      assertTrue(object.matches(pattern), object);
      Outcome refused = about(stack, "capture", "tap9", "icmp");
      assertEquals(2, refused.status());
      assertTrue(refused.errors().contains("the interfaces are tap0"), refused.errors());
    }
  }

  @Test
  void aCaptureEndsWithItsProcessAndSaysSo() {
    try (StackUnderTest stack = new StackUnderTest();
        Command capture = startCapture(stack)) {
      assertEquals(0, stack.stop().status());
      Outcome outcome = capture.await(Command.DEADLINE);
      assertEquals(0, outcome.status());
      assertTrue(outcome.errors().contains("the process has ended: "), outcome.errors());
    }
  }

  @Test
  void ofTwoProcessesOneIsNamed() {
    try (StackUnderTest one = new StackUnderTest();
        StackUnderTest two = new StackUnderTest()) {
      Outcome outcome = Command.run(Command.DEADLINE, Command.tapstack("ss"));
      assertEquals(1, outcome.status());
      String said = outcome.errors();
      assertTrue(said.startsWith("tapstack ss: more than one process: name one by --pid: "), said);
      assertTrue(said.contains(pid(one)) && said.contains(pid(two)), said);
      List<String> byPath =
          Command.tapstack("route", "--control", socket(two).toString(), "--json");
      assertTrue(Command.run(Command.DEADLINE, byPath).ok().output().contains("\"dev\":\"tap0\""));
    }
  }

  @Test
  void theSocketIsItsUsersAloneAndGoneAtTheEnd() throws IOException {
    try (StackUnderTest stack = new StackUnderTest()) {
      stack.awaitLine("control socket: " + socket(stack));
      assertEquals("rw-------", permissions(socket(stack)));
      assertEquals("rwx------", permissions(socket(stack).getParent()));
      assertEquals(0, stack.stop().status());
      assertFalse(Files.exists(socket(stack)));
    }
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void whatAKilledProcessLeavesIsIgnoredAndRemoved() {
    try (StackUnderTest stack = new StackUnderTest()) {
      stack.serve().signal("KILL");
      stack.serve().await(Command.DEADLINE);
      assertTrue(Files.exists(socket(stack)));
      Outcome outcome = about(stack, "ss");
      assertEquals(1, outcome.status());
      assertTrue(outcome.errors().contains(" has no control socket in /run/tapstack"));
      assertFalse(Files.exists(socket(stack)), "removed by the command that came across it");
    }
  }
}
