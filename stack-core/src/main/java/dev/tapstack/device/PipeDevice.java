package dev.tapstack.device;

import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketQueue;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.Ethernet;
import org.jspecify.annotations.Nullable;

/**
 * One end of an Ethernet cable in memory: what this end transmits, its {@link #peer} receives in a
 * later turn, bytes unchanged. Both ends belong to one loop and one packet pool.
 *
 * <p>Frames for an end wait in a bounded queue, also before that end is attached. The loop's thread
 * only.
 */
public final class PipeDevice implements Device {
  /** As many as Linux keeps for a device (its default txqueuelen). */
  public static final int QUEUE_PACKETS = 1000;

  private static final long QUEUE_BYTES = 16 << 20;

  private final String name;
  private final DeviceCaps caps;
  private final PipeDevice peer;
  private final PacketQueue waiting = new PacketQueue(QUEUE_PACKETS, QUEUE_BYTES);
  private @Nullable DeviceInput input;
  private StackLoop.@Nullable Registration registration;
  private boolean isPlugged = true;
  private boolean isClosed;

  /**
   * One end, which makes the other.
   *
   * @param mtu the largest IP packet in bytes that either end carries
   */
  public PipeDevice(String name, String peerName, int mtu) {
    this(name, peerName, new DeviceCaps(mtu, true));
  }

  /**
   * As the other; both ends have {@code caps}. A large segment crosses whole, as it does between a
   * kernel and its TAP.
   */
  public PipeDevice(String name, String peerName, DeviceCaps caps) {
    this.name = name;
    this.caps = caps;
    this.peer = new PipeDevice(peerName, this);
  }

  private PipeDevice(String name, PipeDevice peer) {
    this.name = name;
    this.caps = peer.caps;
    this.peer = peer;
  }

  /** The other end. */
  public PipeDevice peer() {
    return peer;
  }

  /** Frames that wait to be received at this end. */
  public int waitingFrames() {
    return waiting.size();
  }

  /**
   * Plugs the cable in or pulls it: both ends see their link change, frames on the way are lost.
   */
  public void plug(boolean isPlugged) {
    if (this.isPlugged != isPlugged) {
      setPlugged(isPlugged);
      peer.setPlugged(isPlugged);
      tellLink();
      peer.tellLink();
    }
  }

  private void setPlugged(boolean isPlugged) {
    this.isPlugged = isPlugged;
    if (!isPlugged) {
      waiting.freeAll();
    }
  }

  private void tellLink() {
    if (input != null && !isClosed) {
      input.linkChanged(isUp());
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DeviceCaps caps() {
    return caps;
  }

  @Override
  public void attach(DeviceInput input, StackLoop.Registration registration) {
    assert this.input == null;
    this.input = input;
    this.registration = registration;
    if (!waiting.isEmpty()) {
      registration.announce();
    }
  }

  @Override
  public int poll(long nowNanos, int budget) {
    DeviceInput to = input;
    int polled = 0;
    while (to != null && polled < budget) {
      Packet frame = waiting.poll();
      if (frame == null) {
        break;
      }
      polled++;
      to.input(frame);
    }
    return polled;
  }

  @Override
  public void transmit(Packet packet) {
    if (!isUp()) {
      packet.drop(DropReason.DEVICE_DOWN);
    } else if (packet.length() > maxBytes(packet) + Ethernet.HEADER_LENGTH) {
      packet.drop(DropReason.DEVICE_ERROR);
    } else if (peer.waiting.isFull()) {
      packet.drop(DropReason.DEVICE_QUEUE_FULL);
    } else {
      peer.waiting.offer(packet.crossWire());
      if (peer.registration != null) {
        peer.registration.announce();
      }
    }
  }

  private int maxBytes(Packet packet) {
    return packet.gsoSize() == 0 ? caps.mtu() : Math.max(caps.mtu(), caps.maxGsoBytes());
  }

  @Override
  public void flush() {}

  @Override
  public boolean isUp() {
    return isPlugged && !isClosed && !peer.isClosed;
  }

  @Override
  public void close() {
    if (!isClosed) {
      isClosed = true;
      waiting.freeAll();
      if (peer.input == null) {
        peer.waiting.freeAll(); // nobody is there who could
      }
      peer.tellLink();
    }
  }
}
