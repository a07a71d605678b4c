package dev.tapstack.ip;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.link.NetInterface;
import dev.tapstack.link.NetworkProtocol;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The internet layer of a host or router, the same for both families (RFC 1122 3, RFC 1812).
 *
 * <p>Up: check, reassemble, PREROUTING, route; what is ours passes INPUT and is delivered, the rest
 * is {@link Forwarding}'s. Down: route, header, OUTPUT, and {@link #emit}, the one exit:
 * POSTROUTING, segment or fragment, link. A hook may refuse or take over a packet at each of the
 * five points. Packets to an address of our own take the same way, over the loopback interface.
 *
 * <p>One event is one call stack; nothing is queued here but fragments. The loop's thread only.
 */
public final class IpLayer implements NetworkProtocol, IcmpErrors {
  /** RFC 1112 6.1: a multicast stays on its network unless the sender says otherwise. */
  private static final int MULTICAST_TTL = 1;

  private static final int IPV4 = 4;
  private static final int IPV6 = 6;
  private static final int PROTOCOLS = 256;

  private final PacketPool pool;
  private final PacketLedger ledger;
  private final IpConfig config;
  private final Counters<IpCounter> counters = new Counters<>(IpCounter.class);
  private final Routing routing = new Routing(this);
  private final Ports ports;
  private final Hooks hooks = new Hooks();
  private final Groups groups = new Groups();
  private final Forwarding forwarding;
  private final Segmentation segmentation;
  private final Reassembler reassembler;
  private boolean reassemblesAll;
  private final PathMtuCache pathMtus;
  private final @Nullable TransportProtocol[] transports =
      new @Nullable TransportProtocol[PROTOCOLS];
  private final @Nullable IpFamily[] families = new @Nullable IpFamily[16]; // by version field
  private final QuotedPacket quoted = new QuotedPacket();

  public IpLayer(StackLoop loop, PacketPool pool, PacketLedger ledger, Rng rng, IpConfig config) {
    this.pool = pool;
    this.ledger = ledger;
    this.config = config;
    ports = new Ports(rng);
    pathMtus = new PathMtuCache(loop);
    forwarding = new Forwarding(this, hooks, counters);
    segmentation = new Segmentation(this, counters);
    reassembler = new Reassembler(loop, rng, config, this::reportLoss, counters);
  }

  // Wiring.

  /** Makes a family known; once for each, before any packet. */
  public void register(IpFamily family) {
    families[family.version()] = family;
  }

  /** Makes a transport known; once for each protocol number, before any packet. */
  public void register(TransportProtocol transport) {
    transports[transport.protocol()] = transport;
  }

  /** Adds a hook to those of {@code point}, behind those of its priority that are there. */
  public void addHook(HookPoint point, HookPriority priority, Hook hook) {
    hooks.add(point, priority, hook);
  }

  /** Adds a hook where firewalls stand. */
  public void addHook(HookPoint point, Hook hook) {
    addHook(point, HookPriority.FILTER, hook);
  }

  /**
   * Makes an interface known, with routes to its own addresses, its subnets and their broadcast
   * addresses. The loopback interface comes first. A subnet that another interface has already
   * stays with that one.
   */
  public void addInterface(NetInterface added) {
    routing.add(added);
  }

  /** Makes the host a router, or no longer: packets of others are sent on. Off at first. */
  public void forwarding(boolean on) {
    forwarding.on(on);
  }

  /**
   * Whether datagrams for others are put together too, before PREROUTING: for hooks that must see
   * ports, as connection tracking does. What came in fragments leaves in fragments that are no
   * larger. Off at first: a fragment for others passes as it is.
   */
  public void reassembleAll(boolean on) {
    reassemblesAll = on;
  }

  public RouteTable routes() {
    return routing.table();
  }

  public Ports ports() {
    return ports;
  }

  public Counters<IpCounter> counters() {
    return counters;
  }

  Reassembler reassembler() {
    return reassembler;
  }

  /** The interfaces in the order of their indices. */
  public List<NetInterface> interfaces() {
    return routing.interfaces();
  }

