package dev.tapstack.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.packet.Packet;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.RawPeer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@link MonitorDevice}. */
class MonitorDeviceTest {
  private static final byte[] PING = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  private static final byte[] PONG = {9, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private final PipeDevice pipe = new PipeDevice("eth0", "far", 1500);
  private final MonitorDevice monitor = new MonitorDevice(pipe);
  private final RawPeer near = new RawPeer(harness, monitor);
  private final RawPeer far = new RawPeer(harness, pipe.peer());

  /** Writes down what it is shown: the name, the direction, the bytes. */
  private static final class Notes implements FrameListener {
    private final List<String> seen = new ArrayList<>();

    @Override
    public void frame(MonitorDevice device, boolean isTransmitted, Packet frame) {
      ByteBuf whole = Unpooled.buffer(frame.length());
      whole.writerIndex(frame.copyTo(whole, 0));
      seen.add(device.name() + (isTransmitted ? " > " : " < ") + ByteBufUtil.hexDump(whole));
    }
  }

  private void exchange() {
    near.send(PING);
    harness.settle();
    far.send(PONG);
    harness.settle();
    assertArrayEquals(PING, far.take(), "passed on as it was");
    assertArrayEquals(PONG, near.take());
  }

  @Test
  void listenersSeeBothDirectionsWhileTheyListen() {
    Notes first = new Notes();
    Notes second = new Notes();
    exchange();
    monitor.add(first);
    exchange();
    monitor.add(second);
    exchange();
    monitor.remove(first);
    monitor.remove(first);
    exchange();
    monitor.remove(second);
    exchange();

    List<String> once =
        List.of("eth0 > 0102030405060708090a0b0c0d0e0f", "eth0 < 0902030405060708090a0b0c0d0e0f");
    List<String> twice = new ArrayList<>(once);
    twice.addAll(once);
    assertEquals(twice, first.seen);
    assertEquals(twice, second.seen);
  }

  @Test
  void referencedPayloadIsSeen() {
    Notes notes = new Notes();
    monitor.add(notes);
    Packet packet = harness.pool().allocateFor(14).builtBy(new PacketLedger());
    packet.buf().setBytes(packet.start(), PING, 0, 14);
    packet.end(packet.start() + 14);
    packet.addPiece(Unpooled.wrappedBuffer(PONG), 1, 2);
    monitor.transmit(packet);
    harness.settle();
    assertEquals(List.of("eth0 > 0102030405060708090a0b0c0d0e" + "0203"), notes.seen);
    assertEquals(1, far.waiting());
  }
}
