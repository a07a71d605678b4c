package dev.tapstack.link;

import dev.tapstack.packet.Packet;

/** The layer above a link, as the link sees it. The loop's thread only. */
public interface NetworkProtocol {
  /**
   * A packet whose frame has been checked and belongs to this host; borrowed. {@link
   * Packet#network} is the network header's first byte and {@link Packet#end} the frame's end,
   * padding included.
   */
  void input(NetInterface from, Packet packet);

  /** The addresses of {@code ready} are in use from now on: it came up, and has probed them. */
  default void addressesInUse(NetInterface ready) {}

  /**
   * Whether this host is a router that reaches the address by another interface than {@code asked},
   * so that it may answer for it there (RFC 1027).
   */
  default boolean leadsElsewhere(NetInterface asked, long hi, long lo) {
    return false;
  }

  /**
   * The neighbour that {@code packet} was waiting for does not answer; the packet is given, with
   * {@link Packet#network} at its network header.
   */
  void neighborUnreachable(NetInterface via, Packet packet);
}