  public IpConfig config() {
    return config;
  }

  /** The family of an address that there is a route to; of an IPv4-mapped one IPv4's. */
  public IpFamily family(long hi, long lo) {
    IpFamily family = familyOrNull(hi, lo);
    assert family != null : "a family that is not registered";
    return family;
  }

  @Nullable IpFamily familyOrNull(long hi, long lo) {
    return families[Ipv4Address.isMapped(hi, lo) ? IPV4 : IPV6];
  }

  /** The transport with that protocol number, or null. */
  public @Nullable TransportProtocol transport(int protocol) {
    return transports[protocol];
  }

  // Up.

  @Override
  public void input(NetInterface from, Packet packet) {
    counters.increment(IpCounter.RECEIVED);
    if (packet.end() <= packet.network()) {
      packet.drop(DropReason.IP_TRUNCATED);
      return;
    }
    IpFamily family = families[packet.buf().getUnsignedByte(packet.network()) >>> 4];
    if (family == null) {
      packet.drop(DropReason.IP_BAD_VERSION);
      return;
    }
    DropReason wrong = family.parse(packet);
    if (wrong == null && !from.isLoopback()) {
      wrong = checkAddresses(family, from, packet);
    }
    if (wrong == null) {
      wrong = family.checkOptions(packet);
    }
    if (wrong != null) {
      packet.drop(wrong);
    } else if (family.isFragment(packet) && (reassemblesAll || isForUs(family, packet))) {
      Packet whole = reassembler.add(family, packet);
      if (whole != null) {
        whole.lend();
        receive(family, whole);
        whole.endOfInput();
      }
    } else {
      receive(family, packet);
    }
  }

  /** RFC 1122 3.2.1.3, 3.3.6, RFC 1812 5.3.7. */
  private @Nullable DropReason checkAddresses(IpFamily family, NetInterface from, Packet packet) {
    long sourceHi = packet.sourceHi();
    long sourceLo = packet.sourceLo();
    long hi = packet.destinationHi();
    long lo = packet.destinationLo();
    if (sourceHi == hi && sourceLo == lo) {
      return DropReason.IP_LAND;
    }
    boolean isUnspecified =
        sourceHi == 0 && (sourceLo == 0 || sourceLo == Ipv4Address.MAPPED_PREFIX);
    boolean lacksSource = isUnspecified && family.mayLackSource(packet);
    Route back = routing.table().lookup(sourceHi, sourceLo);
    if (family.isMartianSource(sourceHi, sourceLo) && !lacksSource
        || back != null && back.kind() != Route.Kind.UNICAST) {
      return DropReason.IP_MARTIAN_SOURCE;
    }
    if (from.checksReversePath() && !lacksSource && (back == null || back.via() != from)) {
      return DropReason.IP_REVERSE_PATH;
    }
    if (family.isMartianDestination(hi, lo)) {
      return DropReason.IP_MARTIAN_DESTINATION;
    }
    if (packet.has(Packet.LINK_BROADCAST | Packet.LINK_MULTICAST) && !isGroup(hi, lo)) {
      return DropReason.IP_UNICAST_IN_BROADCAST;
    }
    return null;
  }

  private boolean isForUs(IpFamily family, Packet packet) {
    return isForUs(
        family, packet, routing.table().lookup(packet.destinationHi(), packet.destinationLo()));
  }

  private boolean isForUs(IpFamily family, Packet packet, @Nullable Route route) {
    long hi = packet.destinationHi();
    long lo = packet.destinationLo();
    return route != null && route.kind() != Route.Kind.UNICAST
        || family.isLimitedBroadcast(hi, lo)
        || family.isAllHosts(hi, lo)
        || family.isMulticast(hi, lo) && groups.isMember(groupInterface(packet), hi, lo);
  }

