package dev.tapstack.conntrack;

import static dev.tapstack.conntrack.TrackingRouter.CLIENT;
import static dev.tapstack.conntrack.TrackingRouter.OTHER_CLIENT;
import static dev.tapstack.conntrack.TrackingRouter.SERVER;
import static dev.tapstack.conntrack.TrackingRouter.lo;
import static dev.tapstack.conntrack.TrackingRouter.segment;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.ip.Hook;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.Verdict;
import dev.tapstack.stats.DropReason;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.TcpCodec;
import dev.tapstack.testkit.V4;
import dev.tapstack.wire.TcpHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which packets have a flow, and what becomes of those that have none. */
class ConntrackTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private final List<String> states = new ArrayList<>();
  private final List<Tracked> ended = new ArrayList<>();
  private boolean isRefusing;
  private boolean isTranslating;
  private TrackingRouter router;

  @BeforeEach
  void start() {
    router =
        new TrackingRouter(
            harness,
            ConntrackConfig.DEFAULTS,
            Hook.of((point, packet) -> {
              if (point == HookPoint.FORWARD || point == HookPoint.INPUT) {
                boolean isReply = Tracked.side(packet) == Side.REPLY;
                states.add(FlowState.of(packet) + (isReply ? " reply" : ""));
                return isRefusing ? Verdict.drop(DropReason.FILTERED) : Verdict.ACCEPT;
              }
              Tracked flow = Tracked.of(packet);
              if (isTranslating && point == HookPoint.POSTROUTING && !flow.isConfirmed()) {
                flow.replyDestination(0, lo(IpHost.ME), 40_000);
                flow.mapping("mapped");
              }
              return Verdict.ACCEPT;
            }));
    router.conntrack.listener(ended::add);
  }

  private String udp(String from, int fromPort, String to, int toPort) {
    return router.receive(V4.of(from, to).udp(fromPort, toPort, new byte[12]));
  }

  private Map<String, Long> counted() {
    return router.conntrack.counters().nonZero();
  }

  // Finding and confirming.

  @Test
  void aFlowIsNewUntilItIsAnswered() {
    assertEquals("sent", udp(CLIENT, 5000, SERVER, 53));
    assertEquals("sent", udp(CLIENT, 5000, SERVER, 53));
    assertEquals("sent", udp(SERVER, 53, CLIENT, 5000));
    assertEquals("sent", udp(CLIENT, 5000, SERVER, 53));
    assertEquals(List.of("NEW", "NEW", "ESTABLISHED reply", "ESTABLISHED"), states);
    Tracked flow = router.only();
    assertEquals(3, flow.packets(Side.ORIGINAL));
    assertEquals(120, flow.bytes(Side.ORIGINAL));
    assertEquals(1, flow.packets(Side.REPLY));
    assertEquals(Map.of("confirmed", 1L), counted());
  }

  @Test
  void differentPortsAndProtocolsAreDifferentFlows() {
    udp(CLIENT, 5000, SERVER, 53);
    udp(CLIENT, 5001, SERVER, 53);
    udp(CLIENT, 5000, SERVER, 54);
    udp(SERVER, 5000, CLIENT, 53);
    router.receive(V4.of(CLIENT, SERVER).payload(new byte[8]));
    router.receive(V4.of(CLIENT, SERVER).protocol(47).payload(new byte[8]));
    assertEquals(6, router.conntrack.size());
    assertEquals(List.of("NEW", "NEW", "NEW", "NEW", "NEW", "NEW"), states);
  }

  @Test
  void aRefusedPacketLeavesNoState() {
    isRefusing = true;
    assertEquals("filtered", udp(CLIENT, 5000, SERVER, 53));
    assertEquals("filtered", router.receive(segment(SERVER, 9, CLIENT, 80, "S", 0, 0, 9, 0)));
    assertEquals(0, router.conntrack.size());
    assertEquals(0, router.conntrack.flowsFrom(0, lo(CLIENT)));
    assertEquals(Map.of(), counted());
  }

  @Test
  void otherProtocolsAreTrackedByTheirAddresses() {
    router.receive(V4.of(CLIENT, SERVER).payload(V4.data(8, 1)));
    router.receive(V4.of(SERVER, CLIENT).payload(V4.data(8, 2)));
    assertEquals(List.of("NEW", "ESTABLISHED reply"), states);
  }

  // ICMP.

  @Test
  void anEchoIsTrackedByItsIdentifierAndKnowsItsDirection() {
    int id = 8 << 16; // the number of the request's type, to be told from it
    assertEquals("sent", router.receive(V4.of(CLIENT, SERVER).icmp(8, 0, id, new byte[4])));
    assertEquals("sent", router.receive(V4.of(SERVER, CLIENT).icmp(8, 0, id, new byte[4])));
    assertEquals("sent", router.receive(V4.of(SERVER, CLIENT).icmp(0, 0, id, new byte[4])));
    assertEquals("sent", router.receive(V4.of(CLIENT, SERVER).icmp(0, 0, id, new byte[4])));
    assertEquals(List.of("NEW", "NEW", "ESTABLISHED reply", "ESTABLISHED reply"), states);
    assertEquals(2, router.conntrack.size());
  }

  @Test
  void anAnswerThatNobodyAskedForHasNoFlow() {
    assertEquals(
        "conntrack-no-flow", router.receive(V4.of(SERVER, CLIENT).icmp(0, 0, 7, new byte[4])));
    assertEquals(
        "conntrack-unrelated", router.receive(V4.of(SERVER, CLIENT).icmp(5, 1, 0, new byte[28])));
    assertEquals(Map.of("invalid", 2L), counted());
  }

  @Test
  void anErrorRelatesToTheFlowOfThePacketThatItQuotes() {
    byte[] sent = V4.of(CLIENT, SERVER).udp(5000, 53, new byte[12]).bytes();
    router.receive(sent);
    byte[] quote = Arrays.copyOf(sent, 28);
    String router2 = "198.51.100.1";
    long remaining = router.remainingSeconds();
    router.runFor(9, TimeUnit.SECONDS);
    assertEquals("sent", router.receive(V4.of(router2, CLIENT).icmp(11, 0, 0, quote)));
    assertEquals("sent", router.receive(V4.of(SERVER, CLIENT).icmp(3, 3, 0, quote)));
    assertEquals(List.of("NEW", "RELATED reply", "RELATED reply"), states);
    // RFC 5508 REQ-6 and RFC 5382 REQ-10: it neither ends a flow nor keeps it alive.
    assertEquals(remaining - 9, router.remainingSeconds());
    assertEquals(0, router.only().packets(Side.REPLY));
  }

  @Test
  void anErrorAboutAReplyGoesTheOtherWay() {
    udp(CLIENT, 5000, SERVER, 53);
    byte[] reply = V4.of(SERVER, CLIENT).udp(53, 5000, new byte[12]).bytes();
    router.receive(reply);
    assertEquals("sent", router.receive(V4.of(CLIENT, SERVER).icmp(3, 3, 0, reply)));
    assertEquals("RELATED", states.get(2));
  }

  @Test
  void anErrorAboutAnEchoRelatesToIt() {
    byte[] ask = V4.of(CLIENT, SERVER).icmp(8, 0, 77 << 16, new byte[4]).bytes();
    router.receive(ask);
    assertEquals("sent", router.receive(V4.of(SERVER, CLIENT).icmp(3, 1, 0, ask)));
    assertEquals(List.of("NEW", "RELATED reply"), states);
  }

  @Test
  void anErrorAboutNoFlowOrCutTooShortIsRefused() {
    byte[] sent = V4.of(CLIENT, SERVER).udp(5000, 53, new byte[12]).bytes();
    V4 error = V4.of(SERVER, CLIENT);
    assertEquals("conntrack-unrelated", router.receive(error.icmp(3, 3, 0, sent)));
    router.receive(sent);
    for (int length = 0; length < 28; length++) {
      byte[] cut = Arrays.copyOf(sent, length);
      assertEquals("conntrack-unrelated", router.receive(error.icmp(3, 3, 0, cut)));
    }
    assertEquals("sent", router.receive(error.icmp(3, 3, 0, Arrays.copyOf(sent, 28))));
  }

  @Test
  void anErrorOfOurOwnRelatesToTheFlowItIsAbout() {
    List<String> out = new ArrayList<>();
    router
        .host
        .ip()
        .addHook(
            HookPoint.POSTROUTING,
            Hook.of((point, packet) -> {
              out.add(FlowState.of(packet) + " " + Tracked.side(packet));
              return Verdict.ACCEPT;
            }));
    router.receive(V4.of(CLIENT, SERVER).ttl(1).udp(5000, 53, new byte[12]));
    assertEquals(List.of("RELATED REPLY"), out);
    assertEquals(0, router.conntrack.size(), "what expires here has not been sent");
  }

  // What has no flow.

  @Test
  void whatIsMalformedOrDamagedIsRefused() {
    byte[] good = segment(CLIENT, 1, SERVER, 2, "S", 0, 0, 9, 4);
    byte[] bad = good.clone();
    bad[43] ^= 1;
    assertEquals("conntrack-bad-checksum", router.receive(bad));
    byte[] udp = V4.of(CLIENT, SERVER).udp(1, 2, new byte[4]).bytes();
    udp[30] ^= 1;
    assertEquals("conntrack-bad-checksum", router.receive(udp));
    udp[26] = udp[27] = 0; // no checksum
    assertEquals("sent", router.receive(udp));
    byte[] echo = V4.of(CLIENT, SERVER).icmp(8, 0, 1, new byte[4]).bytes();
    echo[30] ^= 1;
    assertEquals("conntrack-bad-checksum", router.receive(echo));
    for (String flags : List.of("SF", "SR", "F", "P", "")) {
      assertEquals(
          "conntrack-malformed",
          router.receive(segment(CLIENT, 1, SERVER, 2, flags, 0, 0, 9, 0)),
          flags);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {V4.TCP, V4.UDP, V4.ICMP})
  void everyTruncationIsRefused(int protocol) {
    int least = protocol == V4.TCP ? 20 : 8;
    for (int length = 0; length < least; length++) {
      assertEquals(
          "conntrack-malformed",
          router.receive(V4.of(CLIENT, SERVER).protocol(protocol).payload(new byte[length])));
    }
    assertEquals(0, router.conntrack.size());
  }

  @Test
  void aSegmentWithoutAFlowFromTheInsideIsAnsweredWithARst() {
    byte[] segment = segment(CLIENT, 4000, SERVER, 80, "P.", 1000, 7777, 9, 10);
    assertEquals("conntrack-no-flow", router.receive(segment));
    ByteBuf rst = Unpooled.wrappedBuffer(router.host.sentBy(router.inside).get(0).bytes());
    assertEquals("192.0.2.9", Ipv4Address.format(rst.getInt(12)));
    assertEquals(80, TcpHeader.sourcePort(rst, 20));
    assertEquals(4000, TcpHeader.destinationPort(rst, 20));
    assertEquals(TcpHeader.RST, TcpHeader.flags(rst, 20));
    assertEquals(7777, TcpHeader.seq(rst, 20));
    byte[] bytes = new byte[rst.readableBytes()];
    rst.getBytes(0, bytes);
    byte[] again = TcpCodec.withChecksum(bytes.clone());
    assertTrue(Arrays.equals(bytes, again), "checksum");
    assertEquals(Map.of("invalid", 1L, "resets-sent", 1L), counted());
    assertEquals(0, router.conntrack.size());
  }

  @Test
  void noOtherSegmentWithoutAFlowIsAnswered() {
    router.receive(segment(CLIENT, 4000, SERVER, 80, "R.", 1000, 7777, 9, 0));
    router.receive(segment(SERVER, 80, CLIENT, 4000, ".", 1000, 7777, 9, 0));
    router.receive(segment(SERVER, 80, CLIENT, 4000, "S.", 1000, 7777, 9, 0));
    assertEquals(3, router.host.drops().get("conntrack-no-flow"));
    assertEquals(List.of(), router.host.sent());
    assertEquals(List.of(), router.host.sentBy(router.inside));
  }

  // This host itself.

  @Test
  void whatIsForThisHostIsTrackedAndAnswered() {
    assertEquals(
        "delivered", router.receive(V4.of(CLIENT, "192.168.1.1").icmp(8, 0, 5, new byte[4])));
    assertEquals(1, router.host.sentBy(router.inside).size());
    assertEquals(List.of("NEW"), states);
    assertEquals(1, router.only().packets(Side.REPLY));
  }

  @Test
  void whatHasNoFlowReachesTheTransportsOfThisHost() {
    assertEquals("udp-bad-checksum", damaged());
    assertEquals(List.of("INVALID"), states);
  }

  private String damaged() {
    byte[] udp = V4.of(CLIENT, "192.168.1.1").udp(1, 2, new byte[4]).bytes();
    udp[30] ^= 1;
    return router.receive(udp);
  }

  @Test
  void whatThisHostSaysToItselfIsLeftAlone() {
    router.host.output(IpHost.ME, IpHost.ME, new byte[4], 0);
    router.host.receive(router.host.lo(), router.host.sentToSelf().get(0).bytes(), 0);
    assertEquals(List.of("UNTRACKED"), states);
    assertEquals(0, router.conntrack.size());
  }

  // Translation.

  @Test
  void repliesAreFoundByTheReplyTuple() {
    isTranslating = true;
    udp(CLIENT, 5000, SERVER, 53);
    isTranslating = false;
    assertEquals("udp-port-closed", deliver(53)); // nothing turns it back here
    assertEquals("ESTABLISHED reply", states.get(1));
    Tracked flow = router.only();
    assertEquals("udp-port-closed", deliver(54));
    assertEquals("NEW", states.get(2));
    assertEquals("10.0.0.1:40000", flow.destination(Side.REPLY).toString());
    assertEquals(CLIENT + ":5000", flow.source(Side.ORIGINAL).toString());
  }

  private String deliver(int port) {
    return router.receive(V4.of(SERVER, IpHost.ME).udp(port, 40_000, new byte[4]));
  }

  @Test
  void aFlowWhoseRepliesWouldBeAnothersIsRefusedAndItsMappingReleased() {
    isTranslating = true;
    assertEquals("sent", udp(CLIENT, 5000, SERVER, 53));
    assertEquals("conntrack-clash", udp(OTHER_CLIENT, 5000, SERVER, 53));
    assertEquals(1, ended.size());
    assertEquals(OTHER_CLIENT + ":5000", ended.get(0).source(Side.ORIGINAL).toString());
    router.conntrack.delete(router.only());
    assertEquals(2, ended.size());
    assertEquals(0, router.conntrack.size());
    assertFalse(ended.get(0) == ended.get(1));
  }
}
