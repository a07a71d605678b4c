package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tapstack serve} from its ready line to its summary, with kernel clients. */
@Privileged
class ServeIT {
  @TempDir private Path directory;

  @Test
  void servesAPageAndIsReadyWhenItSaysSo() {
    try (StackUnderTest stack = new StackUnderTest("--http", "80", "--http", "8080")) {
      String ready = stack.serve().output().lines().findFirst().orElseThrow();
      String pattern =
          "tapstack ready: 10\\.77\\.0\\.2/24 on tap0@\\S+ \\(host 10\\.77\\.0\\.1/24, MAC"
              + " ..(:..){5}, MTU 1500\\): http 80, http 8080";
      assertTrue(ready.matches(pattern), ready);
      for (String url : List.of(stack.url("/"), "http://10.77.0.2:8080/")) {
        String page = stack.run("curl", "-sS", "--fail", url).ok().output();
        assertTrue(page.contains(StackUnderTest.HOST), page);
      }
      Outcome closed = stack.run("bash", "-c", "exec 3<>/dev/tcp/10.77.0.2/81");
      assertTrue(closed.errors().contains("Connection refused"), closed.errors());
    }
  }

  @Test
  void servesInANamespaceWhereNothingHasAnAddress() {
    try (TestNamespace namespace = new TestNamespace()) {
      namespace.run("ip", "link", "set", "lo", "down").ok();
      try (StackUnderTest stack = new StackUnderTest(namespace)) {
        stack.run("curl", "-sS", "--fail", stack.url("/")).ok();
      }
    }
  }

  @Test
  void servesTheFilesOfADirectory() throws IOException {
    Files.writeString(directory.resolve("note.txt"), "a note");
    try (StackUnderTest stack = new StackUnderTest("--http", "80=" + directory)) {
      assertEquals(
          "a note", stack.run("curl", "-sS", "--fail", stack.url("/note.txt")).ok().output());
      assertTrue(stack.run("curl", "-sS", stack.url("/")).ok().output().contains("TapStack"));
    }
  }

  @Test
  void tellsTheTimeOfDay() {
    try (StackUnderTest stack = new StackUnderTest("--daytime")) {
      String pattern = "[A-Z][a-z]+day, [A-Z][a-z]+ \\d+, \\d{4} \\d\\d:\\d\\d:\\d\\d-\\w+\\r\\n";
      String address = StackUnderTest.ADDRESS;
      for (String ask :
          List.of(
              "exec cat </dev/tcp/" + address + "/13",
              "echo | nc -u -w 9 -W 1 " + address + " 13")) {
        String time = stack.run("bash", "-c", ask).ok().output();
        assertTrue(time.matches(pattern), time);
      }
    }
  }

  @Test
  void theGatewayLeadsToOtherSubnets() {
    try (TestNamespace router = new TestNamespace();
        TestNamespace remote = new TestNamespace()) {
      router.run("ip", "link", "add", "out", "type", "veth", "peer", "name", "in").ok();
      router.run("ip", "link", "set", "in", "netns", remote.name()).ok();
      for (String setUp : List.of("address add 10.78.0.1/24 dev out", "link set out up")) {
        router.run(("ip " + setUp).split(" ")).ok();
      }
      for (String setUp :
          List.of(
              "address add 10.78.0.2/24 dev in",
              "link set in up",
              "route add default via 10.78.0.1")) {
        remote.run(("ip " + setUp).split(" ")).ok();
      }
      router.run("sysctl", "-qw", "net.ipv4.ip_forward=1").ok();
      try (StackUnderTest stack =
          new StackUnderTest(router, "--gateway", StackUnderTest.HOST, "--http", "80")) {
        String page = remote.run("curl", "-sS", "--fail", stack.url("/")).ok().output();
        assertTrue(page.contains("10.78.0.2"), page);
      }
    }
  }