  private void receive(IpFamily family, Packet packet) {
    long hi = packet.destinationHi();
    long lo = packet.destinationLo();
    if (!hooks.pass(HookPoint.PREROUTING, packet)) {
      return;
    }
    if (packet.destinationLo() != lo || packet.destinationHi() != hi) {
      packet.set(Packet.TRANSLATED);
    }
    Route route = routing.table().lookup(packet.destinationHi(), packet.destinationLo());
    if (forwarding.isDirectedBroadcast(packet, route)) {
      packet.drop(DropReason.IP_DIRECTED_BROADCAST);
    } else if (isForUs(family, packet, route)) {
      deliver(packet);
    } else {
      forwarding.input(family, packet, route);
    }
  }

  private void deliver(Packet packet) {
    if (!hooks.pass(HookPoint.INPUT, packet)) {
      return;
    }
    TransportProtocol transport = transports[packet.protocol()];
    if (transport == null) {
      report(IcmpError.PROTOCOL_UNREACHABLE, packet, 0);
      packet.drop(DropReason.IP_UNKNOWN_PROTOCOL);
      return;
    }
    counters.increment(IpCounter.DELIVERED);
    transport.input(packet);
  }

  @Override
  public void report(IcmpError kind, Packet packet, int info) {
    family(packet.destinationHi(), packet.destinationLo()).errors().report(kind, packet, info);
  }

  @Override
  public boolean leadsElsewhere(NetInterface asked, long hi, long lo) {
    return forwarding.leadsElsewhere(asked, routing.table().lookup(hi, lo));
  }

  /** A datagram stays incomplete: its sender hears of it from the end of its way alone. */
  private void reportLoss(IcmpError kind, Packet fragment, int info) {
    if (isLocal(fragment.destinationHi(), fragment.destinationLo())) {
      report(kind, fragment, info);
    }
  }

  @Override
  public void neighborUnreachable(NetInterface via, Packet packet) {
    if (packet.receivedIndex() >= 0) {
      report(IcmpError.HOST_UNREACHABLE, packet, 0); // forwarded: RFC 1812 5.2.7.1
      packet.drop(DropReason.NEIGHBOR_UNREACHABLE);
      return;
    }
    TransportProtocol transport = transports[packet.protocol()];
    IpFamily family = family(packet.destinationHi(), packet.destinationLo());
    boolean hasTransportHeader = !family.isFragment(packet) || family.fragmentOffset(packet) == 0;
    if (transport != null && hasTransportHeader && isLocal(packet.sourceHi(), packet.sourceLo())) {
      quoted.set(packet.buf(), packet.transport(), packet.end(), packet.protocol(), 0);
      quoted.addresses(
          packet.sourceHi(), packet.sourceLo(), packet.destinationHi(), packet.destinationLo());
      transport.error(IcmpError.HOST_UNREACHABLE, quoted);
    }
    packet.drop(DropReason.NEIGHBOR_UNREACHABLE);
  }

  // Down.

  /**
   * A packet of this stack with room for {@code bytes} of transport header and payload behind its
   * start, and for all lower headers in front; the caller's.
   */
  public Packet newPacket(int bytes) {
    return pool.allocateFor(bytes).builtBy(ledger);
  }

  /**
   * Sends a packet, given: source, destination, protocol, TOS, TTL (0 for the default) and flags
   * are set; start and transport stand at the transport header, referenced payload may follow.
   * Options of the header, padded to a multiple of four, may stand between start and transport.
   */
  public void output(Packet packet) {
    counters.increment(IpCounter.OUTPUT);
    long hi = packet.destinationHi();
    long lo = packet.destinationLo();
    Route route = routing.route(packet);
    if (route == null) {
      packet.drop(DropReason.IP_NO_ROUTE);
      return;
    }
    IpFamily family = family(hi, lo);
    boolean isBroadcast = route.kind() == Route.Kind.BROADCAST || family.isLimitedBroadcast(hi, lo);
    if (isBroadcast && !packet.has(Packet.BROADCAST_ALLOWED)) {
      packet.drop(DropReason.IP_MARTIAN_DESTINATION);
      return;
    }
    if (packet.ttl() == 0) {
      packet.ttl(family.isMulticast(hi, lo) ? MULTICAST_TTL : config.defaultTtl());
    }
    family.writeHeader(packet);
    packet.interfaceIndex(route.via().index());
    if (!hooks.pass(HookPoint.OUTPUT, packet)) {
      return;
    }
    if (packet.destinationHi() != hi || packet.destinationLo() != lo) {
      route = routing.route(packet);
      if (route == null) {
        packet.drop(DropReason.IP_NO_ROUTE);
        return;
      }
    }
    if (packet.has(Packet.MULTICAST_LOOPBACK | Packet.HOST_ONLY)) {
      loopBack(packet, hi, lo);
      if (packet.has(Packet.HOST_ONLY)) {
        packet.drop(DropReason.IP_TTL_EXCEEDED);
        return;
      }
    }
    emit(family, packet, route);
  }

