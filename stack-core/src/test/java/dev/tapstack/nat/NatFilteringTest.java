package dev.tapstack.nat;

import static dev.tapstack.nat.NatHost.ALICE;
import static dev.tapstack.nat.NatHost.ANN;
import static dev.tapstack.nat.NatHost.BOB;
import static dev.tapstack.nat.NatHost.CAROL;
import static dev.tapstack.nat.NatHost.GATE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.nat.NatConfig.Filtering;
import dev.tapstack.nat.NatConfig.Forward;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets in from outside, and by which door (RFC 4787 5, RFC 5382 4). */
class NatFilteringTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();

  /**
   * RFC 4787 REQ-8, RFC 5382 REQ-3, RFC 6888 REQ-7: each filtering, from the same host and from
   * another.
   */
  @ParameterizedTest
  @CsvSource({
    "ENDPOINT_INDEPENDENT, true, true",
    "ADDRESS_DEPENDENT, true, false",
    "ADDRESS_AND_PORT_DEPENDENT, false, false"
  })
  void whoMaySendToAMappingRfc4787Req8(Filtering filtering, boolean otherPort, boolean otherHost) {
    NatHost nat = new NatHost(harness, NatHost.config().filtering(filtering));
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    assertEquals(
        otherPort ? List.of("in UDP 203.0.113.9:54 > 192.168.1.2:5000") : List.of(),
        nat.fromOutside(Segments.udp(BOB + ":54", GATE + ":5000")));
    assertEquals(
        otherHost ? List.of("in UDP 203.0.113.10:53 > 192.168.1.2:5000") : List.of(),
        nat.fromOutside(Segments.udp(CAROL + ":53", GATE + ":5000")));
    long refused = (otherPort ? 0 : 1) + (otherHost ? 0 : 1);
    assertEquals(refused == 0 ? Map.of() : Map.of("nat-filtered", refused), nat.host.drops());
    assertEquals(1, nat.fromOutside(Segments.udp(BOB + ":53", GATE + ":5000")).size());
  }

  @ParameterizedTest
  @EnumSource(names = {"ENDPOINT_INDEPENDENT", "ADDRESS_DEPENDENT"})
  void anAnswerToWhoWasLetInLeavesFromTheMapping(Filtering filtering) {
    NatHost nat = new NatHost(harness, NatHost.config().filtering(filtering));
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    nat.fromOutside(Segments.udp(BOB + ":54", GATE + ":5000"));
    assertEquals(
        List.of("wan UDP 203.0.113.1:5000 > 203.0.113.9:54"),
        nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":54")));
    assertEquals(2, nat.nat.mappings().get(0).flows());
    nat.after(700);
    assertEquals(List.of(), nat.nat.mappings());
  }

  /**
   * RFC 4787 REQ-6, RFC 7857 7: strangers who are let in do not keep a mapping alive, from one port
   * or from ever new ones; what the inside host sends them does.
   */
  @ParameterizedTest
  @EnumSource(names = {"ENDPOINT_INDEPENDENT", "ADDRESS_DEPENDENT"})
  void strangersDoNotKeepAMappingAlive(Filtering filtering) {
    NatHost nat = new NatHost(harness, NatHost.config().filtering(filtering));
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    for (int i = 0; i < 5; i++) {
      nat.after(50);
      assertEquals(1, nat.fromOutside(Segments.udp(BOB + ":" + (54 + i), GATE + ":5000")).size());
      assertEquals(1, nat.fromOutside(Segments.udp(BOB + ":99", GATE + ":5000")).size());
    }
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":54"));
    nat.after(290);
    assertEquals(1, nat.fromOutside(Segments.udp(BOB + ":60", GATE + ":5000")).size());
    for (int i = 0; i < 10; i++) {
      nat.after(10);
      nat.fromOutside(Segments.udp(BOB + ":" + (100 + i), GATE + ":5000"));
    }
    assertEquals(List.of(), nat.nat.mappings());
    assertEquals(List.of(), nat.fromOutside(Segments.udp(BOB + ":61", GATE + ":5000")));
  }

  /** RFC 5382 REQ-4: silence, and no RST from the gateway's own TCP. */
  @Test
  void anUnsolicitedSynMeetsSilenceRfc5382Req4() {
    NatHost nat = new NatHost(harness);
    nat.fromInside(Segments.syn(ALICE + ":5000", BOB + ":80"));
    assertEquals(List.of(), nat.fromOutside(Segments.syn(BOB + ":81", GATE + ":5000")));
    assertEquals(List.of(), nat.fromOutside(Segments.syn(BOB + ":81", GATE + ":22")));
    nat.after(10);
    assertEquals(List.of(), nat.left());
    assertEquals(Map.of("nat-filtered", 1L, "nat-unsolicited", 1L), nat.host.drops());
  }

  /** A scan finds nothing: neither closed ports nor segments of no connection are answered. */
  @ParameterizedTest
  @ValueSource(ints = {1, 22, 80, 5000, 32768, 65535})
  void aScanFindsNothing(int port) {
    NatHost nat = new NatHost(harness);
    String to = GATE + ":" + port;
    assertEquals(List.of(), nat.fromOutside(Segments.udp(BOB + ":53", to)));
    assertEquals(List.of(), nat.fromOutside(Segments.tcp(BOB + ":53", to, Segments.ACK, 1, 1)));
    assertEquals(List.of(), nat.fromOutside(Segments.tcp(BOB + ":53", to, Segments.RST, 1, 1)));
    assertEquals(Map.of("nat-unsolicited", 3L), nat.host.drops());
    assertEquals(0, nat.conntrack.size());
  }

  /** Whoever has a route to them: inside addresses are not reached from outside. */
  @Test
  void anInsideAddressIsNotReachedFromOutside() {
    NatHost nat = new NatHost(harness);
    assertEquals(List.of(), nat.fromOutside(Segments.syn(BOB + ":53", ALICE + ":80")));
    assertEquals(List.of(), nat.fromOutside(Segments.udp(BOB + ":53", ALICE + ":53")));
    assertEquals(Map.of("nat-unsolicited", 2L), nat.host.drops());
    String to = ALICE + ":80";
    assertEquals(List.of(), nat.fromOutside(Segments.tcp(BOB + ":53", to, Segments.ACK, 1, 1)));
    assertEquals(0, nat.conntrack.size());
  }

  /** RFC 5382 REQ-4, by option: an error after 6 s. */
  @Test
  void anUnsolicitedSynIsAnsweredAfterSixSecondsByOptionRfc5382Req4() {
    NatHost nat = new NatHost(harness, NatHost.config().answersSyns(true));
    assertEquals(List.of(), nat.fromOutside(Segments.syn(BOB + ":81", GATE + ":22")));
    nat.after(5);
    assertEquals(List.of(), nat.left());
    nat.after(2);
    assertEquals(
        List.of(
            "wan ERROR 3 203.0.113.1 > 203.0.113.9 about [SYN 203.0.113.9:81 > 203.0.113.1:22]"),
        nat.left());
    assertEquals(Map.of("nat-unsolicited", 1L), nat.host.drops());
  }

  /** RFC 5382 REQ-2, REQ-4: a simultaneous open through two NATs is not answered with an error. */
  @Test
  void aSynThatIsCrossedByOneFromInsideIsForgottenRfc5382Req4() {
    NatHost nat = new NatHost(harness, NatHost.config().answersSyns(true));
    byte[] unsolicited = Segments.syn(BOB + ":81", GATE + ":5000");
    assertEquals(List.of(), nat.fromOutside(unsolicited));
    nat.after(1);
    assertEquals(1, nat.fromInside(Segments.syn(ALICE + ":5000", BOB + ":81")).size());
    nat.after(10);
    assertEquals(List.of(), nat.left());
    assertEquals(
        List.of("in SYN 203.0.113.9:81 > 192.168.1.2:5000"),
        nat.fromOutside(unsolicited),
        "RFC 5382 REQ-2: simultaneous open");
  }

  @Test
  void heldSynsAreLimited() {
    NatHost nat = new NatHost(harness, NatHost.config().answersSyns(true));
    for (int port = 1; port <= 300; port++) {
      nat.fromOutside(Segments.syn(BOB + ":" + port, GATE + ":22"));
    }
    assertEquals(256, nat.nat.counters().value(NatCounter.SYNS_HELD));
    assertEquals(Map.of("nat-unsolicited", 44L), nat.host.drops());
    nat.after(7);
    assertEquals(256, nat.nat.counters().value(NatCounter.SYNS_ANSWERED));
  }

  @Test
  void aForwardLetsAnybodyIn() {
    NatHost nat =
        new NatHost(harness, NatHost.config().forward(V4.TCP, 8080, Endpoint.parse(ALICE + ":80")));
    assertEquals(
        List.of("in SYN 203.0.113.9:4000 > 192.168.1.2:80"),
        nat.fromOutside(Segments.syn(BOB + ":4000", GATE + ":8080")));
    assertEquals(
        List.of("wan SYN+ACK 203.0.113.1:8080 > 203.0.113.9:4000"),
        nat.fromInside(
            Segments.tcp(ALICE + ":80", BOB + ":4000", Segments.SYN | Segments.ACK, 2000, 1001)));
    nat.after(8000);
    assertEquals(
        List.of(
            new MappingInfo(
                V4.TCP, Endpoint.parse(ALICE + ":80"), Endpoint.parse(GATE + ":8080"), true, 0)),
        nat.nat.mappings());
  }

  @Test
  void aForwardOfARangeKeepsTheOrder() {
    Endpoint first = Endpoint.parse(ALICE + ":6000");
    NatHost nat =
        new NatHost(
            harness,
            NatHost.config()
                .forward(new Forward(V4.UDP, IpAddress.parse(GATE), 7000, 7009, first)));
    assertEquals(
        List.of("in UDP 203.0.113.9:53 > 192.168.1.2:6009"),
        nat.fromOutside(Segments.udp(BOB + ":53", GATE + ":7009")));
    assertEquals(List.of(), nat.fromOutside(Segments.udp(BOB + ":53", GATE + ":7010")));
    assertEquals(List.of(), nat.fromOutside(Segments.udp(BOB + ":53", "203.0.113.2:7000")));
  }

  /** A server behind a forward speaks to others from the port that they know it by. */
  @Test
  void whatTheServerSendsItselfLeavesFromTheForward() {
    NatHost nat =
        new NatHost(
            harness, NatHost.config().forward(V4.UDP, 7000, Endpoint.parse(ALICE + ":6000")));
    assertEquals(
        List.of("wan UDP 203.0.113.1:7000 > 203.0.113.10:53"),
        nat.fromInside(Segments.udp(ALICE + ":6000", CAROL + ":53")));
  }

  @Test
  void aOneToOneAddressIsItsHosts() {
    NatHost nat =
        new NatHost(
            harness,
            NatHost.config().oneToOne(IpAddress.parse("203.0.113.2"), IpAddress.parse(ALICE)));
    assertEquals(
        List.of("wan UDP 203.0.113.2:53 > 203.0.113.9:53"),
        nat.fromInside(Segments.udp(ALICE + ":53", BOB + ":53")));
    assertEquals(
        List.of("in SYN 203.0.113.10:4000 > 192.168.1.2:22"),
        nat.fromOutside(Segments.syn(CAROL + ":4000", "203.0.113.2:22")));
    assertEquals(
        List.of("in PING 203.0.113.10:9 > 192.168.1.2"),
        nat.fromOutside(Segments.ping(CAROL + ":9", "203.0.113.2")));
    assertEquals(
        List.of("wan PONG 203.0.113.2 > 203.0.113.10:9"),
        nat.fromInside(Segments.pong(ALICE, CAROL + ":9")));
    assertEquals(
        List.of("wan UDP 203.0.113.1:53 > 203.0.113.9:53"),
        nat.fromInside(Segments.udp(ANN + ":53", BOB + ":53")));
  }

  /** The gateway itself answers ping on its outside address, and is no way in. */
  @Test
  void anEchoRequestToTheOutsideAddressIsForTheGateway() {
    NatHost nat = new NatHost(harness);
    nat.fromInside(Segments.ping(ALICE + ":77", BOB));
    assertEquals(
        List.of("wan PONG 203.0.113.1 > 203.0.113.9:77"),
        nat.fromOutside(Segments.ping(BOB + ":77", GATE)));
  }
}
