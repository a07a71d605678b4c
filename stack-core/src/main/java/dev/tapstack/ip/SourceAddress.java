package dev.tapstack.ip;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.link.NetInterface;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the address that a packet of ours bears when its sender has not (RFC 1122 3.3.4.3). The
 * loop's thread only.
 */
final class SourceAddress {
  private SourceAddress() {}

  /**
   * The address of {@code route}'s interface whose subnet holds the next hop, the longest prefix
   * first; else the interface's first of that family. To ourselves we speak from the very address
   * that is asked.
   */
  static @Nullable IpAddress choose(Route route, IpAddress destination) {
    if (route.kind() == Route.Kind.LOCAL) {
      return destination;
    }
    IpAddress gateway = route.gateway();
    return choose(route.via(), gateway == null ? destination : gateway);
  }

  static @Nullable IpAddress choose(NetInterface via, IpAddress nextHop) {
    IpPrefix best = null;
    IpAddress first = null;
    for (IpPrefix own : via.addresses()) {
      if (own.address().isV4() == nextHop.isV4()) {
        first = first == null ? own.address() : first;
        if (own.contains(nextHop) && (best == null || own.length() > best.length())) {
          best = own;
        }
      }
    }
    return best != null ? best.address() : first;
  }
}