  /** RFC 1112 6.1: a multicast of ours is heard here too, if we are a member and it is wanted. */
  private void loopBack(Packet packet, long hi, long lo) {
    NetInterface loopback = routing.loopback();
    if (packet.has(Packet.MULTICAST_LOOPBACK)
        && loopback != null
        && groups.isMember(packet.interfaceIndex(), hi, lo)) {
      Packet copy = packet.duplicate();
      copy.interfaceIndex(loopback.index());
      loopback.output(copy, hi, lo);
    }
  }

  /** The only exit to a link, and the only place that cuts segments and fragments. */
  void emit(IpFamily family, Packet packet, Route route) {
    NetInterface via = route.via();
    long sourceHi = packet.sourceHi();
    long sourceLo = packet.sourceLo();
    packet.interfaceIndex(via.index());
    if (!hooks.pass(HookPoint.POSTROUTING, packet)) {
      return;
    }
    if (packet.sourceLo() != sourceLo || packet.sourceHi() != sourceHi) {
      packet.set(Packet.TRANSLATED);
    }
    if (packet.has(Packet.TRANSLATED)) {
      family.translated(packet);
    }
    long nextHopHi = route.nextHopHi(packet.destinationHi());
    long nextHopLo = route.nextHopLo(packet.destinationLo());
    if (packet.has(Packet.REDIRECT_DUE) && !packet.has(Packet.TRANSLATED)) {
      family.redirect(packet, nextHopHi, nextHopLo);
    }
    if (packet.gsoSize() > 0) {
      segmentation.emit(family, packet, via, nextHopHi, nextHopLo);
    } else {
      send(family, packet, via, nextHopHi, nextHopLo);
    }
  }

  /** The end of {@link #emit}: to the link, in fragments if it must be. */
  void send(IpFamily family, Packet packet, NetInterface via, long nextHopHi, long nextHopLo) {
    int largest = packet.largestFragment(); // 0 if it came whole, or from here
    int most = largest == 0 ? via.mtu() : Math.min(largest, via.mtu());
    if (packet.length() <= most) {
      via.output(packet, nextHopHi, nextHopLo);
    } else if (family.mustNotFragment(packet) && (largest == 0 || largest > via.mtu())) {
      packet.drop(DropReason.IP_TOO_BIG);
    } else {
      counters.increment(IpCounter.FRAGMENTED);
      int count = family.fragment(packet, via, most, nextHopHi, nextHopLo);
      counters.add(IpCounter.FRAGMENTS_SENT, count);
    }
  }

  // Multicast.

  /**
   * Makes this host a member of a multicast group on an interface, once more: what is sent to it
   * there is delivered, and routers are told.
   *
   * @return false if the interface has too many groups
   */
  public boolean join(NetInterface via, long hi, long lo) {
    return groups.join(family(hi, lo).groups(), via, hi, lo);
  }

  /** Takes back one {@link #join}. */
  public void leave(NetInterface via, long hi, long lo) {
    groups.leave(family(hi, lo).groups(), via, hi, lo);
  }

  /**
   * The index of the interface whose memberships count for a received multicast: where it arrived;
   * for one of our own, which comes by loopback, where it was sent.
   */
  public int groupInterface(Packet packet) {
    int index = packet.interfaceIndex();
    if (routing.interfaces().get(index).isLoopback()) {
      NetInterface via = routing.interfaceWith(packet.sourceHi(), packet.sourceLo());
      return via == null ? index : via.index();
    }
    return index;
  }

