package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** How {@code tapstack serve} ends: by signals, with connections open or none. */
@Privileged
class ServeEndIT {
  /** A client that takes 300 KB at 100 KB a second: three seconds, within the five of grace. */
  private static final String[] SLOW_DOWNLOAD = {
    "curl",
    "-sS",
    "--limit-rate",
    "100k",
    "-o",
    "/dev/null",
    "-w",
    "%{size_download}",
    "http://10.77.0.2/bytes/300000"
  };

  @Test
  void withNothingOpenItEndsAtOnceWithASummary() {
    try (StackUnderTest stack = new StackUnderTest()) {
      stack.run("ping", "-c", "2", "-i", "0.1", StackUnderTest.ADDRESS).ok();
      stack.run("curl", "-sf", "-o", "/dev/null", "http://10.77.0.2/bytes/1").ok();
      stack.run("bash", "-c", "echo nobody listens > /dev/udp/10.77.0.2/999").ok();
      Outcome outcome = stack.stop();
      assertEquals(0, outcome.status());
      assertEquals("", outcome.errors());
      String summary = outcome.output();
      assertTrue(summary.contains("\nsummary after "), summary);
      assertTrue(summary.contains("echo-requests-received 2"), summary);
      assertTrue(summary.contains("\n  http 80: connections 1, requests 1, responses 1"), summary);
      assertTrue(summary.matches("(?s).*\n  drops: .*udp-port-closed 1.*"), summary);
    }
  }

  @Test
  void anOpenConnectionMayFinish() {
    try (StackUnderTest stack = new StackUnderTest("--http", "80", "-v");
        Command client = stack.namespace().start(SLOW_DOWNLOAD)) {
      awaitEstablished(stack);
      Outcome outcome = stack.stop();
      assertEquals(0, outcome.status());
      assertTrue(outcome.output().contains("ending: 1 open connection"), outcome.output());
      assertEquals("300000", client.await(Command.DEADLINE).ok().output());
      assertTrue(outcome.output().contains("http 10.77.0.1:"), outcome.output());
    }
  }

  @Test
  void aConnectionThatDoesNotFinishIsReset() {
    try (StackUnderTest stack = new StackUnderTest("--echo");
        Command client = stack.namespace().start("bash", "-c", "sleep 60 | nc -v 10.77.0.2 7")) {
      awaitEstablished(stack);
      assertEquals(0, stack.stop().status());
      Command.awaitUntil(
          "no connection of the kernel's", () -> stack.run("ss", "-Htn").ok().output().isEmpty());
      assertTrue(client.process().isAlive(), "its input is still open");
    }
  }

  @Test
  void whileItEndsNothingNewIsAccepted() {
    try (StackUnderTest stack = new StackUnderTest("--http", "80");
        Command client = stack.namespace().start(SLOW_DOWNLOAD)) {
      awaitEstablished(stack);
      stack.serve().signal("TERM");
      stack.awaitLine("ending: ");
      Outcome refused = stack.run("bash", "-c", "exec 3<>/dev/tcp/10.77.0.2/80");
      assertTrue(refused.errors().contains("Connection refused"), refused.errors());
      client.await(Command.DEADLINE).ok();
      assertEquals(0, stack.serve().await(Command.DEADLINE).status());
    }
  }

  @Test
  void aSecondSignalEndsItAtOnce() {
    try (StackUnderTest stack = new StackUnderTest("--chargen");
        Command client =
            stack.namespace().start("bash", "-c", "sleep 60 | nc 10.77.0.2 19 | sleep 60")) {
      awaitEstablished(stack);
      stack.serve().signal("INT");
      stack.awaitLine("ending: ");
      stack.serve().signal("TERM");
      Outcome outcome = stack.serve().await(Command.DEADLINE);
      assertEquals(1, outcome.status());
      assertTrue(!outcome.output().contains("summary"), outcome.output());
      assertTrue(client.process().isAlive());
    }
  }

  private static void awaitEstablished(StackUnderTest stack) {
    Command.awaitUntil(
        "an established connection",
        () -> stack.run("ss", "-Htn", "state", "established").ok().output().contains("10.77.0.2"));
  }
}
