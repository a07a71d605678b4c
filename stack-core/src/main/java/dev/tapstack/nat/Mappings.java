package dev.tapstack.nat;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.conntrack.Side;
import dev.tapstack.conntrack.Tracked;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.stats.Counters;
import dev.tapstack.wire.Ipv4;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stands for what: mappings, made when an inside endpoint first sends and released when its
 * last flow ends, forwards, and one-to-one addresses. The loop's thread only.
 */
final class Mappings {
  private static final Logger LOG = LoggerFactory.getLogger(Mappings.class);

  /** A line a minute for each kind of shortage. */
  private static final long LOG_INTERVAL_NANOS = 60_000_000_000L;

  private final IpLayer ip;
  private final StackLoop loop;
  private final NatConfig config;
  private final Counters<NatCounter> counters;
  private final PortPool pool;
  private final MappingTable table;
  private final @Nullable PeerTable peers;
  private final Subscribers subscribers;
  private final @Nullable PortBlocks blocks;
  private final long[] nextLogNanos = new long[Shortage.values().length];
  private Shortage shortage = Shortage.NO_PORT;

  Mappings(
      IpLayer ip,
      StackLoop loop,
      Rng rng,
      NatConfig config,
      OutsideAddresses outside,
      Counters<NatCounter> counters) {
    this.ip = ip;
    this.loop = loop;
    this.config = config;
    this.counters = counters;
    Arrays.fill(nextLogNanos, loop.nowNanos());
    table = new MappingTable(rng.nextSipHash(), config.maxMappings());
    peers =
        config.filtering() == NatConfig.Filtering.ADDRESS_DEPENDENT
            ? new PeerTable(rng.nextSipHash())
            : null;
    config.oneToOne().forEach(each -> requireOutside(outside, each.outside()));
    List<IpAddress> shared = sharedAddresses(outside);
    shared.forEach(address -> requireOutside(outside, address));
    pool = new PortPool(ip.ports(), rng, shared, config.keepsUdpParity());
    subscribers = new Subscribers(rng.nextSipHash());
    NatConfig.Blocks cut = config.blocks();
    blocks = cut == null ? null : new PortBlocks(cut.subscribers(), cut.portsEach(), shared);
    for (NatConfig.Forward forward : config.forwards()) {
      IpAddress only = forward.outside();
      for (IpAddress address : only == null ? shared : List.of(only)) {
        requireOutside(outside, address);
        add(forward, address);
      }
    }
  }

  /**
   * The pool; without one all addresses of the outside interfaces that nobody has for himself. In
   * the order of {@link PortBlocks}.
   */
  private List<IpAddress> sharedAddresses(OutsideAddresses outside) {
    if (!config.pool().isEmpty()) {
      return config.pool().stream().sorted().toList();
    }
    List<IpAddress> shared = new ArrayList<>(outside.all());
    shared.removeAll(config.oneToOne().stream().map(NatConfig.OneToOne::outside).toList());
    if (shared.isEmpty()) {
      throw new IllegalArgumentException(
          "every outside address is one host's: give the outside interface one to share");
    }
    Collections.sort(shared);
    return shared;
  }

  private static void requireOutside(OutsideAddresses outside, IpAddress address) {
    if (!outside.contains(address.hi(), address.lo())) {
      throw new IllegalArgumentException(
          address + " is no address of an outside interface: add it to one");
    }
  }

  private void add(NatConfig.Forward forward, IpAddress address) {
    IpAddress inside = forward.inside().address();
    for (int port = forward.firstPort(); port <= forward.lastPort(); port++) {
      Endpoint endpoint = new Endpoint(address, port);
      if (table.isFull()) {
        throw new IllegalArgumentException(
            "forward of " + endpoint + " is beyond the limit of " + config.maxMappings());
      }
      boolean isTaken =
          table.byOutside(forward.protocol(), address.hi(), address.lo(), port) != null
              || !ip.ports().reserve(forward.protocol(), address.hi(), address.lo(), port, this);
      if (isTaken) {
        throw new IllegalArgumentException("port " + endpoint + " is taken: forward another");
      }
      table.add(
          new Mapping(
              forward.protocol(),
              inside.hi(),
              inside.lo(),
              forward.inside().port() + port - forward.firstPort(),
              address.hi(),
              address.lo(),
              port,
              Mapping.STATIC));
    }
  }

  /** Whether mappings are by port: TCP, UDP, and ICMP by identifier. */
  boolean havePorts(int protocol) {
    return protocol == Ipv4.PROTOCOL_TCP
        || protocol == Ipv4.PROTOCOL_UDP
        || protocol == Ipv4.PROTOCOL_ICMP;
  }

  /**
   * The mapping that a flow from elsewhere is addressed to, or null. Queries of ICMP are addressed
   * to nobody's identifier, so that they have none (RFC 5508 3.1).
   */
  @Nullable Mapping toOutside(Tracked flow) {
    int protocol = flow.protocol();
    return protocol == Ipv4.PROTOCOL_ICMP
        ? null
        : table.byOutside(
            protocol,
            flow.destinationHi(Side.ORIGINAL),
            flow.destinationLo(Side.ORIGINAL),
            flow.destinationPort(Side.ORIGINAL));
  }