  @Override
  public void addressesInUse(NetInterface ready) {
    for (IpFamily family : families) {
      if (family != null) {
        family.groups().inUse(ready);
      }
    }
  }

  // What transports ask.

  /**
   * The address of {@code own} to speak to its link from: the one in the neighbour's subnet, else
   * the first of its family, or null. Allocates nothing.
   */
  public @Nullable IpAddress sourceOn(NetInterface own, long neighborHi, long neighborLo) {
    return SourceAddress.choose(own, neighborHi, neighborLo);
  }

  /** The interface that has that address, or null. */
  public @Nullable NetInterface interfaceWith(long hi, long lo) {
    return routing.interfaceWith(hi, lo);
  }

  /**
   * How a packet to that address leaves, or null if there is no way. Allocates nothing.
   *
   * <p>A multicast or limited broadcast address belongs to no network: it leaves by the first
   * interface, or by the one that has the packet's source address.
   */
  public @Nullable Route route(long hi, long lo) {
    return routing.route(hi, lo);
  }

  /** The address to speak to {@code destination} from, or null if there is no way there. */
  public @Nullable IpAddress sourceFor(IpAddress destination) {
    return sourceFor(destination.hi(), destination.lo());
  }

  /** As {@link #sourceFor(IpAddress)}; allocates only for an address of our own. */
  public @Nullable IpAddress sourceFor(long hi, long lo) {
    Route route = route(hi, lo);
    return route == null ? null : SourceAddress.choose(route, hi, lo);
  }

  /** Whether it is a unicast address of this host. */
  public boolean isLocal(long hi, long lo) {
    return routing.isOfKind(Route.Kind.LOCAL, hi, lo);
  }

  /** Whether it is a multicast group of a family that is known here. */
  public boolean isMulticast(long hi, long lo) {
    IpFamily family = familyOrNull(hi, lo);
    return family != null && family.isMulticast(hi, lo);
  }

  /** Whether it is a multicast address, limited broadcast, or a subnet of ours' broadcast. */
  public boolean isGroup(long hi, long lo) {
    return routing.isNetworkless(hi, lo) || routing.isOfKind(Route.Kind.BROADCAST, hi, lo);
  }

  /**
   * The largest packet in bytes that goes to that address unfragmented, as far as is known of the
   * path; the family's minimum if there is no way there.
   */
  public int mtu(long hi, long lo) {
    int link = linkMtu(hi, lo);
    return Math.min(link, pathMtus.find(hi, lo, link));
  }

  /** The MTU of the way to a destination was reported, and the report is not forged (RFC 1191). */
  public void learnMtu(long hi, long lo, int mtu) {
    counters.increment(IpCounter.PATH_MTUS_LEARNED);
    if (pathMtus.put(hi, lo, mtu)) {
      counters.increment(IpCounter.PATH_MTUS_EVICTED);
    }
  }

  /**
   * The MTU of the interface towards that address; the family's minimum if there is no way there.
   */
  public int linkMtu(long hi, long lo) {
    Route route = route(hi, lo);
    return route == null ? family(hi, lo).minMtu() : route.via().mtu();
  }

  /** TCP made progress with that address: the neighbour on the way there answers. */
  public void confirm(long hi, long lo) {
    Route route = route(hi, lo);
    if (route != null && route.kind() == Route.Kind.UNICAST) {
      route.via().confirmNeighbor(route.nextHopHi(hi), route.nextHopLo(lo));
    }
  }

  /** TCP gets no answer from that address: is the neighbour on the way there the reason? */
  public void doubt(long hi, long lo) {
    Route route = route(hi, lo);
    if (route != null && route.kind() == Route.Kind.UNICAST) {
      route.via().doubtNeighbor(route.nextHopHi(hi), route.nextHopLo(lo));
    }
  }

  /** Frees what is kept here. */
  public void close() {
    for (IpFamily family : families) {
      if (family != null) {
        family.groups().close();
      }
    }
    reassembler.close();
  }
}
