package dev.tapstack.nat;

import static dev.tapstack.nat.NatHost.ALICE;
import static dev.tapstack.nat.NatHost.ANN;
import static dev.tapstack.nat.NatHost.BOB;
import static dev.tapstack.nat.NatHost.CAROL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets no port, or not more of them: limits of a host, and blocks (RFC 6888, RFC 7422). */
class NatShortageTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private NatHost limited(int ports) {
    return new NatHost(harness, NatHost.config().maxPortsPerHost(ports));
  }

  private static byte[] from(int protocol, String host, int port) {
    String from = host + ":" + port;
    return switch (protocol) {
      case V4.TCP -> Segments.syn(from, BOB + ":53");
      case V4.UDP -> Segments.udp(from, BOB + ":53");
      default -> Segments.ping(from, BOB + ":0");
    };
  }

  /** RFC 6888 REQ-4; RFC 5508 REQ-8: the host is told, others go on. */
  @ParameterizedTest
  @ValueSource(ints = {V4.TCP, V4.UDP, V4.ICMP})
  void aHostHasSoManyPortsOfAProtocolRfc6888Req4(int protocol) {
    NatHost nat = limited(3);
    for (int port = 5000; port < 5003; port++) {
      assertTrue(nat.fromInside(from(protocol, ALICE, port)).get(0).startsWith("wan "));
    }
    String told = nat.fromInside(from(protocol, ALICE, 5003)).get(0);
    assertTrue(told.startsWith("in ERROR 3 192.168.1.1 > 192.168.1.2 about ["), told);
    assertEquals(Map.of("nat-host-ports", 1L), nat.host.drops());
    assertEquals(1, nat.nat.counters().value(NatCounter.HOST_PORTS_EXHAUSTED));
    assertEquals(0, nat.nat.counters().value(NatCounter.PORTS_EXHAUSTED));
    // What it has, another protocol, and another host go on.
    assertTrue(nat.fromInside(from(protocol, ALICE, 5001)).get(0).startsWith("wan "));
    int other = protocol == V4.UDP ? V4.TCP : V4.UDP;
    assertTrue(nat.fromInside(from(other, ALICE, 5003)).get(0).startsWith("wan "));
    assertTrue(nat.fromInside(from(protocol, ANN, 5003)).get(0).startsWith("wan "));
  }

  /** One port to many peers is one port (RFC 4787 REQ-1). */
  @Test
  void flowsOfOnePortCountOnce() {
    NatHost nat = limited(1);
    for (int peer = 1; peer < 100; peer++) {
      assertEquals(1, nat.fromInside(Segments.udp(ALICE + ":5000", CAROL + ":" + peer)).size());
    }
    assertEquals(Map.of(), nat.host.drops());
  }

  @Test
  void aPortThatIsGivenBackCanBeHadAgain() {
    NatHost nat = limited(2);
    nat.fromInside(from(V4.UDP, ALICE, 5000));
    nat.after(200);
    nat.fromInside(from(V4.UDP, ALICE, 5002));
    nat.fromInside(from(V4.UDP, ALICE, 5004));
    assertEquals(1, nat.host.drops().get("nat-host-ports"));
    nat.after(200); // the first has gone
    assertEquals("wan", nat.fromInside(from(V4.UDP, ALICE, 5004)).get(0).substring(0, 3));
    nat.after(700);
    assertEquals(List.of(), nat.nat.mappings());
    assertEquals(0, nat.host.ip().ports().size());
  }

  @Test
  void forwardsAreNotCounted() {
    NatHost nat =
        new NatHost(
            harness,
            NatHost.config()
                .maxPortsPerHost(1)
                .forward(V4.UDP, 5000, Endpoint.parse(ALICE + ":5000")));
    nat.fromInside(from(V4.UDP, ALICE, 5000)); // as its forward
    nat.fromInside(from(V4.UDP, ALICE, 5002));
    assertEquals(Map.of(), nat.host.drops());
    nat.fromInside(from(V4.UDP, ALICE, 5004));
    assertEquals(Map.of("nat-host-ports", 1L), nat.host.drops());
  }

  @Test
  void theLogSaysSoOnceAMinute() {
    NatHost nat = limited(1);
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      for (int i = 0; i < 300; i++) {
        nat.fromInside(from(V4.UDP, ALICE, 5000 + i % 100));
      }
      nat.after(61);
      nat.fromInside(from(V4.UDP, ALICE, 5001));
    } finally {
      System.setErr(before);
    }
    List<String> lines = log.toString(StandardCharsets.UTF_8).lines().toList();
    assertEquals(2, lines.size(), lines.toString());
    assertTrue(lines.get(0).contains("192.168.1.2 no mapping for protocol 17: it has all"));
    assertTrue(lines.get(0).contains("(1 flows"), lines.get(0));
    assertTrue(lines.get(1).contains("(298 flows"), lines.get(1));
  }

  private NatHost withBlocks(String subscribers, int portsEach) {
    return new NatHost(
        harness,
        NatConfig.outside("wan")
            .blocks(new NatConfig.Blocks(IpPrefix.parse(subscribers), portsEach)));
  }

  /**
   * RFC 7422, RFC 6888 REQ-14: every outside port that is seen leads back to the host, by computing
   * alone.
   */
  @ParameterizedTest
  @ValueSource(ints = {V4.TCP, V4.UDP, V4.ICMP})
  void everyPortIsOfItsHostsBlockRfc7422(int protocol) {
    NatHost nat = withBlocks("192.168.1.0/24", 504);
    PortBlocks computed =
        new PortBlocks(
            IpPrefix.parse("192.168.1.0/24"),
            504,
            List.of(
                IpAddress.parse("203.0.113.1"),
                IpAddress.parse("203.0.113.2"),
                IpAddress.parse("203.0.113.3")));
    for (int host = 2; host < 255; host += 3) {
      for (int port = 1; port < 65_536; port += 6_553) {
        nat.fromInside(from(protocol, "192.168.1." + host, port));
      }
    }
    assertEquals(85 * 11, nat.nat.mappings().size());
    for (MappingInfo mapping : nat.nat.mappings()) {
      PortBlocks.Block block = computed.at(mapping.outside());
      assertNotNull(block, mapping.toString());
      assertEquals(mapping.inside().address(), block.inside(), mapping.toString());
    }
  }

  @Test
  void aPortOfTheHostsOwnBlockIsKeptAndParityToo() {
    NatHost nat = withBlocks("192.168.1.0/26", 1000);
    // alice, .2, has 3024 to 4023
    assertEquals(3500, nat.portOf(ALICE + ":3500", BOB + ":53"));
    int even = nat.portOf(ALICE + ":6000", BOB + ":53");
    assertTrue(even >= 3024 && even <= 4023 && even % 2 == 0, "port " + even);
  }

  /** A block is all a host has; its neighbour's block is not touched. */
  @Test
  void aFullBlockIsAShortageOfItsHostAlone() {
    NatHost nat = withBlocks("192.168.1.0/24", 252);
    for (int port = 10_000; port < 10_252; port++) {
      assertEquals(1, nat.fromInside(from(V4.TCP, ALICE, port)).size());
    }
    assertEquals(Map.of(), nat.host.drops());
    String told = nat.fromInside(from(V4.TCP, ALICE, 10_252)).get(0);
    assertTrue(told.startsWith("in ERROR 3 192.168.1.1 > 192.168.1.2"), told);
    assertEquals(Map.of("nat-no-port", 1L), nat.host.drops());
    assertTrue(nat.fromInside(from(V4.TCP, ANN, 10_000)).get(0).startsWith("wan SYN"));
  }

  @Test
  void whoIsNoSubscriberHasNoPorts() {
    NatHost nat = withBlocks("192.168.1.0/30", 1000);
    assertTrue(nat.fromInside(from(V4.UDP, ALICE, 5000)).get(0).startsWith("wan UDP"));
    String told = nat.fromInside(from(V4.UDP, "192.168.1.4", 5000)).get(0);
    assertTrue(told.startsWith("in ERROR 3 192.168.1.1 > 192.168.1.4"), told);
    assertEquals(Map.of("nat-no-block", 1L), nat.host.drops());
    assertEquals(1, nat.nat.counters().value(NatCounter.HOSTS_WITHOUT_BLOCK));
  }

  @Test
  void blocksThatDoNotFitAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> withBlocks("192.168.1.0/24", 1000));
    assertNull(new NatHost(harness).nat.blocks());
    assertThrows(IllegalArgumentException.class, () -> NatHost.config().maxPortsPerHost(0).build());
  }
}
