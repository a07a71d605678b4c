package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How connections end: half close both ways, a client killed, refusal, TIME-WAIT. */
@Privileged
class ConnectionEndsIT {
  private static final String ADDRESS = StackUnderTest.ADDRESS;

  private static StackUnderTest stack;

  @BeforeAll
  static void start() {
    stack = new StackUnderTest("-v");
  }

  @AfterAll
  static void end() {
    try (StackUnderTest ended = stack) {
      CounterSummary summary = CounterSummary.atTheEndOf(ended);
      assertTrue(!summary.toString().contains("ending: "), "connections were left:\n" + summary);
    }
  }

  /** Whether the kernel's socket of that port is in that state, in the words of ss(8). */
  private static boolean isIn(String state, String port) {
    return !stack.run("ss", "-Htn", "state", state, "sport", "=", ":" + port).output().isEmpty();
  }

  private static void awaitIn(String state, String port) {
    Command.awaitUntil("port " + port + " in " + state, () -> isIn(state, port));
  }

  private static void awaitNotIn(String state, String port) {
    Command.awaitUntil("port " + port + " no longer in " + state, () -> !isIn(state, port));
  }

  /** Waits for the line of a connection that ended: its port, what is counted, and why. */
  private static void awaitEnd(String service, String port, String rest) {
    Pattern line = Pattern.compile(service + " 10\\.77\\.0\\.1:" + port + ": " + rest);
    Command.awaitUntil(
        "a line like '" + line + "'",
        () -> stack.serve().output().lines().anyMatch(each -> line.matcher(each).matches()));
  }

  // Half close.

  @Test
  void theClientFinishesFirstAndIsStillAnswered() {
    Content content = Content.random(5, 5_000_000);
    StreamedCommand.run(
            stack.namespace(), Command.DEADLINE, content, words("nc -N -p 40001 " + ADDRESS + " 7"))
        .assertIs(content);
    awaitEnd("echo", "40001", "5000000 bytes in, 5000000 bytes out, closed");
  }

  @Test
  void discardEndsWhenTheClientHasFinished() {
    StreamedCommand.run(
            stack.namespace(),
            Command.DEADLINE,
            Content.random(6, 3_000_000),
            words("nc -N -p 40002 " + ADDRESS + " 9"))
        .assertIs(Content.text(""));
    awaitEnd("discard", "40002", "3000000 bytes in, 0 bytes out, closed");
  }

  @Test
  void chargenSendsOnToAClientThatHasFinished() {
    String script = "nc -N -p 40003 " + ADDRESS + " 19 </dev/null | head -c 3000000";
    StreamedCommand.run(stack.namespace(), Command.DEADLINE, "bash", "-c", script)
        .assertIs(Content.chargen(3_000_000));
    awaitEnd("chargen", "40003", "0 bytes in, \\d+ bytes out, Connection reset");
  }

  @Test
  void theServerFinishesFirstAndWaitsForTheClient() {
    try (StreamedCommand client =
        StreamedCommand.startOpen(stack.namespace(), words("nc -N -p 40004 " + ADDRESS + " 80"))) {
      client.type("GET /bytes/100000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      awaitIn("close-wait", "40004");
      client.endInput();
      StreamedCommand.Result result = client.await(Command.DEADLINE);
      assertEquals(0, result.status(), result.errors());
      assertTrue(result.length() > 100_000, "head and content: " + result.length());
    }
    awaitEnd("http", "40004", "1 request, \\d+ bytes in, \\d+ bytes out, closed");
    awaitNotIn("last-ack", "40004");
  }

  // A client that is killed.

  /** Starts a client and kills it when a megabyte has been carried. */
  private static void kill(String commandLine) {
    try (Command client = stack.namespace().start(words(commandLine))) {
      Command.awaitUntil(
          "a transfer in progress",
          () -> {
            String details =
                stack.run("ss", "-Htni", "state", "established", "dst", ADDRESS).ok().output();
            return details.matches("(?s).*bytes_(received|acked):\\d{7,}.*");
          });
      // SIGKILL to the client itself: `ip netns exec` becomes the command.
      client.signal("KILL");
      client.await(Command.DEADLINE);
    }
  }

  @Test
  void aDownloaderThatIsKilledLeavesNoConnection() {
    kill("curl -sS --local-port 40005 -o /dev/null " + stack.url("/bytes/1000000000000"));
    awaitEnd("http", "40005", "1 request, \\d+ bytes in, \\d{7,} bytes out, Connection reset");
  }

  @Test
  void anUploaderThatIsKilledLeavesNoConnection() {
    kill("curl -sS --local-port 40006 -T /dev/zero " + stack.url("/sink"));
    awaitEnd("http", "40006", "\\d requests?, \\d{7,} bytes in, .*");
  }

  @Test
  void anIdleClientThatIsKilledLeavesNoConnection() {
    try (StreamedCommand client =
        StreamedCommand.startOpen(stack.namespace(), words("nc -p 40007 " + ADDRESS + " 80"))) {
      client.type("GET /bytes/0 HTTP/1.1\r\nHost: x\r\n\r\n");
      awaitIn("established", "40007");
    }
    awaitEnd("http", "40007", "\\d requests?, \\d+ bytes in, \\d+ bytes out, .*");
  }

  // What is not there, and what is no longer there.

  @Test
  void aClosedPortRefuses() {
    Outcome curl = stack.run("curl", "-sS", "http://" + ADDRESS + ":81/");
    assertEquals(7, curl.status(), "curl's status for a failed connect");
    assertEquals(1, stack.run("nc", "-z", ADDRESS, "65535").status());
    stack.run("nc", "-z", ADDRESS, "80").ok();
  }

  @Test
  void timeWaitAnswersARepeatedFin() {
    // The last ACK of the stack is lost until the rule is gone: the kernel repeats its FIN.
    String lastAck = " INPUT -p tcp --dport 40008 --tcp-flags SYN,FIN,RST,PSH,ACK ACK -j DROP";
    String reset = " INPUT -p tcp --dport 40008 --tcp-flags RST RST";
    stack.run(words("iptables -A" + lastAck)).ok();
    stack.run(words("iptables -A" + reset)).ok();
    // The server closes first, as HTTP/1.0 has it.
    stack.run(words("curl -sS -0 --local-port 40008 " + stack.url("/bytes/100"))).ok();
    awaitIn("last-ack", "40008");
    stack.run(words("iptables -D" + lastAck)).ok();
    awaitNotIn("last-ack", "40008");
    String counted = stack.run("iptables", "-nvxL", "INPUT").ok().output();
    stack.run(words("iptables -D" + reset)).ok();
    assertTrue(counted.matches("(?s).*\n +0 +0 .*tcp dpt:40008 flags:0x04/0x04.*"), counted);
  }

  @Test
  void aNewConnectionMayTakeThePlaceOfOneInTimeWait() {
    for (int i = 0; i < 5; i++) {
      String curl = "curl -sS --fail -0 --local-port 40009 -o /dev/null ";
      stack.run(words(curl + stack.url("/bytes/1000"))).ok();
      awaitNotIn("last-ack", "40009");
    }
  }
}
