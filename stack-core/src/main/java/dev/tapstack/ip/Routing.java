package dev.tapstack.ip;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.link.NetInterface;
import dev.tapstack.packet.Packet;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which address is whose, and which way leads there (RFC 1122 3.3.1): the route table with what the
 * interfaces' own addresses say. The loop's thread only.
 */
final class Routing {
  private static final IpPrefix ANYWHERE = new IpPrefix(Ipv4Address.ANY, 0);

  private final IpLayer ip;
  private final RouteTable table = new RouteTable();
  private final List<NetInterface> interfaces = new ArrayList<>();

  /** For each interface, how a packet without a route of its own leaves by it. */
  private final List<Route> onLink = new ArrayList<>();

  private @Nullable NetInterface loopback;

  Routing(IpLayer ip) {
    this.ip = ip;
  }

  RouteTable table() {
    return table;
  }

  List<NetInterface> interfaces() {
    return interfaces;
  }

  /** As {@link IpLayer#addInterface}. */
  void add(NetInterface added) {
    if (added.index() != interfaces.size()) {
      throw new IllegalStateException(
          added.name() + " has index " + added.index() + " instead of " + interfaces.size());
    }
    interfaces.add(added);
    onLink.add(new Route(ANYWHERE, Route.Kind.UNICAST, added, null));
    if (added.isLoopback()) {
      loopback = added;
    }
    NetInterface local = loopback == null ? added : loopback;
    for (IpPrefix own : added.addresses()) {
      table.add(new Route(hostPrefix(own.address()), Route.Kind.LOCAL, local, null));
      IpPrefix subnet = new IpPrefix(own.network(), own.length());
      // RFC 1122 3.2.1.3 (g): all of 127/8 is this host.
      Route.Kind kind = added.isLoopback() ? Route.Kind.LOCAL : Route.Kind.UNICAST;
      table.add(new Route(subnet, kind, added, null));
      if (own.hasBroadcast() && !added.isLoopback()) {
        table.add(new Route(hostPrefix(own.last()), Route.Kind.BROADCAST, added, null));
      }
    }
  }

  private static IpPrefix hostPrefix(IpAddress address) {
    return new IpPrefix(address, address.bits());
  }

  /** The way of a packet whose source is known. */
  @Nullable Route route(Packet packet) {
    long hi = packet.destinationHi();
    long lo = packet.destinationLo();
    return isNetworkless(hi, lo)
        ? groupRoute(packet.sourceHi(), packet.sourceLo())
        : table.lookup(hi, lo);
  }

  /** As {@link IpLayer#route}. */
  @Nullable Route route(long hi, long lo) {
    return isNetworkless(hi, lo) ? groupRoute(0, 0) : table.lookup(hi, lo);
  }

  /** Whether it is a multicast or limited broadcast address, which belongs to no network. */
  boolean isNetworkless(long hi, long lo) {
    IpFamily family = ip.familyOrNull(hi, lo);
    return family != null && (family.isMulticast(hi, lo) || family.isLimitedBroadcast(hi, lo));
  }

  private @Nullable Route groupRoute(long sourceHi, long sourceLo) {
    Route first = null;
    for (int i = 0; i < interfaces.size(); i++) {
      NetInterface candidate = interfaces.get(i);
      if (!candidate.isLoopback()) {
        if (hasAddress(candidate, sourceHi, sourceLo)) {
          return onLink.get(i);
        }
        first = first == null ? onLink.get(i) : first;
      }
    }
    return first;
  }

  /** The interface that has that address, or null. */
  @Nullable NetInterface interfaceWith(long hi, long lo) {
    for (int i = 0; i < interfaces.size(); i++) {
      if (hasAddress(interfaces.get(i), hi, lo)) {
        return interfaces.get(i);
      }
    }
    return null;
  }

  /** The loopback interface, or null. */
  @Nullable NetInterface loopback() {
    return loopback;
  }

  private static boolean hasAddress(NetInterface candidate, long hi, long lo) {
    List<IpPrefix> addresses = candidate.addresses();
    for (int i = 0; i < addresses.size(); i++) {
      IpAddress own = addresses.get(i).address();
      if (own.lo() == lo && own.hi() == hi) {
        return true;
      }
    }
    return false;
  }

  boolean isOfKind(Route.Kind kind, long hi, long lo) {
    Route route = table.lookup(hi, lo);
    return route != null && route.kind() == kind;
  }

  /** Whether it is an address of this host, or the broadcast address of a subnet of it. */
  boolean isOwnOrBroadcast(long hi, long lo) {
    Route route = table.lookup(hi, lo);
    return route != null && route.kind() != Route.Kind.UNICAST;
  }
}
