package dev.tapstack.link;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.wire.Ethernet;
import java.util.List;

/**
 * Ethernet II (RFC 894): takes the frames that are meant for this host up, gives each protocol its
 * own, and puts the header with the neighbour's address before what goes down. The loop's thread
 * only.
 *
 * <p>Padding is left in place: only the network layer knows its packet's length.
 */
final class EthernetLink implements Link, NeighborCache.Exit {
  /** 224.0.0.1, which every host listens to (RFC 1112 4). */
  private static final int ALL_SYSTEMS = 0xe000_0001;

  private static final long UNICAST = -1;

  private final DeviceInterface owner;
  private final long ownMac;
  private final NetworkProtocol network;
  private final ArpProtocol arp;
  private final NeighborCache neighbors;
  private final GroupTable groups = new GroupTable();
  private final int[] broadcasts;

  EthernetLink(
      DeviceInterface owner,
      StackLoop loop,
      PacketPool pool,
      PacketLedger ledger,
      Rng rng,
      NetworkProtocol network) {
    this.owner = owner;
    this.ownMac = owner.mac().bits();
    this.network = network;
    this.broadcasts = broadcasts(owner.addresses());
    this.arp = new ArpProtocol(this, loop, pool, ledger, rng, network, owner);
    this.neighbors = new NeighborCache(loop, rng, owner.counters(), arp, this);
    groups.join(MacAddress.multicast(ALL_SYSTEMS));
  }

  private static int[] broadcasts(List<IpPrefix> addresses) {
    return addresses.stream()
        .filter(IpPrefix::hasBroadcast)
        .mapToInt(prefix -> (int) prefix.last().lo())
        .toArray();
  }

  NeighborCache neighbors() {
    return neighbors;
  }

  /** Whether the interface's addresses may be used (RFC 5227 2.1.1). */
  boolean isInUse() {
    return arp.isInUse();
  }

  GroupTable groups() {
    return groups;
  }

  // Up.

  @Override
  public void input(Packet packet) {
    if (packet.length() < Ethernet.HEADER_LENGTH) {
      packet.drop(DropReason.ETHERNET_RUNT);
      return;
    }
    int at = packet.start();
    // Two reads in place of four: each goes through the buffer's checks.
    long first = packet.buf().getLong(at);
    int second = packet.buf().getInt(at + Long.BYTES);
    long destination = Ethernet.destinationIn(first);
    if (destination == Ethernet.BROADCAST) {
      packet.set(Packet.LINK_BROADCAST);
    } else if (MacAddress.isGroup(destination) && groups.contains(destination)) {
      packet.set(Packet.LINK_MULTICAST);
    } else if (destination != ownMac) {
      packet.drop(DropReason.ETHERNET_NOT_FOR_US);
      return;
    }
    long source = Ethernet.sourceIn(first, second);
    if (MacAddress.isGroup(source) || source == ownMac) {
      packet.drop(DropReason.ETHERNET_BAD_SOURCE);
      return;
    }
    packet.network(at + Ethernet.HEADER_LENGTH);
    switch (Ethernet.type(packet.buf(), at)) {
      case Ethernet.TYPE_IPV4 -> {
        if (arp.isInUse()) {
          network.input(owner, packet);
        } else {
          packet.drop(DropReason.ADDRESS_NOT_IN_USE);
        }
      }
      case Ethernet.TYPE_ARP -> arp.input(packet);
      default -> packet.drop(DropReason.ETHERNET_UNKNOWN_TYPE);
    }
  }

  // Down.

  @Override
  public void output(Packet packet, long nextHopHi, long nextHopLo) {
    assert Ipv4Address.isMapped(nextHopHi, nextHopLo) : "no neighbour discovery for IPv6 yet";
    if (!arp.isInUse()) {
      packet.drop(DropReason.ADDRESS_NOT_IN_USE);
      return;
    }
    long group = groupMac((int) nextHopLo);
    if (group == UNICAST) {
      neighbors.output(packet, nextHopHi, nextHopLo);
    } else {
      send(packet, group);
    }
  }

  /** The group MAC address for a broadcast or multicast address, or {@link #UNICAST}. */
  private long groupMac(int address) {
    if (Ipv4Address.isMulticast(address)) {
      return MacAddress.multicast(address);
    }
    return isBroadcast(address) ? Ethernet.BROADCAST : UNICAST;
  }

  /** Whether it is limited broadcast, or the directed broadcast of a subnet of this interface. */
  boolean isBroadcast(int address) {
    for (int broadcast : broadcasts) {
      if (address == broadcast) {
        return true;
      }
    }
    return address == -1;
  }

  @Override
  public void send(Packet packet, long mac) {
    send(packet, mac, Ethernet.TYPE_IPV4);
  }

  /** Puts the Ethernet header before {@link Packet#start} and transmits the packet, given. */
  void send(Packet packet, long mac, int type) {
    int at = packet.start() - Ethernet.HEADER_LENGTH;
    Ethernet.write(packet.buf(), at, mac, ownMac, type);
    packet.start(at);
    owner.transmit(packet);
  }

  @Override
  public void unreachable(Packet packet) {
    network.neighborUnreachable(owner, packet);
  }

  @Override
  public void confirmNeighbor(long nextHopHi, long nextHopLo) {
    neighbors.confirm(nextHopHi, nextHopLo);
  }

  @Override
  public void doubtNeighbor(long nextHopHi, long nextHopLo) {
    neighbors.doubt(nextHopHi, nextHopLo);
  }

  @Override
  public void up() {
    arp.up();
  }

  @Override
  public void down(DropReason reason) {
    arp.down();
    neighbors.clear(reason);
  }
}
