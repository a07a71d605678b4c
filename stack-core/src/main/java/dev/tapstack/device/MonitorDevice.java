package dev.tapstack.device;

import dev.tapstack.packet.Packet;
import java.util.Arrays;

/**
 * Shows every frame of both directions, as the device inside sees it, to whoever listens at the
 * moment. While nobody does it costs a look at an empty row for each frame. The loop's thread only.
 */
public final class MonitorDevice extends DeviceDecorator {
  private static final FrameListener[] NOBODY = {};

  private FrameListener[] listeners = NOBODY;

  public MonitorDevice(Device inner) {
    super(inner);
  }

  /** Shows {@code listener} every frame from now on. */
  public void add(FrameListener listener) {
    FrameListener[] more = Arrays.copyOf(listeners, listeners.length + 1);
    more[listeners.length] = listener;
    listeners = more;
  }

  /** Shows {@code listener} no frame any more. Idempotent. */
  public void remove(FrameListener listener) {
    listeners =
        Arrays.stream(listeners).filter(other -> other != listener).toArray(FrameListener[]::new);
  }

  @Override
  public void transmit(Packet packet) {
    show(true, packet);
    super.transmit(packet);
  }

  @Override
  public void input(Packet packet) {
    show(false, packet);
    super.input(packet);
  }

  private void show(boolean isTransmitted, Packet packet) {
    for (FrameListener listener : listeners) {
      listener.frame(this, isTransmitted, packet);
    }
  }
}
