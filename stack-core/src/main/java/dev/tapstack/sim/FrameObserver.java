package dev.tapstack.sim;

import dev.tapstack.packet.Packet;

/** Sees every frame that the hosts of a {@link SimNet} transmit. The loop's thread only. */
@FunctionalInterface
public interface FrameObserver {
  /**
   * {@code from} transmits {@code frame}; what the network does to it comes after.
   *
   * @param frame the Ethernet frame from its start, lent: to be read only, and only now
   */
  void frame(SimHost from, Packet frame, long nowNanos);
}
