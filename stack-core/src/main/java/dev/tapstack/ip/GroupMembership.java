package dev.tapstack.ip;

import dev.tapstack.link.NetInterface;

/**
 * How a family tells the routers of a link which multicast groups this host wants: IGMP for IPv4,
 * MLD for IPv6. The loop's thread only.
 */
public interface GroupMembership {
  /** The first of this host's sockets joined the group on {@code via}. */
  void joined(NetInterface via, long hi, long lo);

  /** The last of them left it. */
  void left(NetInterface via, long hi, long lo);

  /** The addresses of {@code via} are in use from now on: it came up, perhaps again. */
  void inUse(NetInterface via);

  /** Nothing is said any more. */
  void close();
}
