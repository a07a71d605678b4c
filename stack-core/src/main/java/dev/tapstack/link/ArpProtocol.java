package dev.tapstack.link;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Timer;
import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.wire.Arp;
import dev.tapstack.wire.Ethernet;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ARP for IPv4 over Ethernet: RFC 826, RFC 1122 2.3.2, and RFC 5227: announcing (2.3), defending
 * (2.4) and, if the interface is to, probing before its addresses are used (2.1.1). The loop's
 * thread only.
 *
 * <p>What a packet tells of its sender updates an entry of the {@link NeighborCache} that is there;
 * only a question for an address of ours makes a new one, and only for a sender in one of our
 * subnets: it is about to speak with us. Announcements and answers to others create nothing, so
 * that the table holds those whom we speak with. By option a router answers for hosts that it
 * reaches by another interface (RFC 1027), and to that question the same applies.
 *
 * <p>While the addresses are probed they are not used: nothing is answered, nothing learnt. If one
 * of them turns out to be taken, none is used until the interface goes down and comes up again.
 */
final class ArpProtocol implements NeighborProbe {
  /** RFC 5227 1.1: ANNOUNCE_NUM. */
  private static final int ANNOUNCE_NUM = 2;

  /** RFC 5227 1.1: ANNOUNCE_INTERVAL. */
  private static final long ANNOUNCE_INTERVAL_NANOS = 2_000_000_000L;

  /** RFC 5227 1.1: DEFEND_INTERVAL. */
  private static final long DEFEND_INTERVAL_NANOS = 10_000_000_000L;

  private static final int LOOPBACK_NETWORK = 127;

  private static final Logger LOG = LoggerFactory.getLogger(ArpProtocol.class);

  private final EthernetLink link;
  private final StackLoop loop;
  private final PacketPool pool;
  private final PacketLedger ledger;
  private final NetworkProtocol network;
  private final DeviceInterface owner;
  private final long ownMac;
  private final List<IpPrefix> addresses;
  private final AddressProbe probe;
  private final Timer announcement = new Timer(now -> announceAll());
  private int announcementsLeft;
  private boolean isProbing;
  private boolean isInUse;
  private boolean hasDefended;
  private long defendedNanos;

  ArpProtocol(
      EthernetLink link,
      StackLoop loop,
      PacketPool pool,
      PacketLedger ledger,
      Rng rng,
      NetworkProtocol network,
      DeviceInterface owner) {
    this.link = link;
    this.loop = loop;
    this.pool = pool;
    this.ledger = ledger;
    this.network = network;
    this.owner = owner;
    this.ownMac = owner.mac().bits();
    this.addresses = owner.addresses().stream().filter(prefix -> prefix.address().isV4()).toList();
    this.probe = new AddressProbe(loop, rng, this::probeAll, this::use);
  }

  // Up.

  /** A frame of ARP, borrowed; {@link Packet#network} stands behind its Ethernet header. */
  void input(Packet packet) {
    ByteBuf buf = packet.buf();
    int at = packet.network();
    if (packet.end() - at < Arp.LENGTH || !Arp.isEthernetIpv4(buf, at)) {
      packet.drop(DropReason.ARP_MALFORMED);
      return;
    }
    int operation = Arp.operation(buf, at);
    if (operation != Arp.REQUEST && operation != Arp.REPLY) {
      packet.drop(DropReason.ARP_MALFORMED);
      return;
    }
    boolean isRequest = operation == Arp.REQUEST;
    owner
        .counters()
        .increment(isRequest ? LinkCounter.ARP_REQUESTS_IN : LinkCounter.ARP_REPLIES_IN);
    long senderMac = Arp.senderMac(buf, at);
    int sender = Arp.senderIp(buf, at);
    int target = Arp.targetIp(buf, at);
    if (senderMac == 0 || senderMac == ownMac || MacAddress.isGroup(senderMac)) {
      packet.drop(DropReason.ARP_BAD_SENDER);
      return;
    }
    if (!isInUse) {
      packet.drop(DropReason.ADDRESS_NOT_IN_USE);
      listenForConflict(isRequest, sender, target, senderMac);
      return;
    }
    if (isOwn(sender)) {
      packet.drop(DropReason.ARP_BAD_SENDER);
      conflict(sender, senderMac);
      return;
    }
    boolean isProbe = sender == 0; // RFC 5227 1.1: answered, but tells nothing of its sender
    if (!isProbe && !isHost(sender)) {
      packet.drop(DropReason.ARP_BAD_SENDER);
      return;
    }
    boolean isForUs = isOwn(target) || isRequest && !isProbe && isAnsweredForOthers(sender, target);
    boolean isUpdate = !isProbe && learn(packet, isRequest, isForUs, sender, senderMac);
    if (isForUs && isRequest) {
      owner.counters().increment(LinkCounter.ARP_REPLIES_OUT);
      send(Arp.REPLY, senderMac, target, senderMac, sender);
    } else if (!isForUs && !isUpdate) {
      packet.drop(DropReason.ARP_NOT_FOR_US);
    }
  }

  /**
   * RFC 1027 2: a host that takes us to be on its link what is behind us sends it to us. Probes
   * (RFC 5227) and announcements are no such question.
   */
  private boolean isAnsweredForOthers(int sender, int target) {
    return owner.proxyArp()
        && sender != target
        && isHost(target)
        && network.leadsElsewhere(owner, 0, Ipv4Address.mapped(target));
  }

