package dev.tapstack.nat;

import static dev.tapstack.nat.NatHost.ALICE;
import static dev.tapstack.nat.NatHost.BOB;
import static dev.tapstack.nat.NatHost.GATE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.conntrack.ConntrackCounter;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.nio.ByteBuffer;
import java.util.Arrays;
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

  /** RFC 5508 REQ-6, RFC 4787 REQ-12, RFC 5382 REQ-10, RFC 7857 7.1: nor refreshes one. */
  @Test
  void anErrorEndsNoMappingRfc4787Req12() {
    NatHost nat = new NatHost(harness);
    byte[] ping = nat.bytesFromInside(Segments.ping(ALICE + ":77", BOB));
    byte[] datagram = nat.bytesFromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    byte[] syn = nat.bytesFromInside(Segments.syn(ALICE + ":5000", BOB + ":80"));
    for (int type : new int[] {UNREACHABLE, TIME_EXCEEDED}) {
      nat.fromOutside(Segments.error(ROUTER, type, datagram, 28));
      nat.fromOutside(Segments.error(ROUTER, type, syn, 28));
      nat.fromOutside(Segments.error(ROUTER, type, ping, 28));
    }
    assertEquals(3, nat.nat.mappings().size());
    byte[] received = nat.bytesFromOutside(Segments.udp(BOB + ":53", GATE + ":5000"));
    assertEquals(1, nat.fromOutside(Segments.pong(BOB, GATE + ":77")).size());
    nat.after(50);
    nat.fromOutside(Segments.error(ROUTER, UNREACHABLE, ping, 28));
    nat.after(20);
    assertEquals(2, nat.nat.mappings().size(), "the query's time is over");
    nat.after(220);
    nat.fromOutside(Segments.error(ROUTER, UNREACHABLE, datagram, 28));
    assertEquals(1, nat.fromInside(Segments.error(ALICE, UNREACHABLE, received, 28)).size());
    nat.after(20);
    assertEquals(List.of(), nat.fromOutside(Segments.udp(BOB + ":53", GATE + ":5000")));
  }

  private static byte[] withIcmpChecksum(byte[] packet) {
    packet[22] = packet[23] = 0;
    int sum = V4.checksum(Arrays.copyOfRange(packet, 20, packet.length));
    packet[22] = (byte) (sum >> 8);
    packet[23] = (byte) sum;
    return packet;
  }

  /** RFC 5508 REQ-3, REQ-3 a): a damaged error, or one about a damaged header, says nothing. */
  @Test
  void aDamagedErrorIsDroppedInSilenceRfc5508Req3() {
    NatHost nat = new NatHost(harness);
    byte[] sent = nat.bytesFromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    byte[] damaged = Segments.error(ROUTER, TIME_EXCEEDED, sent, 32);
    damaged[23] ^= 1;
    assertEquals(List.of(), nat.fromOutside(damaged));
    byte[] aboutDamaged = Segments.error(ROUTER, TIME_EXCEEDED, sent, 32);
    aboutDamaged[28 + 10] ^= 1;
    assertEquals(List.of(), nat.fromOutside(withIcmpChecksum(aboutDamaged)));
    assertEquals(2, nat.conntrack.counters().value(ConntrackCounter.INVALID));
  }

  /** RFC 5508 REQ-3 b): options stand before the quoted ports. */
  @Test
  void theOptionsOfTheQuoteArePassedOverRfc5508Req3() {
    NatHost nat = new NatHost(harness);
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    byte[] data = V4.octets(1, 2, 3, 4);
    byte[] quoted = V4.of(GATE, BOB).options(1, 1, 1, 0).udp(5000, 53, data).bytes();
    assertEquals(
        List.of(
            "in ERROR 3 203.0.113.77 > 192.168.1.2 about [UDP 192.168.1.2:5000 > 203.0.113.9:53]"),
        nat.fromOutside(Segments.error(ROUTER, UNREACHABLE, quoted, quoted.length)));
  }

  /** RFC 5508 REQ-3 c), REQ-3 d): neither a wrong sum in the quote nor what follows it matters. */
  @Test
  void theQuotesTransportIsNotJudgedAndExtensionsPassRfc5508Req3() {
    NatHost nat = new NatHost(harness);
    byte[] sent = nat.bytesFromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    byte[] changed = sent.clone();
    changed[30] ^= 7; // data, whose checksum is wrong now
    byte[] quote = Arrays.copyOf(changed, 128 + 12); // RFC 4884: padded, then the extensions
    byte[] extensions = V4.data(12, 3);
    System.arraycopy(extensions, 0, quote, 128, 12);
    byte[] seen = nat.bytesFromOutside(Segments.error(ROUTER, TIME_EXCEEDED, quote, 140));
    assertEquals(0, V4.checksum(Arrays.copyOfRange(seen, 20, seen.length)));
    assertEquals(ALICE, Ipv4Address.format(ByteBuffer.wrap(seen).getInt(28 + 12)));
    assertArrayEquals(extensions, Arrays.copyOfRange(seen, 28 + 128, seen.length));
    assertEquals(changed[30], seen[28 + 30]);
  }

  /** RFC 5508 REQ-10 a), REQ-10 b), RFC 5382 REQ-9: what is passed on of errors. */
  @ParameterizedTest
  @ValueSource(ints = {UNREACHABLE, TIME_EXCEEDED, 12})
  void errorsAreTranslatedBothWaysRfc5508Req10(int type) {
    NatHost nat = new NatHost(harness);
    byte[] sent = nat.bytesFromInside(Segments.syn(ALICE + ":5000", BOB + ":80"));
    assertEquals(1, nat.fromOutside(Segments.error(ROUTER, type, sent, 40)).size());
    byte[] answer = Segments.tcp(BOB + ":80", GATE + ":5000", 18, 2000, 1001);
    byte[] received = nat.bytesFromOutside(answer);
    assertEquals(
        List.of(
            "wan ERROR "
                + type
                + " 203.0.113.1 > 203.0.113.9 about [SYN+ACK 203.0.113.9:80 > 203.0.113.1:5000]"),
        nat.fromInside(Segments.error(ALICE, type, received, 40)));
  }

  /** RFC 5508 REQ-10 c), REQ-11: source quench, redirects, address masks, solicitations. */
  @ParameterizedTest
  @ValueSource(ints = {4, 5, 10, 15, 17})
  void otherMessagesAreDroppedRfc5508Req11(int type) {
    NatHost nat = new NatHost(harness);
    byte[] sent = nat.bytesFromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    assertEquals(List.of(), nat.fromInside(V4.of(ALICE, BOB).icmp(type, 0, 7, sent).bytes()));
    assertEquals(List.of(), nat.fromOutside(V4.of(ROUTER, GATE).icmp(type, 0, 7, sent).bytes()));
    assertEquals(1, nat.nat.mappings().size());
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
