package dev.tapstack.ip;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.link.NetInterface;
import org.jspecify.annotations.Nullable;

/**
 * Where packets to a prefix go (RFC 1122 3.3.1). Immutable.
 *
 * @param prefix the destinations, host bits 0
 * @param kind what the destinations are to this host
 * @param via the interface they leave by; the loopback interface for {@link Kind#LOCAL}
 * @param gateway the router that takes them on, or null if they are on the link
 */
public record Route(IpPrefix prefix, Kind kind, NetInterface via, @Nullable IpAddress gateway) {
  /** What a destination is to this host. */
  public enum Kind {
    /** An address of our own. */
    LOCAL,
    /** The broadcast address of an attached subnet. */
    BROADCAST,
    /** Somebody else. */
    UNICAST
  }

  public Route {
    if (!prefix.address().equals(prefix.network())) {
      throw new IllegalArgumentException(
          "route to "
              + prefix
              + " has host bits: write it as "
              + new IpPrefix(prefix.network(), prefix.length()));
    }
    if (gateway != null && gateway.isV4() != prefix.address().isV4()) {
      throw new IllegalArgumentException(
          "gateway " + gateway + " is not of the family of " + prefix);
    }
  }

  /** The upper half of the neighbour's address on the way to {@code destinationHi}. */
  public long nextHopHi(long destinationHi) {
    return gateway == null ? destinationHi : gateway.hi();
  }

  /** The lower half of the neighbour's address on the way to {@code destinationLo}. */
  public long nextHopLo(long destinationLo) {
    return gateway == null ? destinationLo : gateway.lo();
  }
}
