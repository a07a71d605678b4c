package dev.tapstack.apps.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.device.DeviceInput;
import dev.tapstack.device.FaultCounter;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Waiter;
import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.wire.Arp;
import dev.tapstack.wire.Ethernet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The switch with members on cables in memory, under a virtual clock. */
class FaultySegmentTest {
  private static final long MILLI = 1_000_000;
  private static final int FRAME_BYTES = 60;

  /** What a timer's tick adds to a delay at most. */
  private static final int LATE_MILLIS = 2;

  private long nowNanos;
  private final StackLoop loop = new StackLoop(() -> nowNanos, new NoWaiter());
  private final PacketPool pool = new PacketPool();
  private final PacketLedger ledger = new PacketLedger();
  private final FaultySegment segment = new FaultySegment(loop, ledger, Rng.seeded(1, "faults"));
  private final Host a = new Host(1);
  private final Host b = new Host(2);
  private final Host c = new Host(3);

  private static final class NoWaiter implements Waiter {
    @Override
    public void await(long nanos) {}

    @Override
    public void wakeup() {}

    @Override
    public void close() {}
  }

  /** Sends and receives at the far end of a member's cable. */
  private final class Host implements DeviceInput {
    final int number;
    final Member member;
    final PacketLedger own = new PacketLedger();

    /** The tag of each frame. */
    final List<Integer> received = new ArrayList<>();

    private final PipeDevice far = new PipeDevice("far", "near", 1500);

    Host(int number) {
      this.number = number;
      far.attach(this, loop.register(far::poll));
      member = segment.join("port" + number, far.peer(), why -> {});
    }

    long mac() {
      return 0x0200_0000_0000L + number;
    }

    void send(long destination, int tag) {
      Packet frame = pool.allocateFor(FRAME_BYTES).builtBy(own);
      frame.end(frame.start() + FRAME_BYTES);
      frame.buf().setZero(frame.start(), FRAME_BYTES);
      Ethernet.write(frame.buf(), frame.start(), destination, mac(), 0x88b5); // for experiments
      frame.buf().setByte(frame.start() + Ethernet.HEADER_LENGTH, tag);
      far.transmit(frame);
      turn();
    }

    void announce(int address) {
      Packet frame = pool.allocateFor(FRAME_BYTES).builtBy(own);
      frame.end(frame.start() + FRAME_BYTES);
      Ethernet.write(frame.buf(), frame.start(), Ethernet.BROADCAST, mac(), Ethernet.TYPE_ARP);
      Arp.write(
          frame.buf(),
          frame.start() + Ethernet.HEADER_LENGTH,
          Arp.REQUEST,
          mac(),
          address,
          0,
          address);
      far.transmit(frame);
      turn();
      List.of(a, b, c).forEach(host -> host.received.clear());
    }

    @Override
    public void input(Packet frame) {
      received.add((int) frame.buf().getByte(frame.start() + Ethernet.HEADER_LENGTH));
      frame.unused();
    }

    @Override
    public void linkChanged(boolean isUp) {}

    @Override
    public void removed(String why) {}
  }

  private void turn() {
    for (int i = 0; i < 4; i++) {
      loop.runOnce(nowNanos);
    }
  }

  private void advance(long millis) {
    for (long i = 0; i < millis; i++) {
      nowNanos += MILLI;
      turn();
    }
  }

  private void set(Map<String, Object> values) {
    segment.change(new FaultChange(values, List.of(), List.of()));
  }

  private void setFrom(String member, Map<String, Object> values) {
    segment.change(new FaultChange(values, List.of(member), List.of()));
  }

  private void setTo(String member, Map<String, Object> values) {
    segment.change(new FaultChange(values, List.of(), List.of(member)));
  }

  /** All have been heard of. */
  private void introduce() {
    a.announce(0x0a000001);
    b.announce(0x0a000002);
    c.announce(0x0a000003);
  }

  @AfterEach
  void everyFrameHasItsEnd() {
    segment.close();
    assertEquals(0, ledger.keptUp(), "frames of members");
    assertEquals(0, ledger.keptDown(), "copies");
    List.of(a, b, c).forEach(host -> host.far.close());
    assertEquals(0, pool.outstanding());
    pool.close();
  }

  @Test
  void aFrameGoesToWhomItIsForOnceThatOneIsKnown() {
    a.send(b.mac(), 1);
    assertEquals(List.of(1), b.received);
    assertEquals(List.of(1), c.received, "nobody knew where b is");
    b.send(a.mac(), 2);
    assertEquals(List.of(2), a.received);
    assertEquals(1, c.received.size());
  }

  @Test
  void nobodyHearsHimself() {
    a.send(Ethernet.BROADCAST, 1);
    a.send(a.mac(), 2);
    assertEquals(List.of(), a.received);
    assertEquals(List.of(1), c.received);
    assertEquals(1, ledger.drops().value(DropReason.ETHERNET_NOT_FOR_US));
  }

  @Test
  void aFrameMeetsWhatIsSetForAllOnce() {
    introduce();
    set(Map.of(FaultChange.DELAY, 50 * MILLI));
    a.send(b.mac(), 1);
    advance(49);
    assertEquals(List.of(), b.received);
    advance(1 + LATE_MILLIS);
    assertEquals(List.of(1), b.received);
  }