  @Test
  void theTapIsMadeSetUpAndGoneAgain() {
    try (TestNamespace namespace = new TestNamespace()) {
      try (StackUnderTest stack = new StackUnderTest(namespace, "--mtu", "1400")) {
        String link = stack.run("ip", "link", "show", StackUnderTest.TAP).ok().output();
        assertTrue(link.contains(",UP,"), link);
        assertTrue(link.contains("mtu 1400"), link);
        assertTrue(link.contains("qlen 5000"), link);
        assertEquals("1", threaded(namespace)); // the kernel takes frames in a thread
        String address = stack.run("ip", "-4", "-br", "address").ok().output();
        assertTrue(address.contains("10.77.0.1/24"), address);
        stack.run("ping", "-c", "1", "-s", "1372", "-M", "do", StackUnderTest.ADDRESS).ok();
        assertEquals(0, stack.stop().status());
      }
      assertEquals(1, namespace.run("ip", "link", "show", StackUnderTest.TAP).status());
    }
  }

  @Test
  void anExistingTapIsLeftAsItIs() {
    try (TestNamespace namespace = new TestNamespace()) {
      namespace.run("ip", "tuntap", "add", "dev", "tap0", "mode", "tap").ok();
      namespace.run("ip", "link", "set", "tap0", "mtu", "1300", "txqueuelen", "77").ok();
      namespace.run("ip", "address", "add", "10.77.0.1/24", "dev", "tap0").ok();
      try (StackUnderTest stack = new StackUnderTest(namespace, "--no-host-address")) {
        assertTrue(stack.serve().output().contains("MTU 1300"), stack.serve().output());
        stack.awaitLine("tap0 is down: waiting for 'ip link set tap0 up'");
        assertEquals("0", threaded(namespace));
        namespace.run("ip", "link", "set", "tap0", "up").ok();
        stack.awaitLine("tap0 is up again");
        stack.run("ping", "-c", "1", StackUnderTest.ADDRESS).ok();
        namespace.run("ip", "link", "set", "tap0", "down").ok();
        assertEquals(0, stack.stop().status());
      }
      String after = namespace.run("ip", "-4", "address", "show", "tap0").ok().output();
      for (String kept : List.of("<BROADCAST,MULTICAST>", "mtu 1300", "qlen 77", "10.77.0.1/24")) {
        assertTrue(after.contains(kept), after);
      }
    }
  }

  private static String threaded(TestNamespace namespace) {
    return namespace.run("cat", "/sys/class/net/tap0/threaded").ok().output().strip();
  }

  @Test
  void whatCannotBeOpenedIsRefusedInOneLine() {
    try (TestNamespace namespace = new TestNamespace()) {
      String name = namespace.name();
      namespace.run("ip", "link", "add", "eth7", "type", "veth", "peer", "name", "eth8").ok();
      namespace.run("ip", "address", "add", "10.77.0.200/16", "dev", "eth7").ok();
      assertRefused(
          "tap0@" + name,
          "10.77.0.2/24 collides with 10.77.0.200/16 of eth7: choose an address in a subnet that"
              + " this machine does not use");
      namespace.run("ip", "address", "flush", "dev", "eth7").ok();
      assertRefused(
          "eth7@" + name,
          "eth7 is not a TAP (or one of several queues): choose another name, or make it with"
              + " 'ip tuntap add dev eth7 mode tap'");
      assertRefused(
          "tap0@no-such-one",
          "network namespace no-such-one does not exist: make it with 'ip netns add no-such-one'");
      try (StackUnderTest stack = new StackUnderTest(namespace)) {
        assertRefused(
            "tap0@" + name,
            "tap0 is busy: another program is attached to it; end that, or choose another name");
        assertTrue(stack.serve().process().isAlive());
      }
    }
  }

  private static void assertRefused(String tap, String message) {
    Outcome outcome =
        Command.run(
            Command.DEADLINE,
            Command.tapstack("serve", "--tap", tap, "--address", StackUnderTest.ADDRESS + "/24"));
    assertEquals("tapstack serve: " + message, outcome.errors().strip());
    assertEquals("", outcome.output());
    assertEquals(1, outcome.status());
  }

