package dev.tapstack.ip;

import static dev.tapstack.ip.HookPriority.CONFIRM;
import static dev.tapstack.ip.HookPriority.CONNTRACK;
import static dev.tapstack.ip.HookPriority.FILTER;
import static dev.tapstack.ip.HookPriority.LAST;
import static dev.tapstack.ip.HookPriority.NAT_SOURCE;
import static dev.tapstack.testkit.IpHost.FAR;
import static dev.tapstack.testkit.IpHost.ME;
import static dev.tapstack.testkit.IpHost.PEER;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import dev.tapstack.wire.Ipv4;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Hooks see every packet at their points, in order, and their verdict holds. */
class HooksTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private final List<String> seen = new ArrayList<>();
  private IpHost host;

  @BeforeEach
  void start() {
    host = new IpHost(harness);
  }

  private void watch(String name, HookPoint... points) {
    for (HookPoint point : points) {
      host.ip()
          .addHook(
              point,
              Hook.of((at, packet) -> {
                seen.add(name + at + " " + IpAddress.of(0, packet.destinationLo()));
                return Verdict.ACCEPT;
              }));
    }
  }

  @Test
  void aPacketForUsPassesTwoPointsAndItsAnswerTwo() {
    watch("", HookPoint.values());
    host.receive(V4.of(PEER, ME).icmp(8, 0, 1, new byte[8]));
    assertEquals(
        List.of("PREROUTING 10.0.0.1", "INPUT 10.0.0.1", "OUTPUT 10.0.0.2", "POSTROUTING 10.0.0.2"),
        seen);
  }

  @Test
  void aPacketForOthersIsSeenBeforeItIsRefused() {
    watch("", HookPoint.values());
    host.receive(V4.of(PEER, FAR));
    assertEquals(List.of("PREROUTING 192.0.2.9"), seen);
  }

  @Test
  void aPacketToOurselvesPassesAllFour() {
    watch("", HookPoint.values());
    host.output(ME, ME, new byte[4], 0);
    host.receive(host.lo(), host.sentToSelf().get(0).bytes(), 0);
    assertEquals(
        List.of("OUTPUT 10.0.0.1", "POSTROUTING 10.0.0.1", "PREROUTING 10.0.0.1", "INPUT 10.0.0.1"),
        seen);
  }

  @Test
  void hooksOfAPointComeByPriorityWhoeverWasAddedFirst() {
    for (HookPriority priority : List.of(LAST, CONNTRACK, NAT_SOURCE, FILTER, CONFIRM, FILTER)) {
      host.ip()
          .addHook(
              HookPoint.OUTPUT,
              priority,
              Hook.of((at, packet) -> {
                seen.add(priority.name());
                return Verdict.ACCEPT;
              }));
    }
    host.output(ME, PEER, new byte[4], 0);
    assertEquals(List.of("CONNTRACK", "FILTER", "FILTER", "NAT_SOURCE", "CONFIRM", "LAST"), seen);
  }

  @Test
  void hooksOfOnePriorityComeInTheOrderInWhichTheyWereAdded() {
    watch("first ", HookPoint.OUTPUT);
    watch("second ", HookPoint.OUTPUT);
    host.output(ME, PEER, new byte[4], 0);
    assertEquals(List.of("first OUTPUT 10.0.0.2", "second OUTPUT 10.0.0.2"), seen);
  }

  @Test
  void fragmentsAreSeenPutTogetherAndBeforeTheyAreCut() {
    List<Integer> lengths = new ArrayList<>();
    for (HookPoint point : List.of(HookPoint.PREROUTING, HookPoint.POSTROUTING)) {
      host.ip()
          .addHook(
              point,
              Hook.of((at, packet) -> {
                lengths.add(packet.end() - packet.network());
                return Verdict.ACCEPT;
              }));
    }
    host.receive(V4.of(PEER, ME).fragment(0, true).payload(new byte[1480]));
    host.receive(V4.of(PEER, ME).fragment(1480, false).payload(new byte[20]));
    host.output(ME, PEER, new byte[2000], 0);
    assertEquals(List.of(1520, 2020), lengths);
  }

  @ParameterizedTest
  @EnumSource(
      value = HookPoint.class,
      names = {"PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"})
  void aDropIsCountedAndEndsThePacket(HookPoint point) {
    host.ip().addHook(point, Hook.of((at, packet) -> Verdict.drop(DropReason.FILTERED)));
    watch("later ", point);
    host.receive(V4.of(PEER, ME));
    host.output(ME, PEER, new byte[4], 0);
    assertEquals(Map.of("filtered", 1L), host.drops());
    assertEquals(List.of(), seen);
    boolean isUp = point == HookPoint.PREROUTING || point == HookPoint.INPUT;
    assertEquals(isUp ? 0 : 1, host.recorder().take().size());
    assertEquals(isUp ? 1 : 0, host.sent().size());
  }

  @ParameterizedTest
  @EnumSource(
      value = HookPoint.class,
      names = {"PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"})
  void aStolenPacketIsTheHooks(HookPoint point) {
    List<Packet> stolen = new ArrayList<>();
    host.ip()
        .addHook(
            point,
            Hook.of((at, packet) -> {
              stolen.add(packet.isBorrowed() ? packet.take() : packet);
              return Verdict.STOLEN;
            }));
    host.receive(V4.of(PEER, ME));
    host.output(ME, PEER, new byte[4], 0);
    assertEquals(1, stolen.size());
    assertEquals(Map.of(), host.drops());
    assertEquals(1, host.ledger().keptUp() + host.ledger().keptDown());
    stolen.get(0).drop(DropReason.FILTERED);
  }

  @Test
  void aNewDestinationIsRoutedAnew() {
    host.ip()
        .addHook(
            HookPoint.OUTPUT,
            Hook.of((at, packet) -> {
              IpAddress far = IpAddress.parse(FAR);
              packet.destination(far.hi(), far.lo());
              Ipv4.destination(packet.buf(), packet.network(), (int) far.lo());
              Ipv4.updateHeaderChecksum(packet.buf(), packet.network());
              return Verdict.ACCEPT;
            }));
    host.output(ME, PEER, new byte[4], 0);
    assertEquals("10.0.0.254", host.sent().get(0).nextHop());
  }
}
