package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The README's example of rules, on a gateway with NAT between two kernels. */
@Privileged
class FirewallIT {
  private static GatewayUnderTest gateway;
  private static Command alice;
  private static Command bob;

  @BeforeAll
  static void start() {
    String rules = "stack-apps/src/test/resources/dev/tapstack/apps/gateway/firewall.yaml";
    gateway =
        new GatewayUnderTest(
            "--firewall",
            Path.of(System.getProperty("tapstack.root"), rules).toString(),
            "--forward",
            "tcp:8080=192.168.1.2:80",
            "--forward",
            "tcp:2222=192.168.1.2:22",
            "--forward",
            "tcp:113=192.168.1.2:113");
    alice = Netcat.listen(gateway.inside(), 80);
    bob = Netcat.listen(gateway.outside(), 80);
  }

  @AfterAll
  static void end() {
    alice.close();
    bob.close();
    try (GatewayUnderTest ended = gateway) {
      Outcome outcome = ended.stop();
      assertEquals(0, outcome.status());
      assertEquals("", outcome.errors());
      assertTrue(outcome.output().contains("\nrefused list=outside in=wan0"), outcome.output());
    }
  }

  @Test
  void whatARuleAllowsPasses() {
    Netcat.connect(gateway.inside(), GatewayUnderTest.BOB, 80).ok();
    Netcat.connect(gateway.outside(), GatewayUnderTest.OUTSIDE, 8080).ok();
  }

  @Test
  void whatNoRuleAllowsMeetsSilenceThoughItIsForwarded() {
    Outcome outcome = Netcat.knock(gateway.outside(), GatewayUnderTest.OUTSIDE, 2222);
    assertTrue(outcome.errors().contains("timed out"), outcome.errors());
  }

  /** The RST comes from the address that was asked: bob's kernel believes no other. */
  @Test
  void aRejectBehindNatLooksLikeTheOutsideAddress() {
    Outcome outcome = Netcat.connect(gateway.outside(), GatewayUnderTest.OUTSIDE, 113);
    assertTrue(outcome.errors().contains("Connection refused"), outcome.errors());
  }

  @Test
  void anAccessListRejectsWhatGoesOut() {
    Outcome outcome = Netcat.connect(gateway.inside(), GatewayUnderTest.BOB, 25);
    assertTrue(outcome.errors().contains("Connection refused"), outcome.errors());
  }

  @Test
  void aRuleThatIsWrongIsRefusedWithItsPlace() {
    try (TestNamespace namespace = new TestNamespace()) {
      String words =
          "gateway --inside a@%s=10.1.0.1/24 --outside b@%s=10.2.0.1/24 --firewall /etc/hostname"
              .formatted(namespace.name(), namespace.name());
      Outcome outcome = Command.run(Command.DEADLINE, Command.tapstack(words.split(" ")));
      assertEquals(1, outcome.status());
      assertEquals(1, outcome.errors().lines().count(), outcome.errors());
      assertTrue(
          outcome.errors().startsWith("tapstack gateway: --firewall /etc/hostname"),
          outcome.errors());
    }
  }
}
