package dev.tapstack.device;

import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Ethernet;
import dev.tapstack.wire.PcapWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes every frame of both directions to a capture, as the device inside sees it. Frames of a
 * loopback device get the empty Ethernet header that Linux shows on its own.
 *
 * <p>What was captured in a turn is handed to the file at that turn's end, so that a capture can be
 * watched while it grows. When the file fails, that is logged once and frames go on without it. The
 * loop's thread only.
 */
public final class PcapDevice extends DeviceDecorator {
  private static final Logger LOG = LoggerFactory.getLogger(PcapDevice.class);

  private static final ByteBuf NO_ADDRESSES =
      Unpooled.directBuffer(Ethernet.HEADER_LENGTH)
          .writeZero(2 * Ethernet.ADDRESS_LENGTH)
          .writeShort(Ethernet.TYPE_IPV4);

  private final StackLoop loop;
  private final PcapWriter writer;
  private final long epochOffsetNanos;
  private boolean isFlushDue;
  private boolean hasFailed;

  /**
   * @param writer may serve several devices of the loop; closed by who made it, after this device
   * @param epochOffsetNanos what is added to the loop's time to give nanoseconds since 1970
   */
  public PcapDevice(Device inner, StackLoop loop, PcapWriter writer, long epochOffsetNanos) {
    super(inner);
    this.loop = loop;
    this.writer = writer;
    this.epochOffsetNanos = epochOffsetNanos;
  }

  @Override
  public void transmit(Packet packet) {
    capture(packet);
    super.transmit(packet);
  }

  @Override
  public void input(Packet packet) {
    capture(packet);
    super.input(packet);
  }

  private void capture(Packet packet) {
    if (hasFailed) {
      return;
    }
    try {
      int header = caps().isEthernet() ? 0 : Ethernet.HEADER_LENGTH;
      writer.begin(epochOffsetNanos + loop.nowNanos(), header + packet.length());
      writer.piece(NO_ADDRESSES, 0, header);
      writer.piece(packet.buf(), packet.start(), packet.end() - packet.start());
      for (int i = 0; i < packet.pieceCount(); i++) {
        writer.piece(packet.piece(i), packet.pieceIndex(i), packet.pieceLength(i));
      }
    } catch (IOException e) {
      fail(e);
    }
    if (!isFlushDue) {
      isFlushDue = true;
      loop.atTurnEnd(this::flushCapture);
    }
  }

  private void flushCapture(long nowNanos) {
    isFlushDue = false;
    if (!hasFailed) {
      try {
        writer.flush();
      } catch (IOException e) {
        fail(e);
      }
    }
  }

  private void fail(IOException e) {
    hasFailed = true;
    LOG.warn("the capture of {} ends here: {}", name(), e.toString());
  }
}
