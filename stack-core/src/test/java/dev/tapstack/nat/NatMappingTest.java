package dev.tapstack.nat;

import static dev.tapstack.nat.NatHost.ALICE;
import static dev.tapstack.nat.NatHost.ANN;
import static dev.tapstack.nat.NatHost.BOB;
import static dev.tapstack.nat.NatHost.CAROL;
import static dev.tapstack.nat.NatHost.GATE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How an inside endpoint is shown outside, and for how long (RFC 4787 4, RFC 5382 4, RFC 6888
 * REQ-1).
 */
class NatMappingTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();

  @Test
  void aDatagramAndItsAnswerAreTranslated() {
    NatHost nat = new NatHost(harness);
    assertEquals(
        List.of("wan UDP 203.0.113.1:5000 > 203.0.113.9:53"),
        nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53")));
    assertEquals(
        List.of("in UDP 203.0.113.9:53 > 192.168.1.2:5000"),
        nat.fromOutside(Segments.udp(BOB + ":53", GATE + ":5000")));
    assertEquals(Map.of(), nat.host.drops());
  }

  @Test
  void aTcpConnectionIsTranslated() {
    NatHost nat = new NatHost(harness);
    String alice = ALICE + ":5000";
    assertEquals(
        List.of("wan SYN 203.0.113.1:5000 > 203.0.113.9:80"),
        nat.fromInside(Segments.syn(alice, BOB + ":80")));
    assertEquals(
        List.of("in SYN+ACK 203.0.113.9:80 > 192.168.1.2:5000"),
        nat.fromOutside(
            Segments.tcp(BOB + ":80", GATE + ":5000", Segments.SYN | Segments.ACK, 2000, 1001)));
    assertEquals(
        List.of("wan ACK 203.0.113.1:5000 > 203.0.113.9:80"),
        nat.fromInside(Segments.tcp(alice, BOB + ":80", Segments.ACK, 1001, 2001)));
  }

  /** RFC 4787 REQ-1, RFC 5382 REQ-1: the same mapping whomever it speaks to. */
  @Test
  void aMappingIsEndpointIndependentRfc4787Req1() {
    NatHost nat = new NatHost(harness);
    nat.fromInside(Segments.udp(ANN + ":5000", BOB + ":53")); // takes 5000
    int port = nat.portOf(ALICE + ":5000", BOB + ":53");
    assertNotEquals(5000, port);
    assertEquals(port, nat.portOf(ALICE + ":5000", BOB + ":54"));
    assertEquals(port, nat.portOf(ALICE + ":5000", CAROL + ":53"));
    assertEquals(
        List.of(
            new MappingInfo(
                V4.UDP,
                Endpoint.parse(ALICE + ":5000"),
                Endpoint.parse(GATE + ":" + port),
                false,
                3),
            new MappingInfo(
                V4.UDP, Endpoint.parse(ANN + ":5000"), Endpoint.parse(GATE + ":5000"), false, 1)),
        nat.nat.mappings());
  }

  /** RFC 4787 REQ-2, RFC 6888 REQ-2. */
  @Test
  void anInsideHostHasOneOutsideAddressRfc4787Req2() {
    NatHost nat = new NatHost(harness, NatConfig.outside("wan"));
    String first = nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53")).get(0);
    String address = first.split("[: ]")[2];
    for (int port = 5001; port < 5050; port++) {
      String seen = nat.fromInside(Segments.udp(ALICE + ":" + port, CAROL + ":53")).get(0);
      assertEquals("wan UDP " + address + ":" + port + " > 203.0.113.10:53", seen);
    }
  }

  /** RFC 4787 REQ-3, RFC 5382 REQ-7: two inside endpoints never share one outside. */
  @Test
  void noPortIsOverloadedRfc4787Req3() {
    NatHost nat = new NatHost(harness);
    int first = nat.portOf(ALICE + ":5000", BOB + ":53");
    int second = nat.portOf(ANN + ":5000", CAROL + ":53");
    assertEquals(5000, first);
    assertNotEquals(first, second);
    assertEquals(0, second & 1, "RFC 4787 REQ-4: parity");
  }

  /** RFC 4787 REQ-5: five minutes, counted from the last datagram. */
  @Test
  void anIdleMappingLivesFiveMinutesRfc4787Req5() {
    NatHost nat = new NatHost(harness);
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    nat.after(290);
    assertEquals(1, nat.fromOutside(Segments.udp(BOB + ":53", GATE + ":5000")).size());
    nat.after(20);
    assertEquals(List.of(), nat.fromOutside(Segments.udp(BOB + ":53", GATE + ":5000")));
    nat.after(60);
    assertEquals(List.of(), nat.nat.mappings());
    assertEquals(0, nat.host.ip().ports().size());
  }

  /** RFC 4787 REQ-6: outbound traffic refreshes, inbound by option. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void outboundTrafficRefreshesAMappingRfc4787Req6(boolean isRefreshedByInbound) {
    NatHost nat =
        new NatHost(
            harness,
            NatHost.config(),
            ConntrackConfig.DEFAULTS.withUdpRefreshedByInbound(isRefreshedByInbound));
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    nat.after(200);
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    nat.after(200);
    assertEquals(1, nat.fromOutside(Segments.udp(BOB + ":53", GATE + ":5000")).size());
    nat.after(200);
    int alive = isRefreshedByInbound ? 1 : 0;
    assertEquals(alive, nat.fromOutside(Segments.udp(BOB + ":53", GATE + ":5000")).size());
  }

  /** A mapping lives as long as one flow of it. */
  @Test
  void aMappingOutlivesTheFirstOfItsFlows() {
    NatHost nat = new NatHost(harness);
    nat.fromInside(Segments.udp(ANN + ":5000", BOB + ":53"));
    int port = nat.portOf(ALICE + ":5000", BOB + ":53");
    for (int i = 0; i < 10; i++) {
      nat.after(120);
      assertEquals(port, nat.portOf(ALICE + ":5000", CAROL + ":53"));
    }
    assertEquals(1, nat.nat.mappings().size());
    assertEquals(1, nat.nat.mappings().get(0).flows());
  }

  /** RFC 5508 REQ-1. */
  @Test
  void identifiersOfQueriesAreTranslatedRfc5508Req1() {
    NatHost nat = new NatHost(harness);
    assertEquals(
        List.of("wan PING 203.0.113.1:77 > 203.0.113.9"),
        nat.fromInside(Segments.ping(ALICE + ":77", BOB)));
    String second = nat.fromInside(Segments.ping(ANN + ":77", BOB)).get(0);
    int identifier = Integer.parseInt(second.split("[: ]")[3]);
    assertNotEquals(77, identifier);
    assertEquals(
        List.of("in PONG 203.0.113.9 > 192.168.1.2:77"),
        nat.fromOutside(Segments.pong(BOB, GATE + ":77")));
    assertEquals(
        List.of("in PONG 203.0.113.9 > 192.168.1.3:77"),
        nat.fromOutside(Segments.pong(BOB, GATE + ":" + identifier)));
    nat.after(59);
    assertEquals(2, nat.nat.mappings().size(), "RFC 5508 REQ-2: 60 s");
    nat.after(20);
    assertEquals(List.of(), nat.nat.mappings());
  }

  /** A protocol without ports is known by its addresses. */
  @Test
  void anotherProtocolHasItsAddressTranslated() {
    NatHost nat = new NatHost(harness);
    assertEquals(
        List.of("wan PROTOCOL 47 203.0.113.1 > 203.0.113.9"),
        nat.fromInside(V4.of(ALICE, BOB).protocol(47).payload(V4.data(20, 1)).bytes()));
    assertEquals(
        List.of("in PROTOCOL 47 203.0.113.9 > 192.168.1.2"),
        nat.fromOutside(V4.of(BOB, GATE).protocol(47).payload(V4.data(20, 1)).bytes()));
  }

  /** What sockets of the gateway use is theirs. */
  @Test
  void aPortOfTheGatewaysOwnIsNotTaken() {
    NatHost nat = new NatHost(harness);
    IpAddress gate = IpAddress.parse(GATE);
    assertTrue(nat.host.ip().ports().reserve(V4.UDP, gate.hi(), gate.lo(), 5000, "socket"));
    assertNotEquals(5000, nat.portOf(ALICE + ":5000", BOB + ":53"));
  }

  /** RFC 5508 REQ-8, RFC 6888 REQ-11, RFC 4787 REQ-3: the host is told, others go on. */
  @Test
  void whoGetsNoPortIsToldAndOthersGoOn() {
    NatHost nat = new NatHost(harness);
    for (int port = 1; port < 1024; port++) {
      nat.fromInside(Segments.udp(ALICE + ":" + port, BOB + ":53"));
    }
    byte[] refused = Segments.udp(ANN + ":53", BOB + ":53");
    assertEquals(
        List.of("in ERROR 3 192.168.1.1 > 192.168.1.3 about [UDP 192.168.1.3:53 > 203.0.113.9:53]"),
        nat.fromInside(refused));
    nat.receive(refused, true);
    assertEquals(13, nat.takeInside().get(0)[21], "administratively prohibited");
    assertEquals(Map.of("nat-no-port", 2L), nat.host.drops());
    assertEquals(1023, nat.nat.mappings().size(), "RFC 6888 REQ-11 d): none is ended for it");
    assertEquals(2, nat.nat.counters().value(NatCounter.PORTS_EXHAUSTED));
    assertEquals(1, nat.fromInside(Segments.udp(ANN + ":5000", BOB + ":53")).size());
    assertEquals(1, nat.fromInside(Segments.syn(ANN + ":53", BOB + ":53")).size());
    assertFalse(nat.nat.mappings().isEmpty());
    nat.after(400);
    assertEquals(1, nat.fromInside(refused).size());
  }

  /**
   * RFC 6888 REQ-6: both ways, errors included; to others as ever, and nobody begins from there.
   */
  @Test
  void toSomeNetworksNothingIsTranslatedRfc6888Req6() {
    NatHost nat = new NatHost(harness, NatHost.config().untranslated(IpPrefix.parse(BOB + "/32")));
    byte[] out = Segments.udp(ALICE + ":5000", BOB + ":53");
    assertEquals(List.of("wan UDP 192.168.1.2:5000 > 203.0.113.9:53"), nat.fromInside(out));
    assertEquals(
        List.of("in UDP 203.0.113.9:53 > 192.168.1.2:5000"),
        nat.fromOutside(Segments.udp(BOB + ":53", ALICE + ":5000")));
    assertEquals(
        List.of(
            "in ERROR 3 203.0.113.9 > 192.168.1.2 about [UDP 192.168.1.2:5000 > 203.0.113.9:53]"),
        nat.fromOutside(Segments.error(BOB, 3, out, 28)));
    assertEquals(List.of(), nat.nat.mappings());
    assertEquals(
        List.of("wan UDP 203.0.113.1:5000 > 203.0.113.10:53"),
        nat.fromInside(Segments.udp(ALICE + ":5000", CAROL + ":53")));
    assertEquals(List.of(), nat.fromOutside(Segments.udp(BOB + ":54", ALICE + ":5000")));
    assertEquals(Map.of("nat-unsolicited", 1L), nat.host.drops());
  }

  @Test
  void mappingsAreLimited() {
    NatHost nat = new NatHost(harness, NatHost.config().maxMappings(2));
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    nat.fromInside(Segments.udp(ALICE + ":5002", BOB + ":53"));
    nat.fromInside(Segments.udp(ALICE + ":5004", BOB + ":53"));
    assertEquals(Map.of("nat-table-full", 1L), nat.host.drops());
    assertEquals(1, nat.fromInside(Segments.udp(ALICE + ":5000", CAROL + ":53")).size());
  }

  @Test
  void aConfigurationThatCannotBeIsRefused() {
    IpAddress foreign = IpAddress.parse("198.51.100.1");
    assertThrows(
        IllegalArgumentException.class, () -> new NatHost(harness, NatConfig.outside("eth9")));
    assertThrows(
        IllegalArgumentException.class,
        () -> new NatHost(harness, NatConfig.outside("wan").address(foreign)));
    Endpoint web = Endpoint.parse(ALICE + ":80");
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new NatHost(
                harness, NatHost.config().forward(V4.TCP, 80, web).forward(V4.TCP, 80, web)));
  }

  /**
   * RFC 6864 5.3.1, RFC 7857 10: two inside hosts share a source, and their fragments must not be
   * mixed.
   */
  @Test
  void whatMayBeFragmentedGetsAnIdOfTheGatewaysRfc6864() {
    NatHost nat = new NatHost(harness);
    int first = id(nat.bytesFromInside(datagram(ALICE, 7)));
    int second = id(nat.bytesFromInside(datagram(ANN, 7)));
    assertNotEquals(first, second);
    byte[] atomic = datagram(ALICE, 7);
    atomic[6] = 0x40; // DF
    assertEquals(7, id(nat.bytesFromInside(V4.withHeaderChecksum(atomic))));
  }

  private static byte[] datagram(String from, int id) {
    return V4.of(from, BOB).id(id).udp(5000, 53, V4.data(10, 1)).bytes();
  }

  private static int id(byte[] packet) {
    Segments.read(packet); // its checksums
    return (packet[4] & 0xff) << 8 | packet[5] & 0xff;
  }
}