  /**
   * The mapping of the inside endpoint that a flow comes from (RFC 4787 REQ-1), made if there is
   * none; null if there is no room for it.
   */
  @Nullable Mapping ofInside(Tracked flow) {
    int protocol = flow.protocol();
    long hi = flow.sourceHi(Side.ORIGINAL);
    long lo = flow.sourceLo(Side.ORIGINAL);
    int port = flow.sourcePort(Side.ORIGINAL);
    Mapping known = table.byInside(protocol, hi, lo, port);
    return known != null ? known : make(protocol, hi, lo, port);
  }

  private @Nullable Mapping make(int protocol, long hi, long lo, int port) {
    if (table.isFull()) {
      return none(Shortage.TABLE_FULL, protocol, hi, lo);
    }
    if (subscribers.ports(protocol, hi, lo) >= config.maxPortsPerHost()) {
      return none(Shortage.HOST_PORTS, protocol, hi, lo);
    }
    if (blocks != null && !blocks.covers(hi, lo)) {
      return none(Shortage.NO_BLOCK, protocol, hi, lo);
    }
    int index = addressIndexFor(hi, lo);
    int outsidePort;
    if (blocks == null) {
      outsidePort = pool.take(index, protocol, port);
    } else {
      int first = blocks.firstPort(lo);
      outsidePort = pool.takeWithin(index, protocol, port, first, first + blocks.portsEach() - 1);
    }
    if (outsidePort == PortPool.NONE) {
      return none(Shortage.NO_PORT, protocol, hi, lo);
    }
    IpAddress address = pool.address(index);
    Mapping made =
        new Mapping(protocol, hi, lo, port, address.hi(), address.lo(), outsidePort, index);
    table.add(made);
    subscribers.add(protocol, hi, lo);
    counters.increment(NatCounter.MAPPINGS_MADE);
    return made;
  }

  /** Counts what is short, and says so once a minute: a flood must not fill the log. */
  private @Nullable Mapping none(Shortage what, int protocol, long hi, long lo) {
    shortage = what;
    counters.increment(what.counter);
    long now = loop.nowNanos();
    if (now - nextLogNanos[what.ordinal()] >= 0) {
      nextLogNanos[what.ordinal()] = now + LOG_INTERVAL_NANOS;
      LOG.warn(
          "NAT gives {} no mapping for protocol {}: {} ({} flows refused for this so far)",
          IpAddress.of(hi, lo),
          protocol,
          what.text,
          counters.value(what.counter));
    }
    return null;
  }

  /** Why {@link #ofInside} has returned null. */
  Shortage shortage() {
    return shortage;
  }

  /** Which outside address stands for an inside host. */
  private int addressIndexFor(long hi, long lo) {
    return blocks != null && blocks.covers(hi, lo)
        ? blocks.addressIndex(lo)
        : pool.addressIndexFor(hi, lo);
  }

  /** How ports are cut into blocks, or null. */
  @Nullable PortBlocks blocks() {
    return blocks;
  }

  /** The address that an inside host shares, for protocols without ports. */
  IpAddress sharedAddressOf(long insideHi, long insideLo) {
    return pool.address(addressIndexFor(insideHi, insideLo));
  }

  /** The outside address that an inside host has for itself, or null. */
  @Nullable IpAddress oneToOneOutside(long hi, long lo) {
    List<NatConfig.OneToOne> all = config.oneToOne();
    for (int i = 0; i < all.size(); i++) {
      IpAddress inside = all.get(i).inside();
      if (inside.lo() == lo && inside.hi() == hi) {
        return all.get(i).outside();
      }
    }
    return null;
  }

  /** The inside host that has an outside address for itself, or null. */
  @Nullable IpAddress oneToOneInside(long hi, long lo) {
    List<NatConfig.OneToOne> all = config.oneToOne();
    for (int i = 0; i < all.size(); i++) {
      IpAddress outside = all.get(i).outside();
      if (outside.lo() == lo && outside.hi() == hi) {
        return all.get(i).inside();
      }
    }
    return null;
  }

  /** Whether a socket of this host has that port of an outside address. */
  boolean isOfThisHost(int protocol, long hi, long lo, int port) {
    Object owner = ip.ports().owner(protocol, hi, lo, port);
    return owner != null && owner != pool && owner != this;
  }

  boolean hasPeer(Mapping mapping, long hi, long lo) {
    return peers != null && peers.has(mapping, hi, lo);
  }

  /** A flow of {@code mapping} with that outside address begins. */
  void hold(Mapping mapping, long peerHi, long peerLo) {
    mapping.flows++;
    if (peers != null) {
      peers.add(mapping, peerHi, peerLo);
    }
  }

  /** A flow of {@code mapping} with that outside address has ended: with the last it goes. */
  void release(Mapping mapping, long peerHi, long peerLo) {
    if (peers != null) {
      peers.remove(mapping, peerHi, peerLo);
    }
    if (--mapping.flows == 0 && !mapping.isStatic()) {
      table.remove(mapping);
      pool.release(mapping.addressIndex, mapping.protocol, mapping.outsidePort);
      subscribers.remove(mapping.protocol, mapping.insideHi, mapping.insideLo);
      counters.increment(NatCounter.MAPPINGS_ENDED);
    }
  }

  List<MappingInfo> all() {
    return table.all().stream()
        .map(m -> new MappingInfo(m.protocol, m.inside(), m.outside(), m.isStatic(), m.flows))
        .toList();
  }
}
