package dev.tapstack.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.loop.Rng;
import dev.tapstack.packet.Packet;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.RawPeer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class FaultDeviceTest {
  private static final long MILLI = 1_000_000;

  /** The wheel's tick: nothing is early, and nothing later than this. */
  private static final long TICK = 1 << 20;

  private static final int FRAMES = 1000;

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private FaultDevice device;
  private RawPeer near;
  private RawPeer far;

  private void build(FaultProfile outbound, FaultProfile inbound) {
    build(outbound, inbound, 1);
  }

  private void build(FaultProfile outbound, FaultProfile inbound, long seed) {
    PipeDevice pipe = new PipeDevice("near", "far", 1500);
    Rng rng = Rng.seeded(seed, "link");
    device = new FaultDevice(pipe, harness.loop(), rng, outbound, inbound);
    near = new RawPeer(harness, device);
    far = new RawPeer(harness, pipe.peer());
  }

  private static byte[] numbered(int number) {
    // 0x88b5 is IEEE 802's type for local experiments.
    return ByteBuffer.allocate(100).putShort(12, (short) 0x88b5).putInt(20, number).array();
  }

  /** Sends one frame each millisecond and returns the numbers in the order of arrival. */
  private List<Integer> numbersThatArrive(RawPeer from, RawPeer to, int frames) {
    for (int i = 0; i < frames; i++) {
      from.send(numbered(i));
      harness.runFor(MILLI);
    }
    harness.runUntilIdle(10_000 * MILLI);
    List<Integer> numbers = new ArrayList<>();
    to.takeAll().forEach(frame -> numbers.add(ByteBuffer.wrap(frame).getInt(20)));
    return numbers;
  }

  @Test
  void withoutAProfileEverythingPassesAtOnce() {
    build(FaultProfile.NONE, FaultProfile.NONE);
    near.send(numbered(5));
    far.send(numbered(6));
    harness.settle();
    assertArrayEquals(numbered(5), far.take());
    assertArrayEquals(numbered(6), near.take());
    assertEquals(Map.of("offered", 1L, "passed", 1L), device.outboundCounters().nonZero());
    assertEquals(Map.of("offered", 1L, "passed", 1L), device.inboundCounters().nonZero());
  }

  @Test
  void lossIsCountedInTheLedgerOnTheWayOutOnly() {
    build(FaultProfile.NONE.withLoss(0.2), FaultProfile.NONE.withLoss(1));
    List<Integer> arrived = numbersThatArrive(near, far, FRAMES);
    long lost = device.outboundCounters().value(FaultCounter.LOST);
    assertEquals(FRAMES - lost, arrived.size());
    assertTrue(lost > 140 && lost < 260, "about a fifth is lost: " + lost);
    assertEquals(Map.of("fault-loss", lost), near.ledger().drops().nonZero());
    assertEquals(List.of(), numbersThatArrive(far, near, 10));
    assertEquals(Map.of(), far.ledger().drops().nonZero());
    assertEquals(10, device.inboundCounters().value(FaultCounter.LOST));
  }

  @Test
  void theSameSeedGivesTheSameFaultsAndAnotherGivesOthers() {
    FaultProfile profile =
        FaultProfile.NONE
            .withLoss(0.1)
            .withDuplication(0.1)
            .withReordering(0.1, 5 * MILLI)
            .withDelay(10 * MILLI, 10 * MILLI);
    build(profile, FaultProfile.NONE, 7);
    List<Integer> first = numbersThatArrive(near, far, 200);
    build(profile, FaultProfile.NONE, 7);
    assertEquals(first, numbersThatArrive(near, far, 200));
    build(profile, FaultProfile.NONE, 8);
    assertNotEquals(first, numbersThatArrive(near, far, 200));
  }

  @Test
  void duplicationGivesEachFrameTwiceAndAccountsForTheCopy() {
    build(FaultProfile.NONE.withDuplication(1), FaultProfile.NONE.withDuplication(1));
    assertEquals(List.of(0, 0, 1, 1, 2, 2), numbersThatArrive(near, far, 3));
    assertEquals(6, near.ledger().sentCount());
    assertEquals(6, near.ledger().builtCount());
    assertEquals(List.of(0, 0, 1, 1), numbersThatArrive(far, near, 2));
    assertEquals(2, device.inboundCounters().value(FaultCounter.DUPLICATED));
  }

  @Test
  void corruptionTurnsOneBitOver() {
    build(FaultProfile.NONE.withCorruption(1), FaultProfile.NONE);
    byte[] sent = numbered(3);
    for (int i = 0; i < FRAMES; i++) {
      near.send(sent);
      harness.settle();
      byte[] got = far.take();
      int bits = 0;
      for (int at = 0; at < sent.length; at++) {
        bits += Integer.bitCount((sent[at] ^ got[at]) & 0xff);
      }
      assertEquals(1, bits);
    }
    assertEquals(FRAMES, device.outboundCounters().value(FaultCounter.CORRUPTED));
  }

  @Test
  void aDamagedFrameOfArpIsLost() {
    build(FaultProfile.NONE.withCorruption(1), FaultProfile.NONE);
    near.send(ByteBuffer.allocate(42).putShort(12, (short) 0x0806).array());
    harness.settle();
    assertEquals(0, far.waiting());
    assertEquals(1, device.outboundCounters().value(FaultCounter.CORRUPTED));
    assertEquals(Map.of("fault-loss", 1L), near.ledger().drops().nonZero());
  }

  @Test
  void delayHoldsEveryFrameForItsTime() {
    build(FaultProfile.NONE.withDelay(50 * MILLI, 0), FaultProfile.NONE.withDelay(20 * MILLI, 0));
    near.send(numbered(1));
    harness.runFor(50 * MILLI - 1);
    assertEquals(0, far.waiting());
    assertEquals(1, near.ledger().keptDown());
    harness.runFor(TICK + 1);
    assertEquals(1, far.waiting());
    far.send(numbered(2));
    harness.runFor(20 * MILLI - 1);
    assertEquals(0, near.waiting());
    harness.runFor(TICK + 1);
    assertEquals(1, near.waiting());
  }

  @Test
  void jitterAloneNeverChangesTheOrder() {
    build(FaultProfile.NONE.withDelay(MILLI, 40 * MILLI), FaultProfile.NONE);
    List<Integer> arrived = numbersThatArrive(near, far, FRAMES);
    assertEquals(FRAMES, arrived.size());
    assertEquals(arrived.stream().sorted().toList(), arrived);
    assertEquals(0, device.outboundCounters().value(FaultCounter.REORDERED));
  }

  @Test
  void reorderingIsCountedWhenItHappened() {
    build(FaultProfile.NONE.withReordering(0.1, 5 * MILLI), FaultProfile.NONE);
    List<Integer> arrived = numbersThatArrive(near, far, FRAMES);
    assertEquals(FRAMES, arrived.size());
    int overtaken = 0;
    int newest = -1;
    for (int number : arrived) {
      overtaken += number < newest ? 1 : 0;
      newest = Math.max(newest, number);
    }
    assertTrue(overtaken > 50, "about a tenth is late: " + overtaken);
    assertEquals(overtaken, device.outboundCounters().value(FaultCounter.REORDERED));
  }

  @Test
  void theRateSpacesFramesAndItsQueueIsBounded() {
    // 100 bytes at 80 kbit/s take 10 ms each; 500 bytes may wait behind the one that leaves.
    build(FaultProfile.NONE.withRate(80_000, 500), FaultProfile.NONE);
    for (int i = 0; i < 10; i++) {
      near.send(numbered(i));
    }
    harness.runFor(30 * MILLI + TICK);
    assertEquals(3, far.waiting());
    harness.runUntilIdle(1000 * MILLI);
    assertEquals(5, far.waiting());
    assertEquals(5, device.outboundCounters().value(FaultCounter.QUEUE_FULL));
    assertEquals(4, device.outboundCounters().value(FaultCounter.QUEUED));
    assertEquals(Map.of("device-queue-full", 5L), near.ledger().drops().nonZero());
  }

  @Test
  void anIdleLineTakesAFrameThoughNothingMayWait() {
    build(FaultProfile.NONE.withRate(80_000, 0), FaultProfile.NONE);
    near.send(numbered(1));
    near.send(numbered(2));
    harness.runUntilIdle(1000 * MILLI);
    assertEquals(1, far.waiting());
    near.send(numbered(3));
    harness.runUntilIdle(1000 * MILLI);
    assertEquals(2, far.waiting());
  }

  @Test
  void whatHasArrivedMakesRoom() {
    // In all more than the 64 MB that may be on their way at a time.
    build(FaultProfile.NONE.withDelay(MILLI, 0), FaultProfile.NONE);
    for (int i = 0; i < 40_000; i++) {
      near.send(numbered(i));
      if (i % 500 == 0) {
        harness.runFor(4 * MILLI);
        far.takeAll();
      }
    }
    assertEquals(Map.of(), near.ledger().drops().nonZero());
  }

  @Test
  void aDelayedFrameNeedsItsReferencedPayloadNoMoreAndIsFlushed() {
    PipeDevice pipe = new PipeDevice("near", "far", 1500);
    int[] flushes = {0};
    DeviceDecorator inner =
        new DeviceDecorator(pipe) {
          @Override
          public void flush() {
            flushes[0]++;
          }
        };
    FaultProfile slow = FaultProfile.NONE.withDelay(MILLI, 0);
    Rng rng = Rng.seeded(1, "link");
    device = new FaultDevice(inner, harness.loop(), rng, slow, FaultProfile.NONE);
    near = new RawPeer(harness, device);
    far = new RawPeer(harness, pipe.peer());
    ByteBuf payload = Unpooled.wrappedBuffer(numbered(1));
    Packet packet = harness.pool().allocateFor(0).builtBy(near.ledger());
    packet.addPiece(payload, 0, 100);
    device.transmit(packet);
    payload.setZero(0, 100);
    assertEquals(0, flushes[0]);
    harness.runUntilIdle(100 * MILLI);
    assertArrayEquals(numbered(1), far.take());
    assertEquals(1, flushes[0]);
  }

  @Test
  void whatIsOnItsWayIsFreedOnClose() {
    FaultProfile slow = FaultProfile.NONE.withDelay(1000 * MILLI, 0);
    build(slow, slow);
    near.send(numbered(1));
    far.send(numbered(2));
    harness.settle();
    near.close();
    assertEquals(Map.of("device-down", 1L), near.ledger().drops().nonZero());
    assertEquals(0, harness.loop().timers().armed());
    assertEquals(0, harness.pool().outstanding());
  }

  @Test
  void profilesRefuseWhatCannotBe() {
    List<Runnable> wrong =
        Arrays.asList(
            () -> FaultProfile.NONE.withLoss(1.1),
            () -> FaultProfile.NONE.withDuplication(-0.1),
            () -> FaultProfile.NONE.withCorruption(Double.NaN),
            () -> FaultProfile.NONE.withDelay(-1, 0),
            () -> FaultProfile.NONE.withRate(-1, 0));
    for (Runnable each : wrong) {
      assertThrows(IllegalArgumentException.class, each::run);
    }
  }
}
