package dev.tapstack.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.packet.Packet;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.RawPeer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PipeDeviceTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private final PipeDevice left = new PipeDevice("left", "right", 1500);

  private static byte[] frame(int length, int seed) {
    byte[] frame = new byte[length];
    for (int i = 0; i < length; i++) {
      frame[i] = (byte) (i * 31 + seed);
    }
    return frame;
  }

  @Test
  void whatOneEndSendsTheOtherReceivesInOrderAndInALaterTurn() {
    RawPeer a = new RawPeer(harness, left);
    RawPeer b = new RawPeer(harness, left.peer());
    a.send(frame(60, 1));
    a.send(frame(1514, 2));
    assertEquals(0, b.waiting(), "transmit never calls input");
    harness.settle();
    assertArrayEquals(frame(60, 1), b.take());
    assertArrayEquals(frame(1514, 2), b.take());
    assertEquals(0, a.waiting());
    b.send(frame(14, 3));
    harness.settle();
    assertArrayEquals(frame(14, 3), a.take());
    assertEquals(2, a.ledger().sentCount());
    assertEquals("right", left.peer().name());
  }

  @Test
  void framesWaitForAnEndThatIsAttachedLater() {
    RawPeer a = new RawPeer(harness, left);
    a.send(frame(60, 1));
    harness.settle();
    RawPeer b = new RawPeer(harness, left.peer());
    harness.settle();
    assertArrayEquals(frame(60, 1), b.take());
  }

  @Test
  void aFrameLargerThanTheMtuIsRefused() {
    RawPeer a = new RawPeer(harness, left);
    RawPeer b = new RawPeer(harness, left.peer());
    a.send(frame(1515, 1));
    harness.settle();
    assertEquals(0, b.waiting());
    assertEquals(Map.of("device-error", 1L), a.ledger().drops().nonZero());
  }

  @Test
  void aFullQueueDropsTheNewest() {
    RawPeer a = new RawPeer(harness, left);
    RawPeer b = new RawPeer(harness, left.peer());
    for (int i = 0; i < PipeDevice.QUEUE_PACKETS + 3; i++) {
      a.send(frame(60, i));
    }
    harness.settle();
    assertEquals(Map.of("device-queue-full", 3L), a.ledger().drops().nonZero());
    List<byte[]> all = b.takeAll();
    assertEquals(PipeDevice.QUEUE_PACKETS, all.size());
    assertArrayEquals(frame(60, PipeDevice.QUEUE_PACKETS - 1), all.getLast());
  }

  @Test
  void aPulledCableLosesWhatIsOnTheWayAndTellsBothEnds() {
    RawPeer a = new RawPeer(harness, left);
    RawPeer b = new RawPeer(harness, left.peer());
    a.send(frame(60, 1));
    left.peer().plug(false);
    a.send(frame(60, 2));
    harness.settle();
    assertEquals(0, b.waiting());
    assertEquals(Map.of("device-down", 1L), a.ledger().drops().nonZero());
    left.plug(true);
    a.send(frame(60, 3));
    harness.settle();
    assertArrayEquals(frame(60, 3), b.take());
    assertEquals(List.of(false, true), a.linkChanges());
    assertEquals(List.of(false, true), b.linkChanges());
  }

  @Test
  void anEndThatClosesTakesTheLinkDown() {
    RawPeer a = new RawPeer(harness, left);
    RawPeer b = new RawPeer(harness, left.peer());
    a.send(frame(60, 1));
    b.close();
    assertEquals(List.of(false), a.linkChanges());
    a.send(frame(60, 2));
    assertEquals(Map.of("device-down", 1L), a.ledger().drops().nonZero());
  }

  @Test
  void referencedPayloadIsCopiedBeforeTransmitReturns() {
    new RawPeer(harness, left);
    RawPeer b = new RawPeer(harness, left.peer());
    ByteBuf payload = Unpooled.buffer().writeBytes(frame(1000, 7));
    PacketLedger ledger = new PacketLedger();
    Packet packet = harness.pool().allocateFor(14).builtBy(ledger);
    packet.buf().setBytes(packet.start(), frame(14, 0));
    packet.end(packet.start() + 14);
    packet.addPiece(payload, 100, 500);
    left.transmit(packet);
    payload.setZero(0, 1000);
    harness.settle();
    byte[] got = b.take();
    assertEquals(514, got.length);
    assertEquals(frame(1000, 7)[100], got[14]);
    assertEquals(frame(1000, 7)[599], got[513]);
    assertEquals(1, ledger.sentCount());
    assertEquals(0, ledger.keptDown());
  }
}
