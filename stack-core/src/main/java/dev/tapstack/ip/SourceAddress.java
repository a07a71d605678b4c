package dev.tapstack.ip;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
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
  static @Nullable IpAddress choose(Route route, long hi, long lo) {
    if (route.kind() == Route.Kind.LOCAL) {
      return IpAddress.of(hi, lo);
    }
    return choose(route.via(), route.nextHopHi(hi), route.nextHopLo(lo));
  }

  /**
   * The address of {@code via} whose subnet holds the address, the longest prefix first; else the
   * first of that family.
   */
  static @Nullable IpAddress choose(NetInterface via, long hi, long lo) {
    boolean isV4 = Ipv4Address.isMapped(hi, lo);
    IpPrefix best = null;
    IpAddress first = null;
    for (int i = 0; i < via.addresses().size(); i++) {
      IpPrefix own = via.addresses().get(i);
      if (own.address().isV4() == isV4) {
        first = first == null ? own.address() : first;
        if (own.contains(hi, lo) && (best == null || own.length() > best.length())) {
          best = own;
        }
      }
    }
    return best != null ? best.address() : first;
  }
}
