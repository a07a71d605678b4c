package dev.tapstack.nat;

import static dev.tapstack.nat.NatHost.ALICE;
import static dev.tapstack.nat.NatHost.BOB;
import static dev.tapstack.nat.NatHost.GATE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ICMP errors through the NAT, both ways and its own (RFC 5508 4, RFC 4787 REQ-12). */
class NatIcmpErrorTest {
  private static final String ROUTER = "203.0.113.77";
  private static final int UNREACHABLE = 3;
  private static final int TIME_EXCEEDED = 11;

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  /** RFC 5508 REQ-4, RFC 4787 REQ-12 a): from any router, quoting 8 bytes of transport or more. */
  @ParameterizedTest
  @ValueSource(ints = {28, 29, 31, 32})
  void anErrorFromOutsideIsTurnedBackRfc5508Req4(int quoted) {
    NatHost nat = new NatHost(harness);
    nat.fromInside(Segments.udp(ALICE + ":4999", BOB + ":54"));
    byte[] sent = nat.bytesFromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    assertEquals(
        List.of(
            "in ERROR 11 203.0.113.77 > 192.168.1.2 about [UDP 192.168.1.2:5000 > 203.0.113.9:53]"),
        nat.fromOutside(Segments.error(ROUTER, TIME_EXCEEDED, sent, quoted)));
  }

  /** RFC 5382 REQ-9, RFC 4787 REQ-12 b). */
  @Test
  void anErrorAboutASynIsTurnedBackThoughItsChecksumIsCutOff() {
    NatHost nat = new NatHost(harness);
    byte[] sent = nat.bytesFromInside(Segments.syn(ALICE + ":5000", BOB + ":80"));
    assertEquals(
        List.of(
            "in ERROR 3 203.0.113.77 > 192.168.1.2 about [TCP 192.168.1.2:5000 > 203.0.113.9:80]"),
        nat.fromOutside(Segments.error(ROUTER, UNREACHABLE, sent, 28)));
  }

  /** RFC 5508 REQ-4: about a query, by its identifier. */
  @Test
  void anErrorAboutAPingIsTurnedBack() {
    NatHost nat = new NatHost(harness);
    nat.fromInside(Segments.ping("192.168.1.3:77", BOB));
    byte[] sent = nat.bytesFromInside(Segments.ping(ALICE + ":77", BOB));
    assertEquals(
        List.of("in ERROR 11 203.0.113.77 > 192.168.1.2 about [PING 192.168.1.2:77 > 203.0.113.9]"),
        nat.fromOutside(Segments.error(ROUTER, TIME_EXCEEDED, sent, 28)));
  }

  /** RFC 5508 REQ-5: from the host, and from a router inside, both are shown as the NAT. */
  @ParameterizedTest
  @ValueSource(strings = {ALICE, "192.168.1.77"})
  void anErrorFromInsideShowsNoInsideAddressRfc5508Req5(String sender) {
    NatHost nat = new NatHost(harness);
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    byte[] received = nat.bytesFromOutside(Segments.udp(BOB + ":53", GATE + ":5000"));
    assertEquals(
        List.of(
            "wan ERROR 3 203.0.113.1 > 203.0.113.9 about [UDP 203.0.113.9:53 > 203.0.113.1:5000]"),
        nat.fromInside(Segments.error(sender, UNREACHABLE, received, 28)));
  }

  @Test
  void anErrorAboutAForwardedSynShowsTheForward() {
    NatHost nat = forwarding();
    byte[] received = nat.bytesFromOutside(Segments.syn(BOB + ":4000", GATE + ":8080"));
    assertEquals(
        List.of(
            "wan ERROR 3 203.0.113.1 > 203.0.113.9 about [SYN 203.0.113.9:4000 > 203.0.113.1:8080]"),
        nat.fromInside(Segments.error(ALICE, UNREACHABLE, received, 40)));
  }

  private NatHost forwarding() {
    return new NatHost(
        harness, NatHost.config().forward(V4.TCP, 8080, Endpoint.parse(ALICE + ":80")));
  }

  private static byte[] withTtlOne(byte[] packet) {
    packet[8] = 1;
    return V4.withHeaderChecksum(packet);
  }

  /** Traceroute: the NAT is a hop like any other. */
  @Test
  void theGatewaysOwnErrorToTheInsideQuotesWhatTheHostSent() {
    NatHost nat = new NatHost(harness);
    assertEquals(
        List.of(
            "in ERROR 11 192.168.1.1 > 192.168.1.2 about [UDP 192.168.1.2:5000 > 203.0.113.9:53]"),
        nat.fromInside(withTtlOne(Segments.udp(ALICE + ":5000", BOB + ":53"))));
    assertEquals(List.of(), nat.nat.mappings());
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    assertEquals(
        List.of(
            "in ERROR 11 192.168.1.1 > 192.168.1.2 about [UDP 192.168.1.2:5000 > 203.0.113.9:53]"),
        nat.fromInside(withTtlOne(Segments.udp(ALICE + ":5000", BOB + ":53"))),
        "of a flow that is known");
  }

  /** The quote is of a packet whose destination has been rewritten already. */
  @Test
  void theGatewaysOwnErrorToTheOutsideShowsNoInsideAddress() {
    NatHost nat = forwarding();
    assertEquals(
        List.of(
            "wan ERROR 11 203.0.113.1 > 203.0.113.9 about"
                + " [SYN 203.0.113.9:4000 > 203.0.113.1:8080]"),
        nat.fromOutside(withTtlOne(Segments.syn(BOB + ":4000", GATE + ":8080"))));
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    assertEquals(
        List.of(
            "wan ERROR 11 203.0.113.1 > 203.0.113.9 about"
                + " [UDP 203.0.113.9:53 > 203.0.113.1:5000]"),
        nat.fromOutside(withTtlOne(Segments.udp(BOB + ":53", GATE + ":5000"))));
    assertEquals(Map.of("ip-ttl-exceeded", 2L), nat.host.drops());
  }

  /** RFC 5508 REQ-6, RFC 4787 REQ-12, RFC 5382 REQ-10. */
  @Test
  void anErrorEndsNoMappingRfc4787Req12() {
    NatHost nat = new NatHost(harness);
    byte[] datagram = nat.bytesFromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    byte[] syn = nat.bytesFromInside(Segments.syn(ALICE + ":5000", BOB + ":80"));
    for (int type : new int[] {UNREACHABLE, TIME_EXCEEDED}) {
      nat.fromOutside(Segments.error(ROUTER, type, datagram, 28));
      nat.fromOutside(Segments.error(ROUTER, type, syn, 28));
    }
    assertEquals(2, nat.nat.mappings().size());
    assertEquals(1, nat.fromOutside(Segments.udp(BOB + ":53", GATE + ":5000")).size());
  }

  /** RFC 5508 REQ-4, REQ-5: about no flow, it goes nowhere. */
  @Test
  void anErrorAboutNothingGoesNowhere() {
    NatHost nat = new NatHost(harness);
    byte[] never = Segments.udp(GATE + ":5000", BOB + ":53");
    assertEquals(List.of(), nat.fromOutside(Segments.error(ROUTER, UNREACHABLE, never, 28)));
    byte[] received = Segments.udp(BOB + ":53", ALICE + ":5000");
    assertEquals(List.of(), nat.fromInside(Segments.error(ALICE, UNREACHABLE, received, 28)));
  }
}
