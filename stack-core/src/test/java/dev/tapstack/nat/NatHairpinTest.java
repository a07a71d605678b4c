package dev.tapstack.nat;

import static dev.tapstack.nat.NatHost.ALICE;
import static dev.tapstack.nat.NatHost.ANN;
import static dev.tapstack.nat.NatHost.BOB;
import static dev.tapstack.nat.NatHost.GATE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.nat.NatConfig.Filtering;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two inside hosts on one interface that know each other by outside endpoints (RFC 4787 6, RFC 5382
 * REQ-8).
 */
class NatHairpinTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();

  /** RFC 4787 REQ-9 a): external source; what comes from inside is not filtered. */
  @ParameterizedTest
  @EnumSource
  void aMappingIsReachedFromInsideWithAnExternalSourceRfc4787Req9(Filtering filtering) {
    NatHost nat = new NatHost(harness, NatHost.config().filtering(filtering));
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    assertEquals(
        List.of("in UDP 203.0.113.1:6000 > 192.168.1.2:5000"),
        nat.fromInside(Segments.udp(ANN + ":6000", GATE + ":5000")));
    assertEquals(
        List.of("in UDP 203.0.113.1:5000 > 192.168.1.3:6000"),
        nat.fromInside(Segments.udp(ALICE + ":5000", GATE + ":6000")));
    assertEquals(Map.of(), nat.host.drops());
    assertEquals(1, nat.nat.counters().value(NatCounter.HAIRPIN_FLOWS));
    nat.after(700);
    assertEquals(List.of(), nat.nat.mappings());
  }

  /** The mapping that it is shown from is the one that it has already (RFC 4787 REQ-1). */
  @Test
  void theExternalSourceIsTheMappingThatTheHostHas() {
    NatHost nat = new NatHost(harness);
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    int annsPort = nat.portOf(ANN + ":5000", BOB + ":53");
    assertNotEquals(5000, annsPort);
    assertEquals(
        List.of("in UDP 203.0.113.1:" + annsPort + " > 192.168.1.2:5000"),
        nat.fromInside(Segments.udp(ANN + ":5000", GATE + ":5000")));
  }

  /** RFC 5382 REQ-8. */
  @Test
  void aForwardIsReachedFromInside() {
    NatHost nat =
        new NatHost(harness, NatHost.config().forward(V4.TCP, 8080, Endpoint.parse(ALICE + ":80")));
    assertEquals(
        List.of("in SYN 203.0.113.1:4000 > 192.168.1.2:80"),
        nat.fromInside(Segments.syn(ANN + ":4000", GATE + ":8080")));
    assertEquals(
        List.of("in SYN+ACK 203.0.113.1:8080 > 192.168.1.3:4000"),
        nat.fromInside(
            Segments.tcp(ALICE + ":80", GATE + ":4000", Segments.SYN | Segments.ACK, 2000, 1001)));
  }

  /** A host reaches even itself. */
  @Test
  void aHostReachesItselfByItsForward() {
    NatHost nat =
        new NatHost(harness, NatHost.config().forward(V4.TCP, 8080, Endpoint.parse(ALICE + ":80")));
    assertEquals(
        List.of("in SYN 203.0.113.1:4000 > 192.168.1.2:80"),
        nat.fromInside(Segments.syn(ALICE + ":4000", GATE + ":8080")));
  }

  /** RFC 5508 REQ-7, RFC 7857 12. */
  @Test
  void aOneToOneAddressIsPingedFromInsideRfc5508Req7() {
    NatHost nat =
        new NatHost(
            harness,
            NatHost.config().oneToOne(IpAddress.parse("203.0.113.2"), IpAddress.parse(ALICE)));
    assertEquals(
        List.of("in PING 203.0.113.1:9 > 192.168.1.2"),
        nat.fromInside(Segments.ping(ANN + ":9", "203.0.113.2")));
    assertEquals(
        List.of("in PONG 203.0.113.2 > 192.168.1.3:9"),
        nat.fromInside(Segments.pong(ALICE, GATE + ":9")));
  }

  /** RFC 5508 REQ-7: an error about a hairpinned packet goes back with both its quotes turned. */
  @Test
  void anErrorAboutAHairpinnedDatagramIsTranslatedRfc5508Req7() {
    NatHost nat = new NatHost(harness);
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    nat.fromInside(Segments.udp(ANN + ":6000", GATE + ":5000"));
    byte[] asAliceSawIt = Segments.udp(GATE + ":6000", ALICE + ":5000");
    assertEquals(
        List.of(
            "in ERROR 3 203.0.113.1 > 192.168.1.3 about"
                + " [UDP 192.168.1.3:6000 > 203.0.113.1:5000]"),
        nat.fromInside(Segments.error(ALICE, 3, asAliceSawIt, 28)));
  }
}
