package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --bridge}: a TAP that its program puts on a bridge of the kernel's, and takes off. */
@Privileged
class BridgeIT {
  private static final String BRIDGE = BridgedNetwork.BRIDGE;
  private static final String TAP = StackUnderTest.TAP;

  private static void ip(BridgedNetwork network, String arguments) {
    network.bridge().run(("ip " + arguments).split(" ")).ok();
  }

  private static String attribute(BridgedNetwork network, String name) {
    return network.bridge().run("cat", "/sys/class/net/" + name).ok().output().strip();
  }

  /** Asks for a page from the host on the other port, and from the bridge's own kernel. */
  private static void assertReached(BridgedNetwork network, StackUnderTest stack) {
    for (TestNamespace from : List.of(network.host(), network.bridge())) {
      String page = from.run("curl", "-sS", "-m", "20", stack.url("/")).ok().output();
      assertTrue(page.contains(StackUnderTest.ADDRESS), page);
    }
  }

  /** The bridge has no MAC address and no MTU of its own: it takes the lowest of its ports'. */
  @ParameterizedTest
  @ValueSource(ints = {1400, 9000})
  void aTapThatIsMadeIsANeighbourOfAllAndGoneAtTheEnd(int mtu) {
    try (BridgedNetwork network = new BridgedNetwork(false)) {
      ip(network, "link set port mtu " + mtu);
      ip(network, "address add 10.77.0.200/24 dev " + BRIDGE);
      assertEquals("" + mtu, attribute(network, BRIDGE + "/mtu"));
      String mac = attribute(network, BRIDGE + "/address");
      try (StackUnderTest stack = network.serve("--bridge", BRIDGE)) {
        assertTrue(stack.serve().output().contains("(bridge br0, MAC "), stack.serve().output());
        assertReached(network, stack);
        assertEquals(List.of("port", TAP), network.ports());
        assertEquals("" + mtu, attribute(network, TAP + "/mtu"));
        assertEquals("" + mtu, attribute(network, BRIDGE + "/mtu"));
        assertTrue(attribute(network, TAP + "/address").startsWith("fe:"), "lower than any other");
        assertEquals(mac, attribute(network, BRIDGE + "/address"));
        assertEquals(0, stack.stop().status());
      }
      assertEquals(List.of("port"), network.ports());
    }
  }

  @Test
  void aTapThatWasThereIsTakenOffAgain() {
    try (BridgedNetwork network = new BridgedNetwork()) {
      ip(network, "link set " + TAP + " nomaster");
      ip(network, "address add 10.77.0.200/24 dev " + BRIDGE);
      try (StackUnderTest stack = network.serve("--bridge", BRIDGE)) {
        assertReached(network, stack);
        assertEquals(List.of("port", TAP), network.ports());
        assertEquals(0, stack.stop().status());
      }
      assertEquals(List.of("port"), network.ports());
      ip(network, "link show " + TAP);
    }
  }

  @Test
  void aTapThatWasOnTheBridgeStaysThere() {
    try (BridgedNetwork network = new BridgedNetwork()) {
      ip(network, "address add 10.77.0.200/24 dev " + BRIDGE);
      try (StackUnderTest stack = network.serve("--bridge", BRIDGE)) {
        assertReached(network, stack);
        assertEquals(0, stack.stop().status());
      }
      assertEquals(List.of("port", TAP), network.ports());
    }
  }

  @Test
  void clientsUseABridgeToo() {
    try (BridgedNetwork network = new BridgedNetwork(false)) {
      Command.run(
              Command.DEADLINE,
              network.clientWords(
                  StackUnderTest.ADDRESS, "ping", "--bridge", BRIDGE, "-c", "2", "10.77.0.1"))
          .ok();
      assertEquals(List.of("port"), network.ports());
    }
  }

  @Test
  void aBridgeThatCannotBeHadIsRefusedWithTheRemedy() {
    try (BridgedNetwork network = new BridgedNetwork()) {
      // With a Docker engine on this machine it is asked for such a network, too.
      Outcome missing = serve(network, "no-such-bridge");
      assertEquals(1, missing.status(), missing.toString());
      assertTrue(
          missing.errors().startsWith("tapstack serve: --bridge no-such-bridge: "),
          missing.errors());
      assertRefused(
          network,
          "port",
          "port is not a bridge: name one of those that 'ip link show type bridge' lists, or choose"
              + " another name and make it with 'ip link add NAME type bridge'");
      ip(network, "link add br1 type bridge");
      assertRefused(network, "br1", "bridge br1 is down: bring it up with 'ip link set br1 up'");
      ip(network, "link set br1 up");
      assertRefused(
          network,
          "br1",
          "tap0 is on another bridge than br1: name that one, or take it off with 'ip link set tap0"
              + " nomaster'");
      ip(network, "address add " + StackUnderTest.ADDRESS + "/24 dev " + BRIDGE);
      assertRefused(
          network,
          BRIDGE,
          "10.77.0.2 is the kernel's own address on br0: choose another of that subnet for the"
              + " stack");
      assertEquals(List.of("port", TAP), network.ports());
    }
  }

  private static void assertRefused(BridgedNetwork network, String bridge, String why) {
    ClientUnderTest.assertFailed("tapstack serve: " + why, serve(network, bridge));
  }

  private static Outcome serve(BridgedNetwork network, String bridge) {
    return Command.run(
        Command.DEADLINE, network.clientWords(StackUnderTest.ADDRESS, "serve", "--bridge", bridge));
  }
}
