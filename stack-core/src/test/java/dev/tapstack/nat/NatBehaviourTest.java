package dev.tapstack.nat;

import static dev.tapstack.nat.NatHost.ALICE;
import static dev.tapstack.nat.NatHost.ANN;
import static dev.tapstack.nat.NatHost.BOB;
import static dev.tapstack.nat.NatHost.CAROL;
import static dev.tapstack.nat.NatHost.GATE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.nat.NatConfig.Filtering;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.TcpCodec;
import dev.tapstack.testkit.V4;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What stays the same for ever, for every protocol, and what is left alone. */
class NatBehaviourTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();

  /**
   * RFC 4787 REQ-11: with few ports or many, free or taken, the NAT behaves in one way: mappings
   * stay endpoint-independent, and the filter the same.
   */
  @ParameterizedTest
  @EnumSource
  void itBehavesTheSameUnderAnyConditionsRfc4787Req11(Filtering filtering) {
    NatHost nat = new NatHost(harness, NatHost.config().filtering(filtering));
    Map<String, Integer> first = new TreeMap<>();
    for (int round = 0; round < 3; round++) {
      for (int host = 2; host < 42; host++) {
        for (int port = 1000; port < 1048; port++) {
          String inside = "192.168.1." + host + ":" + port;
          int seen = nat.portOf(inside, round == 1 ? CAROL + ":53" : BOB + ":" + (53 + round));
          assertEquals(first.computeIfAbsent(inside, each -> seen), seen, inside);
        }
      }
      for (int port : first.values()) {
        int other = nat.fromOutside(Segments.udp(BOB + ":99", GATE + ":" + port)).size();
        int stranger = nat.fromOutside(Segments.udp("203.0.113.77:53", GATE + ":" + port)).size();
        assertEquals(filtering == Filtering.ADDRESS_AND_PORT_DEPENDENT ? 0 : 1, other);
        assertEquals(filtering == Filtering.ENDPOINT_INDEPENDENT ? 1 : 0, stranger);
      }
    }
    assertEquals(first.size(), Map.copyOf(first).values().stream().distinct().count());
  }

  /** RFC 7857 5, RFC 7857 6: a mapping and its filter are of one protocol. */
  @Test
  void aMappingIsOfOneProtocolRfc7857() {
    NatHost nat = new NatHost(harness, NatHost.config().filtering(Filtering.ENDPOINT_INDEPENDENT));
    nat.fromInside(Segments.udp(ANN + ":5000", BOB + ":53"));
    assertNotEquals(5000, nat.portOf(ALICE + ":5000", BOB + ":53"));
    assertEquals(
        List.of("wan SYN 203.0.113.1:5000 > 203.0.113.9:80"),
        nat.fromInside(Segments.syn(ALICE + ":5000", BOB + ":80")));
    assertEquals(
        List.of("in SYN 203.0.113.10:9 > 192.168.1.2:5000"),
        nat.fromOutside(Segments.syn(CAROL + ":9", GATE + ":5000")));
    assertEquals(
        List.of("in UDP 203.0.113.10:9 > 192.168.1.3:5000"),
        nat.fromOutside(Segments.udp(CAROL + ":9", GATE + ":5000")));
    nat.fromInside(Segments.syn(ALICE + ":6000", BOB + ":80"));
    assertEquals(List.of(), nat.fromOutside(Segments.udp(CAROL + ":9", GATE + ":6000")));
  }

  /**
   * RFC 7857 3: one outside port is never two inside endpoints', though their peers differ; RFC
   * 4787 REQ-1 would be broken.
   */
  @Test
  void portsDoNotOverlapRfc7857() {
    NatHost nat = new NatHost(harness);
    nat.fromInside(Segments.syn(ANN + ":5000", BOB + ":80"));
    String seen = nat.fromInside(Segments.syn(ALICE + ":5000", CAROL + ":81")).get(0);
    assertTrue(seen.startsWith("wan SYN 203.0.113.1:"), seen);
    assertNotEquals("wan SYN 203.0.113.1:5000 > 203.0.113.10:81", seen);
  }

  /** RFC 4787 REQ-10, RFC 5382 REQ-6: addresses in payload are left alone, for there is no ALG. */
  @Test
  void payloadIsLeftAloneRfc4787Req10() {
    NatHost nat = new NatHost(harness);
    byte[] port = "PORT 192,168,1,2,19,136\r\n".getBytes(StandardCharsets.US_ASCII);
    byte[] sip = "INVITE sip:b@203.0.113.9\r\nVia: 192.168.1.2".getBytes(StandardCharsets.US_ASCII);
    byte[] seen = nat.bytesFromInside(V4.of(ALICE, BOB).udp(5060, 5060, sip).bytes());
    assertArrayEquals(sip, Arrays.copyOfRange(seen, 28, seen.length));
    nat.fromInside(Segments.syn(ALICE + ":5000", BOB + ":21"));
    nat.fromOutside(Segments.tcp(BOB + ":21", GATE + ":5000", 18, 2000, 1001));
    byte[] header = Segments.tcp(ALICE + ":5000", BOB + ":21", Segments.ACK, 1001, 2001);
    byte[] tcp = Arrays.copyOfRange(header, 20, 40);
    ByteBuffer.wrap(tcp).putShort(16, (short) 0);
    V4 command = V4.of(ALICE, BOB).protocol(V4.TCP).payload(V4.concat(tcp, port));
    seen = nat.bytesFromInside(TcpCodec.withChecksum(command.bytes()));
    assertArrayEquals(port, Arrays.copyOfRange(seen, 40, seen.length));
    assertEquals(List.of(), nat.fromOutside(Segments.syn(BOB + ":20", GATE + ":5000")));
  }

  /**
   * RFC 5508 REQ-1: the identifier of a ping of the gateway's own is not given to a host inside.
   */
  @Test
  void anIdentifierOfTheGatewaysOwnPingIsNotTakenRfc5508Req1() {
    NatHost nat = new NatHost(harness);
    int own = nat.host.ping().open((socket, reply) -> {}).identifier();
    String seen = nat.fromInside(Segments.ping(ALICE + ":" + own, BOB)).get(0);
    assertNotEquals("wan PING 203.0.113.1:" + own + " > 203.0.113.9", seen);
    IpAddress gate = IpAddress.parse(GATE);
    int taken = Integer.parseInt(seen.split("[: ]")[3]);
    assertEquals(false, nat.host.ip().ports().reserve(V4.ICMP, gate.hi(), gate.lo(), taken, "x"));
  }

  /** RFC 7857 11: the mapping of a query goes with its last session. */
  @Test
  void aQuerysMappingGoesWithItsLastSessionRfc7857() {
    NatHost nat = new NatHost(harness);
    nat.fromInside(Segments.ping(ALICE + ":77", BOB));
    nat.after(40);
    nat.fromInside(Segments.ping(ALICE + ":77", CAROL));
    nat.after(40);
    assertEquals(1, nat.nat.mappings().get(0).flows());
    nat.after(40);
    assertEquals(List.of(), nat.nat.mappings());
    assertEquals(List.of(), nat.fromOutside(Segments.pong(BOB, GATE + ":77")));
  }

  /**
   * RFC 6888 REQ-8 c): a port is free at once when its mapping has ended, for the filter keeps out
   * what the mapping before it had let in.
   */
  @Test
  void whatAPortHadLetInBeforeIsFilteredRfc6888Req8() {
    NatHost nat = new NatHost(harness);
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    nat.after(400);
    assertEquals(5000, nat.portOf(ANN + ":5000", CAROL + ":53"));
    assertEquals(List.of(), nat.fromOutside(Segments.udp(BOB + ":53", GATE + ":5000")));
    nat.fromInside(Segments.syn(ALICE + ":5000", BOB + ":80"));
    nat.after(400);
    assertEquals(1, nat.fromInside(Segments.syn(ANN + ":5000", CAROL + ":80")).size());
    byte[] late = Segments.tcp(BOB + ":80", GATE + ":5000", Segments.ACK, 2000, 1001);
    assertEquals(List.of(), nat.fromOutside(late));
  }

  /** RFC 6888 REQ-3: the pool's addresses need not follow each other. */
  @Test
  void thePoolMayHaveGapsRfc6888Req3() {
    NatHost nat = new NatHost(harness, NatHost.config().address(IpAddress.parse("203.0.113.3")));
    Map<String, Integer> hosts = new TreeMap<>();
    for (int host = 2; host < 202; host++) {
      String seen = nat.fromInside(Segments.udp("192.168.1." + host + ":5000", BOB + ":53")).get(0);
      hosts.merge(seen.split("[: ]")[2], 1, Integer::sum);
    }
    assertEquals(List.of(GATE, "203.0.113.3"), List.copyOf(hosts.keySet()));
    assertTrue(hosts.values().stream().allMatch(count -> count > 60), "" + hosts);
  }
}
