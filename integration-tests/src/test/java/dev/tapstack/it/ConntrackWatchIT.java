package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code conntrack --watch} sees the flows of real programs come and change. */
@Privileged
class ConntrackWatchIT {
  private GatewayUnderTest gateway;

  @BeforeEach
  void start() {
    gateway = new GatewayUnderTest();
  }

  @AfterEach
  void end() {
    gateway.close();
  }

  /** A watch that has begun. */
  private Command watch(String... more) {
    List<String> options = new ArrayList<>(List.of("--watch"));
    options.addAll(List.of(more));
    Command watch = Command.start(gateway.asking("conntrack", options.toArray(String[]::new)));
    Command.awaitUntil(
        "watching", () -> watch.errors().contains("watching until") || !watch.process().isAlive());
    return watch;
  }

  private static void awaitLine(Command watch, String line) {
    Pattern pattern = Pattern.compile("(?m)^" + line + "$");
    Command.awaitUntil(line, () -> pattern.matcher(watch.output()).find());
  }

  @Test
  void aConnectionIsSeenFromItsSynOnUntilItIsClosed() {
    try (Command bob = gateway.outside().start(words("nc -l -k 80"));
        Command watch = watch();
        Command json = watch("--json")) {
      Command.awaitUntil(
          "bob listens", () -> gateway.outside().run(words("ss -Hltn")).output().contains(":80 "));
      gateway.inside().run(words("nc -z -w 60 203.0.113.2 80")).ok();
      String time = "\\d\\d:\\d\\d:\\d\\d\\.\\d{3} +";
      String sides = " src=192\\.168\\.1\\.2 dst=203\\.0\\.113\\.2 sport=\\d+ dport=80 .*";
      awaitLine(watch, time + "\\[NEW] tcp +\\d+ SYN_SENT" + sides + "\\[UNREPLIED].*");
      awaitLine(watch, time + "\\[CHANGED] tcp +\\d+ ESTABLISHED" + sides);
      awaitLine(watch, time + "\\[CHANGED] tcp +\\d+ TIME_WAIT" + sides);
      awaitLine(
          json,
          "\\{\"time\":\"[^\"]+Z\",\"event\":\"new\",\"protocol\":\"tcp\",\"state\":\"SYN_SENT\","
              + "\"replied\":false,\"timeout\":2[34]\\d,\"src\":\"192.168.1.2\",.*}");
      watch.signal("INT");
      Outcome outcome = watch.await(Command.DEADLINE);
      assertEquals(0, outcome.status());
      String summary = "(?s).*\\d+ events shown, 0 lost because this was too slow\n";
      assertTrue(outcome.errors().matches(summary), outcome.errors());
      assertTrue(bob.process().isAlive() && gateway.gateway().process().isAlive());
    }
  }

  @Test
  void theEndOfTheGatewayEndsItAndIsSaid() {
    try (Command watch = watch()) {
      assertEquals(0, gateway.stop().status());
      Outcome outcome = watch.await(Command.DEADLINE);
      assertEquals(0, outcome.status());
      assertEquals("", outcome.output());
      String said = "watching until Ctrl-C\nthe process has ended: 0 events shown, 0 lost";
      assertTrue(outcome.errors().startsWith(said), outcome.errors());
    }
  }
}
