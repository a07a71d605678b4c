package dev.tapstack.link;

import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;

/** What kind of link a {@link DeviceInterface} has. The loop's thread only. */
interface Link {
  /** A frame {@code [start, end)} was received; borrowed. */
  void input(Packet packet);

  /** As {@link NetInterface#output}; the interface is up. */
  void output(Packet packet, long nextHopHi, long nextHopLo);

  /** As {@link NetInterface#confirmNeighbor}. */
  void confirmNeighbor(long nextHopHi, long nextHopLo);

  /** As {@link NetInterface#doubtNeighbor}. */
  void doubtNeighbor(long nextHopHi, long nextHopLo);

  /** The interface came up. */
  void up();

  /** The interface went down: what waits is dropped for {@code reason}, timers are cancelled. */
  void down(DropReason reason);
}
