package dev.tapstack.link;

/**
 * How a {@link NeighborCache} asks: ARP for IPv4, Neighbor Discovery for IPv6. Answers come back by
 * {@link NeighborCache#learn}, never from inside these calls. The loop's thread only.
 */
public interface NeighborProbe {
  /** Asks all neighbours who has the address. */
  void ask(long hi, long lo);

  /** Asks the neighbour at {@code mac} whether it still has the address. */
  void askDirectly(long hi, long lo, long mac);
}
