package dev.tapstack.device;

import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Dissector;
import dev.tapstack.wire.Ethernet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.function.Consumer;

/**
 * Shows every frame of both directions in a line: the device's name, {@code <} for received or
 * {@code >} for transmitted, and the frame in {@link Dissector}'s words. For people: it costs
 * several microseconds and garbage a frame. The loop's thread only.
 */
public final class TraceDevice extends DeviceDecorator {
  private final Consumer<String> lines;
  private final ByteBuf scratch = Unpooled.buffer();

  /**
   * @param lines called for each frame, before it is passed on
   */
  public TraceDevice(Device inner, Consumer<String> lines) {
    super(inner);
    this.lines = lines;
  }

  @Override
  public void transmit(Packet packet) {
    trace(" > ", packet);
    super.transmit(packet);
  }

  @Override
  public void input(Packet packet) {
    trace(" < ", packet);
    super.input(packet);
  }

  private void trace(String direction, Packet packet) {
    int header = caps().isEthernet() ? 0 : Ethernet.HEADER_LENGTH;
    scratch.ensureWritable(header + packet.length());
    if (header > 0) {
      Ethernet.write(scratch, 0, 0, 0, Ethernet.TYPE_IPV4);
    }
    packet.copyTo(scratch, header);
    lines.accept(name() + direction + Dissector.line(scratch, 0, header + packet.length()));
  }
}