  @Test
  void faultsOfTheWayToAMemberAreAddedToThoseOfTheWayFromAnother() {
    introduce();
    set(Map.of(FaultChange.DELAY, 50 * MILLI));
    setTo("10.0.0.2", Map.of(FaultChange.DELAY, 7 * MILLI));
    a.send(Ethernet.BROADCAST, 1);
    advance(50 + LATE_MILLIS);
    assertEquals(List.of(1), c.received);
    advance(4 - LATE_MILLIS + 2);
    assertEquals(List.of(), b.received);
    advance(1 + 2 * LATE_MILLIS);
    assertEquals(List.of(1), b.received);
  }

  @Test
  void aPartitionIsOneWayAndLeavesTheOtherFaultsForLater() {
    introduce();
    set(Map.of(FaultChange.DELAY, 3 * MILLI));
    setFrom("port1", Map.of(FaultChange.PARTITION, true));
    a.send(b.mac(), 1);
    a.send(Ethernet.BROADCAST, 2);
    b.send(a.mac(), 3);
    advance(5 + LATE_MILLIS);
    assertEquals(List.of(), b.received);
    assertEquals(List.of(), c.received);
    assertEquals(List.of(3), a.received);
    assertEquals(2, a.member.fromCounters().value(FaultCounter.LOST));
    setFrom("port1", Map.of(FaultChange.PARTITION, false));
    a.send(b.mac(), 4);
    advance(5 + LATE_MILLIS);
    assertEquals(List.of(4), b.received);
  }

  @Test
  void eachReceiverOfABroadcastDrawsForItself() {
    introduce();
    setTo("port2", Map.of(FaultChange.PARTITION, true));
    a.send(Ethernet.BROADCAST, 1);
    assertEquals(List.of(), b.received);
    assertEquals(List.of(1), c.received);
  }

  @Test
  void aMemberCanBeNamedBeforeItComes() {
    setFrom("02:00:00:00:00:01", Map.of(FaultChange.LOSS, 1.0));
    setTo("10.0.0.3", Map.of(FaultChange.LOSS, 1.0));
    a.send(b.mac(), 1);
    assertEquals(List.of(), b.received, "its first frame has told its address");
    introduce();
    b.send(c.mac(), 2);
    assertEquals(List.of(), c.received);
  }

  @Test
  void whatIsSetForAllIsSetForThoseWithTheirOwnToo() {
    introduce();
    setFrom("port1", Map.of(FaultChange.DELAY, 5 * MILLI));
    set(Map.of(FaultChange.LOSS, 1.0));
    a.send(b.mac(), 1);
    advance(5 + LATE_MILLIS);
    assertEquals(List.of(), b.received);
    set(Map.of(FaultChange.LOSS, 0.0));
    a.send(b.mac(), 2);
    advance(5 + LATE_MILLIS);
    assertEquals(List.of(2), b.received, "its own delay is still there");
    set(Map.of(FaultChange.CLEAR, true));
    a.send(b.mac(), 3);
    assertEquals(List.of(2, 3), b.received);
  }

  @Test
  void anAddressThatMovesTakesItsFaultsAlong() {
    introduce();
    setFrom("10.0.0.1", Map.of(FaultChange.LOSS, 1.0));
    c.announce(0x0a000001); // lost, but it has shown who has the address now
    a.send(b.mac(), 1);
    assertEquals(List.of(1), b.received);
    c.send(b.mac(), 2);
    assertEquals(List.of(1), b.received);
  }

  @Test
  void amongManyFramesTheChancesAreThoseThatWereSet() {
    introduce();
    set(Map.of(FaultChange.LOSS, 0.05, FaultChange.DUPLICATE, 0.1));
    for (int i = 0; i < 2000; i++) {
      a.send(b.mac(), 1);
    }
    long lost = a.member.fromCounters().value(FaultCounter.LOST);
    long doubled = a.member.fromCounters().value(FaultCounter.DUPLICATED);
    assertTrue(lost > 60 && lost < 140, "of 2000 with 5%: " + lost);
    assertTrue(doubled > 140 && doubled < 240, "of 1900 with 10%: " + doubled);
    assertEquals(2000 - lost + doubled, b.received.size());
  }

  @Test
  void whoHasGoneIsSentNothing() {
    introduce();
    segment.leave(b.member);
    a.send(b.mac(), 1);
    assertEquals(List.of(), b.received);
    assertEquals(List.of(1), c.received, "nobody knows where b is");
  }

  @Test
  void whatIsNoFaultIsRefused() {
    Map<String, Object> tooMuch = Map.of(FaultChange.LOSS, 1.5);
    assertThrows(IllegalArgumentException.class, () -> set(tooMuch));
    Map<String, Object> unknown = Map.of("losses", 0.5);
    assertThrows(IllegalArgumentException.class, () -> set(unknown));
    for (int i = 0; i < 256; i++) {
      setFrom("port" + i, Map.of(FaultChange.LOSS, 0.5));
    }
    assertThrows(IllegalArgumentException.class, () -> setFrom("more", Map.of()));
  }

  @Test
  void aChangeCrossesTheControlSocketWhole() {
    FaultChange change =
        new FaultChange(
            Map.of(FaultChange.LOSS, 0.5, FaultChange.PARTITION, true),
            List.of("Port1"),
            List.of("10.0.0.2"));
    assertEquals(change, FaultChange.ofMap(change.toMap()));
    assertEquals(List.of("port1"), change.from());
  }
}
