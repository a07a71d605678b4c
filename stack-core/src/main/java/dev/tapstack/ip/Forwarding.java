package dev.tapstack.ip;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.link.NetInterface;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import org.jspecify.annotations.Nullable;

/**
 * What makes a host a router (RFC 1812 5.2, 5.3): packets for others are sent on, and their senders
 * told why not. Off at first.
 *
 * <p>In this order: what is never sent on; TTL; route; size; FORWARD; the header's changes; {@link
 * IpLayer#emit}. So an error quotes the packet as it came (RFC 1812 4.3.2.3), and a filter is asked
 * only about what could go. The loop's thread only.
 */
final class Forwarding {
  private final IpLayer ip;
  private final Hooks hooks;
  private final Counters<IpCounter> counters;
  private boolean isOn;

  Forwarding(IpLayer ip, Hooks hooks, Counters<IpCounter> counters) {
    this.ip = ip;
    this.hooks = hooks;
    this.counters = counters;
  }

  void on(boolean on) {
    isOn = on;
  }

  /**
   * Whether it came by another interface than that of the subnet whose broadcast address it is to:
   * RFC 2644 2 has routers neither receive nor forward it unless told to, for it multiplies what
   * attackers send.
   */
  boolean isDirectedBroadcast(Packet packet, @Nullable Route route) {
    return isOn
        && route != null
        && route.kind() == Route.Kind.BROADCAST
        && route.via().index() != packet.receivedIndex();
  }

  /**
   * Sends a packet on that is not for this host, borrowed.
   *
   * @param route how its destination is reached, or null
   */
  void input(IpFamily family, Packet packet, @Nullable Route route) {
    long hi = packet.destinationHi();
    long lo = packet.destinationLo();
    if (!isOn || ip.isMulticast(hi, lo)) {
      packet.drop(DropReason.IP_NOT_FOR_US);
      return;
    }
    if (family.isLinkLocal(hi, lo) || family.isLinkLocal(packet.sourceHi(), packet.sourceLo())) {
      packet.drop(DropReason.IP_LINK_LOCAL);
      return;
    }
    if (packet.ttl() <= 1) { // RFC 1812 5.3.1
      refuse(packet, IcmpError.TTL_EXCEEDED, 0, DropReason.IP_TTL_EXCEEDED);
      return;
    }
    if (route == null) { // RFC 1812 5.2.7.1
      refuse(packet, IcmpError.NET_UNREACHABLE, 0, DropReason.IP_NO_ROUTE);
      return;
    }
    NetInterface via = route.via();
    if (!via.isUp()) {
      refuse(packet, IcmpError.NET_UNREACHABLE, 0, DropReason.DEVICE_DOWN);
      return;
    }
    int largest = packet.largestFragment();
    int size = largest > 0 ? largest : Segmentation.pieceBytes(family, packet);
    if (size > via.mtu() && family.mustNotFragment(packet)) {
      // RFC 1812 5.2.7.1, RFC 1191 4
      refuse(packet, IcmpError.TOO_BIG, via.mtu(), DropReason.IP_TOO_BIG);
      return;
    }
    packet.interfaceIndex(via.index());
    if (hooks.pass(HookPoint.FORWARD, packet)) {
      passOn(family, packet, route);
    }
  }

  /** As {@link IpLayer#leadsElsewhere}; {@code route} is the address's. */
  boolean leadsElsewhere(NetInterface asked, @Nullable Route route) {
    return isOn
        && route != null
        && route.kind() == Route.Kind.UNICAST
        && route.via().index() != asked.index();
  }

  private void refuse(Packet packet, IcmpError kind, int info, DropReason reason) {
    ip.report(kind, packet, info);
    packet.drop(reason);
  }

  /**
   * RFC 1812 5.2.7.2: it leaves as it came, and its source is on one subnet with the next hop.
   * Whether it leaves untranslated is known only behind POSTROUTING.
   */
  private static boolean isRedirectDue(Packet packet, Route route) {
    NetInterface via = route.via();
    if (via.index() != packet.receivedIndex()) {
      return false;
    }
    long hi = route.nextHopHi(packet.destinationHi());
    long lo = route.nextHopLo(packet.destinationLo());
    for (int i = 0; i < via.addresses().size(); i++) {
      IpPrefix subnet = via.addresses().get(i);
      if (subnet.contains(packet.sourceHi(), packet.sourceLo()) && subnet.contains(hi, lo)) {
        return true;
      }
    }
    return false;
  }

  private void passOn(IpFamily family, Packet packet, Route route) {
    long hi = packet.destinationHi();
    long lo = packet.destinationLo();
    IpAddress own = // a search, that few packets need
        family.hasOptions(packet)
            ? ip.sourceOn(route.via(), route.nextHopHi(hi), route.nextHopLo(lo))
            : null;
    packet.take();
    packet.start(packet.network());
    if (isRedirectDue(packet, route)) {
      packet.set(Packet.REDIRECT_DUE);
    }
    family.passOn(packet, own);
    counters.increment(IpCounter.FORWARDED);
    ip.emit(family, packet, route);
  }
}