  @Test
  void aTapThatIsTakenDownIsAPause() {
    try (StackUnderTest stack = new StackUnderTest()) {
      try (Command ping =
          stack.namespace().start("ping", "-i", "0.1", "-w", "60", StackUnderTest.ADDRESS)) {
        Command.awaitUntil("an answer", () -> ping.output().contains("icmp_seq=3 "));
        stack.run("ip", "link", "set", "tap0", "down").ok();
        stack.awaitLine("tap0 is down");
        int answersWhenDown = ping.output().split("bytes from").length;
        stack.run("ip", "link", "set", "tap0", "up").ok();
        stack.awaitLine("tap0 is up again");
        Command.awaitUntil(
            "more answers", () -> ping.output().split("bytes from").length >= answersWhenDown + 3);
      }
    }
  }

  @Test
  void aTransferSurvivesATapThatIsTakenDown() {
    long bytes = 500_000_000;
    try (StackUnderTest stack = new StackUnderTest("--http", "80")) {
      String[] curl = {"curl", "-sS", "--fail", stack.url("/bytes/" + bytes)};
      try (StreamedCommand download =
          StreamedCommand.start(stack.namespace(), Content.text(""), curl)) {
        Command.awaitUntil(
            "a transfer in progress",
            () -> stack.run("ss", "-Htni").ok().output().matches("(?s).*bytes_received:\\d{7,}.*"));
        for (int i = 0; i < 2; i++) {
          stack.run("ip", "link", "set", "tap0", "down").ok();
          stack.awaitLine("tap0 is down");
          stack.run("sleep", "1").ok();
          stack.run("ip", "link", "set", "tap0", "up").ok();
          stack.awaitLine("tap0 is up again");
        }
        download.await(Command.DEADLINE).assertIs(Content.pattern(bytes));
      }
      CounterSummary summary = CounterSummary.atTheEndOf(stack);
      assertTrue(summary.drops().getOrDefault("device-down", 0L) > 0, summary.toString());
      assertTrue(summary.of("tcp", "timeouts") > 0, summary.toString());
    }
  }

  @Test
  void aTapThatIsDownCostsNoProcessorTime() {
    try (StackUnderTest stack = new StackUnderTest()) {
      stack.run("ip", "link", "set", "tap0", "down").ok();
      stack.awaitLine("tap0 is down");
      ProcessHandle process = stack.serve().process().toHandle();
      long before = process.info().totalCpuDuration().orElseThrow().toMillis();
      stack.run("sleep", "2").ok();
      long spent = process.info().totalCpuDuration().orElseThrow().toMillis() - before;
      assertTrue(spent < 1000, "a loop that never sleeps: " + spent + " ms of 2000");
    }
  }

  @Test
  void aTapThatIsRemovedEndsTheProgram() {
    try (StackUnderTest stack = new StackUnderTest()) {
      stack.run("ip", "link", "delete", "tap0").ok();
      Outcome outcome = stack.serve().await(Command.DEADLINE);
      assertEquals(1, outcome.status());
      assertEquals("tapstack serve: tap0 was removed", outcome.errors().strip());
      assertTrue(outcome.output().contains("  drops: "), outcome.output());
    }
  }

  @Test
  void theReadyLineAlsoGoesToTheDescriptor() throws IOException {
    try (TestNamespace namespace = new TestNamespace()) {
      Path file = directory.resolve("ready");
      List<String> words = StackUnderTest.serveWords(namespace, "--ready-fd", "5");
      String script = "exec \"$0\" \"$@\" 5>'" + file + "'";
      List<String> shell = new ArrayList<>(List.of("bash", "-c", script));
      shell.addAll(words);
      try (Command serve = Command.start(shell)) {
        Command.awaitUntil("the ready line in the file", () -> read(file).endsWith("\n"));
        assertEquals(
            read(file).strip(), serve.output().lines().findFirst().orElse("nothing").strip());
      }
      Outcome closed = Command.run(Command.DEADLINE, words);
      assertEquals(
          "tapstack serve: --ready-fd 5: not open for writing: start as 'tapstack serve ..."
              + " 5>FILE'",
          closed.errors().strip());
      assertEquals(1, closed.status());
    }
  }

  private static String read(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
