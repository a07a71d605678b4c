package dev.tapstack.device;

import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketQueue;
import dev.tapstack.stats.DropReason;
import org.jspecify.annotations.Nullable;

/**
 * The device that a host talks to itself through (RFC 1122 3.2.1.3 (g)): what is transmitted is
 * received in a later turn. Its frames begin with the IP header. The loop's thread only.
 */
public final class LoopbackDevice implements Device {
  /** The largest datagram (RFC 791 3.1), so that nothing is fragmented on the way to oneself. */
  public static final int MTU = 65_535;

  /** As many as Linux keeps for a device (its default txqueuelen). */
  private static final int QUEUE_PACKETS = 1000;

  /** A few maximal windows of TCP (64 KB segments would otherwise hold 64 MB). */
  private static final long QUEUE_BYTES = 8 << 20;

  private static final DeviceCaps CAPS = new DeviceCaps(MTU, false);

  private final String name;
  private final PacketQueue queue = new PacketQueue(QUEUE_PACKETS, QUEUE_BYTES);
  private @Nullable DeviceInput input;
  private StackLoop.@Nullable Registration registration;
  private boolean isClosed;

  public LoopbackDevice(String name) {
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DeviceCaps caps() {
    return CAPS;
  }

  @Override
  public void attach(DeviceInput input, StackLoop.Registration registration) {
    assert this.input == null;
    this.input = input;
    this.registration = registration;
  }

  @Override
  public int poll(long nowNanos, int budget) {
    DeviceInput to = input;
    if (to == null) {
      return 0;
    }
    // Only what waits already: an answer that comes back at once is the next turn's.
    int waiting = Math.min(budget, queue.size());
    for (int i = 0; i < waiting; i++) {
      Packet frame = queue.poll();
      if (frame == null) {
        return i; // closed meanwhile
      }
      to.input(frame);
    }
    return waiting;
  }

  @Override
  public void transmit(Packet packet) {
    if (isClosed || registration == null) {
      packet.drop(DropReason.DEVICE_DOWN);
    } else if (queue.isFull()) {
      packet.drop(DropReason.DEVICE_QUEUE_FULL);
    } else {
      queue.offer(packet.crossWire());
      registration.announce();
    }
  }

  @Override
  public void flush() {}

  @Override
  public boolean isUp() {
    return !isClosed;
  }

  @Override
  public void close() {
    isClosed = true;
    queue.freeAll();
  }
}
