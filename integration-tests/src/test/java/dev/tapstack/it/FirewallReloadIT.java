package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rules are read again while connections are open through the gateway. */
@Privileged
class FirewallReloadIT {
  private static final String OPEN =
      """
      security-groups:
      - name: outside
        interfaces: [wan0]
        in:
        - {action: allow, protocol: tcp, to: 192.168.1.2, to-port: 80}
      """;

  private static final String SHUT = OPEN.replace("action: allow", "action: reject");

  @TempDir private Path directory;
  private Path rules;
  private GatewayUnderTest gateway;
  private Command alice;

  @BeforeEach
  void start() throws IOException {
    rules = Files.writeString(directory.resolve("rules.yaml"), OPEN);
    gateway =
        new GatewayUnderTest(
            "--firewall", rules.toString(), "--forward", "tcp:8080=192.168.1.2:80");
    alice = Netcat.listen(gateway.inside(), 80);
  }

  @AfterEach
  void end() {
    alice.close();
    gateway.close();
  }

  private Outcome connectFromBob() {
    return Netcat.connect(gateway.outside(), GatewayUnderTest.OUTSIDE, 8080);
  }

  /** Says "before" at once, and "after" as soon as there is the file {@code go}. */
  private Command talkFromBob(Path go) {
    String script =
        "exec 3<>/dev/tcp/203.0.113.1/8080; echo before >&3;"
            + " until [ -e %s ]; do sleep 0.05; done; echo after >&3".formatted(go);
    return gateway.outside().start("bash", "-c", script);
  }

  @Test
  void anOpenConnectionOutlivesTheReloadThatRefusesNewOnes() throws IOException {
    connectFromBob().ok();
    Path go = directory.resolve("go");
    try (Command bob = talkFromBob(go)) {
      Command.awaitUntil("bob is heard", () -> alice.output().contains("before"));
      Files.writeString(rules, SHUT);
      assertEquals(
          rules + ": 1 rules are in force\n", gateway.ask("firewall", "--reload").ok().output());
      assertTrue(connectFromBob().errors().contains("Connection refused"));
      Files.createFile(go);
      Command.awaitUntil("bob is heard again", () -> alice.output().contains("after"));
      assertEquals(0, bob.await(Command.DEADLINE).status());
    }
    String table = gateway.ask("firewall").ok().output();
    assertEquals(1, packets(table, "outside +in +1 .* reject protocol=tcp to=192.168.1.2 .*"));
    assertTrue(packets(table, "outside +in +answers .*") >= 2, table); // the word and the FIN
    Outcome outcome = gateway.stop();
    assertTrue(outcome.output().contains("\nfirewall: 1 rules, read again from " + rules));
  }

  /** The count of packets in the line that matches. */
  private static long packets(String table, String line) {
    Matcher found = Pattern.compile("(?m)^" + line + "$").matcher(table);
    assertTrue(found.find(), table);
    return Long.parseLong(found.group().split(" +")[3]);
  }

  @Test
  void aBadFileIsRefusedWholeAndTheOldRulesStay() throws IOException {
    Files.writeString(rules, SHUT + "  - {action: allow, protocol: tcp, to-port: http}\n");
    Outcome refused = gateway.ask("firewall", "--reload");
    assertEquals(1, refused.status());
    assertEquals("", refused.output());
    assertEquals(
        "tapstack firewall: "
            + rules
            + ":6: security-groups[0].in[1].to-port: 'http' is no port: write 0 to 65535, or a"
            + " range with the lower port first, as 1024-2047 (the old rules stay)\n",
        refused.errors());
    connectFromBob().ok();
    String json = gateway.ask("firewall", "--json").ok().output();
    String rule =
        "\\{\"list\":\"outside\",\"direction\":\"in\",\"rule\":\"1\",\"action\":\"allow\","
            + "\"protocol\":\"tcp\",\"to\":\"192.168.1.2\",\"to-port\":\"80\","
            + "\"state\":\"new\",\"packets\":[1-9].*";
    assertTrue(Pattern.compile(rule).matcher(json).find(), json);
  }
}
