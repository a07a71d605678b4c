package dev.tapstack.conntrack;

import static dev.tapstack.conntrack.TrackingRouter.CLIENT;
import static dev.tapstack.conntrack.TrackingRouter.OTHER_CLIENT;
import static dev.tapstack.conntrack.TrackingRouter.SERVER;
import static dev.tapstack.conntrack.TrackingRouter.lo;
import static dev.tapstack.conntrack.TrackingRouter.segment;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.management.ThreadMXBean;
import dev.tapstack.ip.Hook;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.Verdict;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How long flows stay, how many there may be, and what a packet costs. */
class ConntrackLimitsTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private TrackingRouter router;

  private void start(ConntrackConfig config) {
    router = new TrackingRouter(harness, config);
  }

  private String udp(String from, int fromPort, String to, int toPort) {
    return router.receive(V4.of(from, to).udp(fromPort, toPort, new byte[4]));
  }

  private long count(ConntrackCounter counter) {
    return router.conntrack.counters().value(counter);
  }

  // Time.

  /** RFC 4787 REQ-5 and REQ-6: five minutes, refreshed from the inside alone. */
  @Test
  void udpIsRefreshedByOutboundDatagrams() {
    start(ConntrackConfig.DEFAULTS);
    udp(CLIENT, 5000, SERVER, 53);
    for (int i = 0; i < 3; i++) {
      router.runFor(4, TimeUnit.MINUTES);
      udp(CLIENT, 5000, SERVER, 53);
      assertEquals(300, router.remainingSeconds());
    }
    for (int i = 0; i < 4; i++) {
      router.runFor(74, TimeUnit.SECONDS);
      assertEquals("sent", udp(SERVER, 53, CLIENT, 5000));
    }
    assertEquals(4, router.remainingSeconds());
    router.runFor(5, TimeUnit.SECONDS);
    assertEquals(List.of(), router.conntrack.snapshot(10));
    udp(SERVER, 53, CLIENT, 5000);
    assertEquals(SERVER + ":53", router.only().source(Side.ORIGINAL).toString(), "a new flow");
    assertEquals(1, count(ConntrackCounter.EXPIRED));
  }

  @Test
  void udpIsRefreshedByInboundDatagramsToo() {
    start(ConntrackConfig.DEFAULTS.withUdpRefreshedByInbound(true));
    udp(CLIENT, 5000, SERVER, 53);
    router.runFor(4, TimeUnit.MINUTES);
    udp(SERVER, 53, CLIENT, 5000);
    assertEquals(300, router.remainingSeconds());
  }

  /** RFC 4787 REQ-5: not below two minutes; but all times may be divided for a test. */
  @Test
  void timesHaveTheirBounds() {
    ConntrackConfig all = ConntrackConfig.DEFAULTS;
    assertThrows(
        IllegalArgumentException.class, () -> all.withIdle(IdleClass.UDP, Duration.ofSeconds(119)));
    assertThrows(
        IllegalArgumentException.class, () -> all.withIdle(IdleClass.ICMP, Duration.ofDays(11)));
    assertThrows(IllegalArgumentException.class, () -> all.dividedBy(0));
    assertThrows(IllegalArgumentException.class, () -> all.withLimits(0, 1));
    start(all.dividedBy(60));
    udp(CLIENT, 5000, SERVER, 53);
    assertEquals(5, router.remainingSeconds());
  }

  @Test
  void otherQueriesAndProtocolsHaveTheirTimes() {
    start(ConntrackConfig.DEFAULTS);
    router.receive(V4.of(CLIENT, SERVER).icmp(8, 0, 1, new byte[4]));
    assertEquals(60, router.remainingSeconds()); // RFC 5508 REQ-2
    router.runFor(68, TimeUnit.SECONDS);
    assertEquals(0, router.conntrack.size());
    router.receive(V4.of(CLIENT, SERVER).payload(new byte[4]));
    assertEquals(600, router.remainingSeconds());
  }

  /** Idle flows give their memory back an eighth of their time late at most, then all is quiet. */
  @Test
  void theTableEmptiesItselfAndThenNothingIsArmed() {
    start(ConntrackConfig.DEFAULTS);
    int before = harness.loop().timers().armed();
    for (int i = 0; i < 6000; i++) { // more than are looked at in one turn
      udp(CLIENT, i, SERVER, 53);
    }
    udp(CLIENT, 7000, SERVER, 53);
    router.runFor(200, TimeUnit.SECONDS);
    udp(CLIENT, 7000, SERVER, 53);
    router.runFor(99, TimeUnit.SECONDS);
    assertEquals(6001, router.conntrack.size());
    router.runFor(40, TimeUnit.SECONDS);
    assertEquals(1, router.conntrack.size());
    router.runFor(162, TimeUnit.SECONDS);
    assertEquals(List.of(), router.conntrack.snapshot(9), "it is over, though it is still there");
    router.runFor(40, TimeUnit.SECONDS);
    assertEquals(0, router.conntrack.size());
    assertEquals(0, router.conntrack.flowsFrom(0, lo(CLIENT)));
    assertEquals(6001, count(ConntrackCounter.EXPIRED));
    assertEquals(before, harness.loop().timers().armed());
  }

  // Numbers.

  /** RFC 6888 REQ-5: state for each subscriber is limited. */
  @Test
  void aHostWithTooManyFlowsLosesItsOldestWithoutAReplyThenIsRefused() {
    start(ConntrackConfig.DEFAULTS.withLimits(1000, 3));
    for (int port = 1; port <= 3; port++) {
      udp(CLIENT, port, SERVER, 53);
    }
    udp(SERVER, 53, CLIENT, 1);
    udp(CLIENT, 4, SERVER, 53);
    assertEquals("[1, 3, 4]", ports());
    assertEquals(1, count(ConntrackCounter.EVICTED_HOST_FULL));
    udp(SERVER, 53, CLIENT, 3);
    udp(SERVER, 53, CLIENT, 4);
    assertEquals("conntrack-host-full", udp(CLIENT, 5, SERVER, 53));
    assertEquals("[1, 3, 4]", ports());
    assertEquals(1, count(ConntrackCounter.REFUSED_HOST_FULL));
    assertEquals("sent", udp(OTHER_CLIENT, 5, SERVER, 53), "another host has its own");
    router.conntrack.delete(router.conntrack.find(17, 0, lo(CLIENT), 3, 0, lo(SERVER), 53));
    assertEquals("sent", udp(CLIENT, 5, SERVER, 53));
  }

  private String ports() {
    return router.conntrack.snapshot(10).stream()
        .map(info -> info.original().source().port())
        .toList()
        .toString();
  }

  @Test
  void aFullTableLosesWhatHasBeenIdleForLongestWithoutAReplyThenRefuses() {
    start(ConntrackConfig.DEFAULTS.withLimits(3, 1000));
    router.receive(V4.of(CLIENT, SERVER).icmp(8, 0, 1 << 16, new byte[4]));
    router.runFor(1, TimeUnit.SECONDS);
    udp(CLIENT, 2, SERVER, 53);
    router.runFor(1, TimeUnit.SECONDS);
    router.receive(segment(CLIENT, 3, SERVER, 80, "S", 0, 0, 9, 0));
    router.runFor(1, TimeUnit.SECONDS);
    router.receive(V4.of(CLIENT, SERVER).icmp(8, 0, 1 << 16, new byte[4]));
    udp(CLIENT, 4, SERVER, 53);
    assertEquals("[1, 3, 4]", ports(), "the echo was refreshed");
    udp(SERVER, 53, CLIENT, 4);
    for (int port = 5; port <= 7; port++) {
      router.runFor(1, TimeUnit.SECONDS);
      udp(CLIENT, port, SERVER, 53);
    }
    assertEquals("[4, 6, 7]", ports());
    udp(SERVER, 53, CLIENT, 6);
    udp(SERVER, 53, CLIENT, 7);
    assertEquals("conntrack-table-full", udp(OTHER_CLIENT, 8, SERVER, 53));
    assertEquals(
        Map.of("confirmed", 7L, "evicted-table-full", 4L, "refused-table-full", 1L),
        router.conntrack.counters().nonZero());
  }

  /** One host sends SYNs to everywhere, under its own address or under those of its neighbours. */
  @Test
  void aFloodOfNewFlowsFromOneHostDoesNotStopAnothers() {
    for (boolean isSpoofed : new boolean[] {false, true}) {
      start(ConntrackConfig.DEFAULTS.withLimits(2000, 500));
      assertEquals("sent", router.receive(segment(OTHER_CLIENT, 9, SERVER, 80, "S", 0, 0, 99, 0)));
      assertEquals("sent", router.receive(segment(SERVER, 80, OTHER_CLIENT, 9, "S.", 0, 1, 99, 0)));
      assertEquals("sent", router.receive(segment(OTHER_CLIENT, 9, SERVER, 80, ".", 1, 1, 99, 0)));
      for (int i = 0; i < 20_000; i++) {
        String from = isSpoofed ? "192.168.1." + (10 + i % 200) : CLIENT;
        router.receive(segment(from, i & 0x7fff, SERVER, 443, "S", i, 0, 99, 0));
        if (i == 10_000) {
          assertEquals("sent", udp(OTHER_CLIENT, 10, SERVER, 53));
        } else if (i == 10_400) {
          assertEquals("sent", udp(SERVER, 53, OTHER_CLIENT, 10), "the answer was on its way");
        }
      }
      assertEquals("sent", router.receive(segment(OTHER_CLIENT, 9, SERVER, 80, ".", 1, 1, 99, 5)));
      assertEquals("sent", udp(OTHER_CLIENT, 10, SERVER, 53));
      assertEquals(isSpoofed ? 2000 : 502, router.conntrack.size());
      assertEquals(2, router.conntrack.flowsFrom(0, lo(OTHER_CLIENT)));
    }
  }

  /**
   * From false addresses outside: a server inside answers each SYN, and hosts each echo request;
   * that makes none of those flows worth more than another's connection.
   */
  @Test
  void aFloodThatIsAnsweredDoesNotStopOthers() {
    start(ConntrackConfig.DEFAULTS.withLimits(1000, 1000));
    router.receive(segment(OTHER_CLIENT, 9, SERVER, 80, "S", 0, 0, 99, 0));
    router.receive(segment(SERVER, 80, OTHER_CLIENT, 9, "S.", 0, 1, 99, 0));
    router.receive(segment(OTHER_CLIENT, 9, SERVER, 80, ".", 1, 1, 99, 0));
    for (int i = 0; i < 10_000; i++) {
      String from = "10." + (1 + (i >> 8)) + ".7." + (1 + (i & 0x7f));
      router.receive(segment(from, 5, CLIENT, 443, "S", i, 0, 99, 0));
      router.receive(segment(CLIENT, 443, from, 5, "S.", 7, i + 1, 99, 0));
      router.receive(V4.of(from, CLIENT).icmp(8, 0, i << 16, new byte[4]));
      router.receive(V4.of(CLIENT, from).icmp(0, 0, i << 16, new byte[4]));
    }
    assertEquals("sent", udp(OTHER_CLIENT, 10, SERVER, 53));
    assertEquals("sent", udp(SERVER, 53, OTHER_CLIENT, 10));
    assertEquals("sent", router.receive(segment(OTHER_CLIENT, 9, SERVER, 80, ".", 1, 1, 99, 5)));
    assertEquals(0, count(ConntrackCounter.REFUSED_TABLE_FULL));
  }

  @Test
  void aScanFromOutsideOfRefusedPortsLeavesNothing() {
    router =
        new TrackingRouter(
            harness,
            ConntrackConfig.DEFAULTS,
            Hook.of((point, packet) ->
                point == HookPoint.FORWARD && packet.receivedIndex() == 1
                    ? Verdict.drop(DropReason.FILTERED)
                    : Verdict.ACCEPT));
    for (int port = 1; port < 2000; port++) {
      router.receive(segment(SERVER, 9, CLIENT, port, "S", 0, 0, 99, 0));
      router.receive(segment(SERVER, 9, CLIENT, port, ".", 0, 5, 99, 0));
      udp(SERVER, 9, CLIENT, port);
    }
    assertEquals(0, router.conntrack.size());
    assertEquals(List.of(), router.host.sent());
  }

  // What is to be seen.

  @Test
  void aSnapshotIsInAFixedOrderAndNoLongerThanAsked() {
    start(ConntrackConfig.DEFAULTS);
    udp(OTHER_CLIENT, 1, SERVER, 53);
    udp(CLIENT, 5, SERVER, 54);
    router.receive(segment(CLIENT, 7, SERVER, 80, "S", 0, 0, 9, 0));
    udp(CLIENT, 5, SERVER, 53);
    udp(CLIENT, 4, SERVER, 60);
    udp(SERVER, 60, CLIENT, 4);
    assertEquals(
        List.of(
            "6 192.168.1.2:7 192.0.2.9:80 SYN_SENT",
            "17 192.168.1.2:4 192.0.2.9:60 ESTABLISHED",
            "17 192.168.1.2:5 192.0.2.9:53 NEW",
            "17 192.168.1.2:5 192.0.2.9:54 NEW",
            "17 192.168.1.3:1 192.0.2.9:53 NEW"),
        router.conntrack.snapshot(5).stream().map(ConntrackLimitsTest::describe).toList());
    assertEquals(3, router.conntrack.snapshot(3).size());
  }

  private static String describe(FlowInfo info) {
    return info.protocol()
        + " "
        + info.original().source()
        + " "
        + info.original().destination()
        + " "
        + info.state();
  }

  // Cost.

  @Test
  void aPacketOfAKnownFlowAllocatesNothing() {
    start(ConntrackConfig.DEFAULTS);
    router.receive(segment(CLIENT, 1, SERVER, 2, "S", 0, 0, 9999, 0));
    router.receive(segment(SERVER, 2, CLIENT, 1, "S.", 0, 1, 9999, 0));
    byte[] bytes = segment(CLIENT, 1, SERVER, 2, ".", 1, 1, 9999, 1000);
    Packet packet = harness.pool().allocateFor(bytes.length).builtBy(new PacketLedger());
    packet.buf().setBytes(packet.start(), bytes);
    packet.end(packet.start() + bytes.length);
    packet.network(packet.start());
    packet.transport(packet.start() + 20);
    packet.protocol(V4.TCP);
    packet.source(0, lo(CLIENT));
    packet.destination(0, lo(SERVER));
    packet.interfaceIndex(router.inside.index());
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    judge(packet, 1000);
    long before = threads.getCurrentThreadAllocatedBytes();
    judge(packet, 10_000);
    assertEquals(0, (threads.getCurrentThreadAllocatedBytes() - before) / 10_000);
    assertEquals(11_001, router.only().packets(Side.ORIGINAL));
    packet.sent();
  }

  private void judge(Packet packet, int times) {
    for (int i = 0; i < times; i++) {
      packet.flow(null);
      for (HookPoint point : POINTS) {
        router.conntrack.judge(point, packet);
      }
    }
  }

  private static final HookPoint[] POINTS = {
    HookPoint.PREROUTING, HookPoint.FORWARD, HookPoint.POSTROUTING
  };
}
