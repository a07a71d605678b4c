package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code tapstack ping} asks the kernel. */
@Privileged
class PingCommandIT {
  private TestNamespace namespace;

  @BeforeEach
  void makeNamespace() {
    namespace = new TestNamespace();
  }

  @AfterEach
  void removeNamespace() {
    namespace.close();
  }

  private Outcome ping(String... more) {
    return ClientUnderTest.run(namespace, "ping", more);
  }

  /** 4000 and 65,507 bytes go, and come back, in fragments. */
  @ParameterizedTest
  @ValueSource(ints = {0, 56, 1472, 4000, 65_507})
  void theKernelAnswers(int bytes) {
    Outcome outcome = ping("-c", "2", "-s", "" + bytes, ClientUnderTest.HOST).ok();
    String pattern =
        """
        PING 10.77.0.1: %d data bytes
        %d bytes from 10.77.0.1: icmp_seq=1 ttl=64 time=[0-9.]+ ms
        %d bytes from 10.77.0.1: icmp_seq=2 ttl=64 time=[0-9.]+ ms

        --- 10.77.0.1 ping statistics ---
        2 packets transmitted, 2 received, 0%% packet loss, time [0-9]+ms
        rtt min/avg/max = [0-9.]+/[0-9.]+/[0-9.]+ ms
        """
            .formatted(bytes, bytes + 8, bytes + 8);
    assertTrue(outcome.output().matches(pattern), outcome.output());
    assertEquals("", outcome.errors());
  }

  @Test
  void aNameIsResolvedByTheMachine() {
    // No address of the subnet has a name: this one is refused before anything is sent.
    Outcome outcome = ping("-c", "1", "no-such-host.invalid");
    ClientUnderTest.assertFailed(
        "tapstack ping: no-such-host.invalid: this machine knows no such host: name its address, or"
            + " give it by --add-host",
        outcome);
  }

  @Test
  void aHostThatIsNotThereIsStatusOne() {
    Outcome outcome = ping("-c", "2", ClientUnderTest.NOBODY);
    assertEquals(1, outcome.status());
    assertTrue(outcome.output().contains("icmp_seq=1: No route to host"), outcome.output());
    assertTrue(outcome.output().contains("2 packets transmitted, 0 received"), outcome.output());
    assertTrue(outcome.output().contains("100% packet loss"), outcome.output());
  }

  @Test
  void aHostThatDoesNotAnswerIsStatusOne() {
    Command.run(
            Command.DEADLINE,
            List.of(
                "ip",
                "netns",
                "exec",
                namespace.name(),
                "sysctl",
                "-qw",
                "net.ipv4.icmp_echo_ignore_all=1"))
        .ok();
    Outcome outcome = ping("-c", "1", ClientUnderTest.HOST);
    assertEquals(1, outcome.status());
    assertTrue(
        outcome.output().contains("1 packets transmitted, 0 received, 100% packet loss"),
        outcome.output());
  }

  @Test
  void anInterruptPrintsTheSummary() {
    try (Command ping =
        Command.start(List.of(ClientUnderTest.words(namespace, "ping", ClientUnderTest.HOST)))) {
      Command.awaitUntil("an answer", () -> ping.output().contains("icmp_seq=1 "));
      ping.signal("INT");
      Outcome outcome = ping.await(Command.DEADLINE);
      assertEquals(0, outcome.status(), outcome.errors());
      assertTrue(outcome.output().contains(" 0% packet loss"), outcome.output());
    }
  }
}
