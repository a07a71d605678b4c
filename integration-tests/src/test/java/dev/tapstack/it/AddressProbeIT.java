package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 5227 with a kernel host on the same bridge: probes, conflicts, announcements. */
@Privileged
class AddressProbeIT {
  private static final double LEAST_SECONDS = 4;

  @Test
  void anAddressThatAKernelHasIsRefused() {
    try (BridgedNetwork network = new BridgedNetwork()) {
      for (List<String> command :
          List.of(
              network.clientWords(BridgedNetwork.HOST, "serve", "--probe"),
              network.clientWords(BridgedNetwork.HOST, "ping", "--probe", "10.77.0.9"))) {
        Outcome outcome = Command.run(Command.DEADLINE, command);
        assertEquals(1, outcome.status(), outcome.toString());
        assertEquals(
            BridgedNetwork.HOST
                + " is in use by "
                + network.hostMac()
                + ": choose another --address, or end that host",
            outcome.errors().lines().toList().getLast().replaceFirst("tapstack \\w+: ", ""));
        assertTrue(!outcome.output().contains("ready"), outcome.output());
      }
    }
  }

  @Test
  void aFreeAddressIsProbedThenAnnounced() {
    try (BridgedNetwork network = new BridgedNetwork();
        Command tcpdump = network.capture("arp")) {
      try (StackUnderTest stack = network.serve("--probe")) {
        Command.awaitUntil("both announcements", () -> times(tcpdump, "10.77.0.2").size() == 2);
        List<Double> probes = times(tcpdump, "0.0.0.0");
        List<Double> announcements = times(tcpdump, "10.77.0.2");
        assertEquals(3, probes.size(), tcpdump.output());
        double used = announcements.getFirst() - probes.getFirst();
        assertTrue(used >= LEAST_SECONDS, "used after " + used + " s");
        network.host().run("ping", "-c", "1", StackUnderTest.ADDRESS).ok();
        // The kernel asks as RFC 5227 2.1.1 has it, and hears that the address is taken.
        Outcome dad =
            network.host().run("arping", "-D", "-c", "2", "-I", "eth0", StackUnderTest.ADDRESS);
        assertEquals(1, dad.status(), dad.toString());
        assertTrue(dad.output().toLowerCase().contains(stack.mac()), dad.output());
      }
    }
  }

  /** When requests for the stack's address were seen that told to be from {@code sender}. */
  private static List<Double> times(Command tcpdump, String sender) {
    String who = "who-has " + StackUnderTest.ADDRESS + " ";
    return tcpdump
        .output()
        .lines()
        .filter(line -> line.contains(who) || line.contains(who.strip() + " ("))
        .filter(line -> line.contains("tell " + sender + ","))
        .map(line -> Double.valueOf(line.substring(0, line.indexOf(' '))))
        .toList();
  }

  @Test
  void aClientAsksFirstToo() {
    try (BridgedNetwork network = new BridgedNetwork()) {
      Outcome ping =
          Command.run(
              Command.DEADLINE,
              network.clientWords(
                  StackUnderTest.ADDRESS, "ping", "--probe", "-c", "1", BridgedNetwork.HOST));
      assertEquals(0, ping.status(), ping.toString());
      assertTrue(
          ping.errors().startsWith("asking for 4 to 7 seconds whether somebody else has 10.77.0.2"),
          ping.errors());
    }
  }
}