  private boolean learn(
      Packet packet, boolean isRequest, boolean isForUs, int sender, long senderMac) {
    boolean isAnswer = !isRequest && isForUs && !packet.has(Packet.LINK_BROADCAST);
    boolean mayCreate = isRequest && isForUs && isNeighbor(sender);
    return link.neighbors().learn(0, Ipv4Address.mapped(sender), senderMac, isAnswer, mayCreate);
  }

  private boolean isOwn(int address) {
    for (int i = 0; i < addresses.size(); i++) {
      if ((int) addresses.get(i).address().lo() == address) {
        return true;
      }
    }
    return false;
  }

  private boolean isNeighbor(int address) {
    for (int i = 0; i < addresses.size(); i++) {
      if (addresses.get(i).contains(0, Ipv4Address.mapped(address))) {
        return true;
      }
    }
    return false;
  }

  /** Whether a host may have it: none of RFC 1122 3.2.1.3's addresses that are never a source. */
  private boolean isHost(int address) {
    int network = address >>> 24;
    return network != 0
        && network != LOOPBACK_NETWORK
        && network < 224
        && !link.isBroadcast(address);
  }

  /**
   * Somebody else claims an address of ours. RFC 5227 2.4 (c): the address is kept and defended by
   * one announcement in ten seconds, for it was configured and nobody here could choose another.
   */
  private void conflict(int address, long otherMac) {
    owner.counters().increment(LinkCounter.ARP_CONFLICTS);
    long now = loop.nowNanos();
    if (!hasDefended || now - defendedNanos >= DEFEND_INTERVAL_NANOS) {
      hasDefended = true;
      defendedNanos = now;
      LOG.warn(
          "{}: {} claims {}, which is this stack's",
          owner.name(),
          MacAddress.format(otherMac),
          Ipv4Address.format(address));
      announce(address);
    }
  }

  // Down.

  @Override
  public void ask(long hi, long lo) {
    request(Ethernet.BROADCAST, 0, (int) lo);
  }

  @Override
  public void askDirectly(long hi, long lo, long mac) {
    request(mac, mac, (int) lo);
  }

  private void request(long destination, long targetMac, int target) {
    owner.counters().increment(LinkCounter.ARP_REQUESTS_OUT);
    send(Arp.REQUEST, destination, sourceFor(target), targetMac, target);
  }

  /** Our address in the target's subnet, else our first one, else none. */
  private int sourceFor(int target) {
    for (int i = 0; i < addresses.size(); i++) {
      if (addresses.get(i).contains(0, Ipv4Address.mapped(target))) {
        return (int) addresses.get(i).address().lo();
      }
    }
    return addresses.isEmpty() ? 0 : (int) addresses.getFirst().address().lo();
  }

  private void send(int operation, long destination, int sender, long targetMac, int target) {
    Packet packet = pool.allocateFor(Arp.LENGTH).builtBy(ledger);
    Arp.write(packet.buf(), packet.start(), operation, ownMac, sender, targetMac, target);
    packet.end(packet.start() + Arp.LENGTH);
    packet.interfaceIndex(owner.index());
    link.send(packet, destination, Ethernet.TYPE_ARP);
  }

  // Probing (RFC 5227 2.1.1).

  private void probeAll() {
    for (int i = 0; i < addresses.size(); i++) {
      owner.counters().increment(LinkCounter.ARP_PROBES_OUT);
      send(Arp.REQUEST, Ethernet.BROADCAST, 0, 0, (int) addresses.get(i).address().lo());
    }
  }

  /**
   * RFC 5227 2.1.1: somebody who speaks from an address that is probed has it, and somebody else
   * who probes for it may be about to.
   */
  private void listenForConflict(boolean isRequest, int sender, int target, long otherMac) {
    boolean isOtherProbe = isRequest && sender == 0 && isOwn(target);
    if (isProbing && (isOwn(sender) || isOtherProbe)) {
      isProbing = false;
      probe.cancel();
      owner.counters().increment(LinkCounter.ARP_CONFLICTS);
      int taken = isOtherProbe ? target : sender;
      owner.addressTaken(Ipv4Address.of(taken), new MacAddress(otherMac));
    }
  }

  /** Whether our addresses may be used: no packet is to come from them before. */
  boolean isInUse() {
    return isInUse;
  }

  /** The interface came up. */
  void up() {
    if (owner.probesAddresses() && !addresses.isEmpty()) {
      isProbing = true;
      probe.start();
    } else {
      use();
    }
  }

  void down() {
    isProbing = false;
    isInUse = false;
    probe.cancel();
    loop.timers().cancel(announcement);
  }

  // Announcing.

  /** From now on our addresses are ours; announced now and once more (RFC 5227 2.3). */
  private void use() {
    isProbing = false;
    isInUse = true;
    announcementsLeft = ANNOUNCE_NUM;
    announceAll();
    owner.addressesInUse();
  }

  private void announceAll() {
    for (int i = 0; i < addresses.size(); i++) {
      announce((int) addresses.get(i).address().lo());
    }
    announcementsLeft--;
    if (announcementsLeft > 0) {
      loop.armIn(announcement, ANNOUNCE_INTERVAL_NANOS);
    }
  }

  private void announce(int address) {
    owner.counters().increment(LinkCounter.ARP_ANNOUNCEMENTS_OUT);
    send(Arp.REQUEST, Ethernet.BROADCAST, address, 0, address);
  }
}
