package dev.tapstack.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.packet.Packet;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.RawPeer;
import dev.tapstack.wire.PcapWriter;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@link PcapDevice} and {@link TraceDevice}. */
class WatchingDevicesTest {
  private static final long EPOCH_OFFSET = 1_700_000_000_000_000_000L;

  private static final byte[] ARP_REQUEST =
      HexFormat.of()
          .parseHex(
              "ffffffffffff0200000000020806"
                  + "0001080006040001020000000002c0000202000000000000c0000201");

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private final PipeDevice pipe = new PipeDevice("eth0", "far", 1500);
  private final ByteArrayOutputStream file = new ByteArrayOutputStream();

  private static byte[] frame(int length, int fill) {
    byte[] frame = new byte[length];
    Arrays.fill(frame, (byte) fill);
    return frame;
  }

  /** The frames of a capture, read by the letter of the file format. */
  private List<byte[]> captured(List<Long> times) {
    ByteBuffer in = ByteBuffer.wrap(file.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(0xa1b23c4d, in.getInt());
    in.position(24);
    List<byte[]> frames = new ArrayList<>();
    while (in.hasRemaining()) {
      times.add(in.getInt() * 1_000_000_000L + in.getInt());
      byte[] bytes = new byte[in.getInt()];
      assertEquals(bytes.length, in.getInt());
      in.get(bytes);
      frames.add(bytes);
    }
    return frames;
  }

  @Test
  void bothDirectionsAreCapturedWithTheirTimesByTheTurnsEnd() {
    PcapWriter writer = new PcapWriter(Channels.newChannel(file));
    RawPeer near = new RawPeer(harness, new PcapDevice(pipe, harness.loop(), writer, EPOCH_OFFSET));
    RawPeer far = new RawPeer(harness, pipe.peer());
    harness.settle();
    long start = harness.nowNanos();
    near.send(frame(60, 1));
    harness.settle();
    harness.runFor(1_500_000_000);
    far.send(frame(1514, 2));
    harness.settle();
    List<Long> times = new ArrayList<>();
    List<byte[]> frames = captured(times);
    assertEquals(2, frames.size());
    assertArrayEquals(frame(60, 1), frames.get(0));
    assertArrayEquals(frame(1514, 2), frames.get(1));
    assertEquals(List.of(EPOCH_OFFSET + start, EPOCH_OFFSET + start + 1_500_000_000L), times);
    assertArrayEquals(frame(60, 1), far.take());
    assertArrayEquals(frame(1514, 2), near.take());
  }

  @Test
  void referencedPayloadIsCaptured() {
    PcapWriter writer = new PcapWriter(Channels.newChannel(file));
    PcapDevice device = new PcapDevice(pipe, harness.loop(), writer, 0);
    new RawPeer(harness, device);
    Packet packet = harness.pool().allocateFor(14).builtBy(new PacketLedger());
    packet.buf().setZero(packet.start(), 14);
    packet.end(packet.start() + 14);
    packet.addPiece(Unpooled.wrappedBuffer(frame(100, 7)), 10, 50);
    packet.addPiece(Unpooled.wrappedBuffer(frame(100, 8)), 0, 1);
    device.transmit(packet);
    harness.settle();
    byte[] only = captured(new ArrayList<>()).getFirst();
    assertEquals(65, only.length);
    assertEquals(7, only[14]);
    assertEquals(7, only[63]);
    assertEquals(8, only[64]);
  }

  @Test
  void loopbackGetsAnEmptyEthernetHeader() {
    PcapWriter writer = new PcapWriter(Channels.newChannel(file));
    RawPeer host =
        new RawPeer(harness, new PcapDevice(new LoopbackDevice("lo"), harness.loop(), writer, 0));
    host.send(new byte[] {0x45, 1, 2, 3});
    harness.settle();
    List<byte[]> frames = captured(new ArrayList<>());
    assertEquals(2, frames.size(), "sent and received");
    for (byte[] each : frames) {
      assertEquals(
          "000000000000" + "000000000000" + "0800" + "45010203", HexFormat.of().formatHex(each));
    }
  }

  @Test
  void aFileThatFailsEndsTheCaptureAndNothingElse() {
    WritableByteChannel full =
        new WritableByteChannel() {
          @Override
          public int write(ByteBuffer from) throws IOException {
            throw new IOException("no space left: expected in this test's log");
          }

          @Override
          public boolean isOpen() {
            return true;
          }

          @Override
          public void close() {}
        };
    RawPeer near =
        new RawPeer(harness, new PcapDevice(pipe, harness.loop(), new PcapWriter(full), 0));
    RawPeer far = new RawPeer(harness, pipe.peer());
    for (int i = 0; i < 200; i++) {
      near.send(frame(1000, i));
      harness.settle();
      assertArrayEquals(frame(1000, i), far.take());
    }
  }

  @Test
  void everyFrameIsTracedInALine() {
    List<String> lines = new ArrayList<>();
    RawPeer near = new RawPeer(harness, new TraceDevice(pipe, lines::add));
    RawPeer far = new RawPeer(harness, pipe.peer());
    near.send(ARP_REQUEST);
    far.send(ARP_REQUEST);
    harness.settle();
    assertEquals(2, lines.size());
    assertEquals("eth0 > ", lines.get(0).substring(0, 7));
    assertEquals("eth0 < ", lines.get(1).substring(0, 7));
    for (String line : lines) {
      assertTrue(line.contains("192.0.2.1") && line.contains("192.0.2.2"), line);
    }
    assertEquals(1, near.waiting());
    assertEquals(1, far.waiting());
  }

  @Test
  void loopbackIsTracedAsIp() {
    List<String> lines = new ArrayList<>();
    RawPeer host = new RawPeer(harness, new TraceDevice(new LoopbackDevice("lo"), lines::add));
    String ip = "4500001c000000004011" + "0000" + "7f000001" + "7f000001";
    host.send(HexFormat.of().parseHex(ip + "0035003600080000"));
    harness.settle();
    assertEquals(2, lines.size());
    assertTrue(lines.getFirst().contains("127.0.0.1.53"), lines.getFirst());
  }
}
