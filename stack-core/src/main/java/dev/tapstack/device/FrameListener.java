package dev.tapstack.device;

import dev.tapstack.packet.Packet;

/** Sees every frame of a {@link MonitorDevice}. The loop's thread only. */
@FunctionalInterface
public interface FrameListener {
  /**
   * A frame passes.
   *
   * @param device where
   * @param isTransmitted whether it goes out; else it has come in
   * @param frame the whole frame with its pieces, lent: to be read only, and only now
   */
  void frame(MonitorDevice device, boolean isTransmitted, Packet frame);
}
