package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.MacAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What happens to the program when frames come that nobody would send who means well. */
@Privileged
class HostileFramesIT {
  /** At least one drop of each layer. */
  private static final List<String> KINDS =
      List.of(
          "ethernet-not-for-us",
          "arp-malformed",
          "ip-bad-version",
          "ip-bad-checksum",
          "ip-martian-source",
          "ip-unknown-protocol",
          "icmp-bad-checksum",
          "udp-bad-checksum",
          "udp-port-closed",
          "tcp-bad-checksum",
          "tcp-port-closed");

  private static final int FRAMES_OF_EACH_KIND = 20_000;

  /**
   * Of each round; a failing run is repeated with these. All but the last warm up: they fill the
   * pools, which keep as many packets as were ever in use at a time, up to a limit.
   */
  private static final long[] SEEDS = {1, 2, 3, 4};

  @Test
  void theyAreDroppedByNameAndLeaveNothingBehind() throws Exception {
    try (StackUnderTest stack = StackUnderTest.startedBy(MemoryUse.measuredProgram());
        PacketSocket socket = new PacketSocket(stack.namespace(), StackUnderTest.TAP)) {
      MemoryUse[] after = new MemoryUse[SEEDS.length];
      for (int i = 0; i < SEEDS.length; i++) {
        send(stack, socket, SEEDS[i]);
        assertServesAsBefore(stack);
        after[i] = MemoryUse.of(stack.serve());
      }
      after[SEEDS.length - 1].assertNotMuchMoreThan(after[SEEDS.length - 2]);
      // What somebody must be told: an ARP packet that claims the stack's address.
      CounterSummary summary = CounterSummary.atTheEndOf(stack, "WARN ArpProtocol .* claims .*");
      long sent = 2L * FRAMES_OF_EACH_KIND * SEEDS.length;
      assertTrue(summary.of("packets", "polled") >= sent, summary.toString());
      summary.assertDropped(KINDS);
    }
  }

  private static void send(StackUnderTest stack, PacketSocket socket, long seed) {
    System.out.println("hostile frames with seed " + seed);
    HostileFrames frames =
        new HostileFrames(
            seed, MacAddress.parse(stack.mac()).bits(), "10.77.0.0", StackUnderTest.ADDRESS);
    for (int i = 0; i < FRAMES_OF_EACH_KIND; i++) {
      socket.send(frames.random());
      socket.send(frames.mutated());
    }
  }

  private static void assertServesAsBefore(StackUnderTest stack) {
    // An ARP packet among them may have given the kernel's address to somebody else.
    stack.run(words("arping -U -c 1 -w 5 -I tap0 " + StackUnderTest.HOST)).ok();
    String page = stack.run(words("curl -sS --fail -m 30 " + stack.url("/"))).ok().output();
    assertTrue(page.contains(StackUnderTest.HOST), page);
    Transfers.download(stack.namespace(), Command.DEADLINE, 1_000_000);
  }
}
