package dev.tapstack.ip.v4;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.ip.GroupMembership;
import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.ip.QuotedPacket;
import dev.tapstack.ip.TransportProtocol;
import dev.tapstack.link.NetInterface;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Igmp;
import dev.tapstack.wire.Ipv4;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * IGMP as a host: version 3 (RFC 3376), and versions 2 (RFC 2236) and 1 (RFC 1112 appendix I) where
 * a router speaks them. Checks messages and builds them; when they are due is {@link
 * IgmpInterface}'s. The loop's thread only.
 *
 * <p>A group is wanted from all sources, which in the RFC's words is the filter mode EXCLUDE with
 * an empty list; filters by source are not there. 224.0.0.1, which every host has joined, is never
 * reported (RFC 3376 6).
 */
public final class IgmpProtocol implements TransportProtocol, GroupMembership {
  /** 224.0.0.1. */
  private static final int ALL_SYSTEMS = 0xe000_0001;

  /** 224.0.0.2, where leaving is said (RFC 2236 3). */
  private static final int ALL_ROUTERS = 0xe000_0002;

  /** 224.0.0.22, where reports of version 3 go (RFC 3376 4.2.14). */
  private static final int V3_ROUTERS = 0xe000_0016;

  /** RFC 3376 4: Internetwork Control. */
  private static final int TOS = 0xc0;

  /** RFC 3376 4. */
  private static final int TTL = 1;

  /** RFC 2113: option 148 of four bytes with the value 0. */
  private static final int ROUTER_ALERT = 0x9404_0000;

  private static final int ROUTER_ALERT_LENGTH = 4;

  private static final long TENTH_NANOS = 100_000_000L;

  /** RFC 2236 4: what a query of version 1, which has no such field, allows. */
  private static final long V1_MAX_RESP_NANOS = 10_000_000_000L;

  private final IpLayer ip;
  private final StackLoop loop;
  private final Rng rng;
  private final Counters<IgmpCounter> counters = new Counters<>(IgmpCounter.class);

  /** Those on which something has been joined or asked. */
  private final List<IgmpInterface> interfaces = new ArrayList<>();

  IgmpProtocol(IpLayer ip, StackLoop loop, Rng rng) {
    this.ip = ip;
    this.loop = loop;
    this.rng = rng;
  }

  public Counters<IgmpCounter> counters() {
    return counters;
  }

  @Override
  public int protocol() {
    return Ipv4.PROTOCOL_IGMP;
  }

  // Membership.

  @Override
  public void joined(NetInterface via, long hi, long lo) {
    if ((int) lo != ALL_SYSTEMS) {
      of(via).joined((int) lo);
    }
  }

  private IgmpInterface of(NetInterface via) {
    IgmpInterface state = find(via.index());
    if (state == null) {
      state = new IgmpInterface(this, via, loop, rng);
      interfaces.add(state);
    }
    return state;
  }

  @Override
  public void left(NetInterface via, long hi, long lo) {
    IgmpInterface state = find(via.index());
    if (state != null) {
      state.left((int) lo);
    }
  }

  @Override
  public void inUse(NetInterface via) {
    IgmpInterface state = find(via.index());
    if (state != null) {
      state.inUse();
    }
  }

  private @Nullable IgmpInterface find(int index) {
    for (int i = 0; i < interfaces.size(); i++) {
      if (interfaces.get(i).via().index() == index) {
        return interfaces.get(i);
      }
    }
    return null;
  }

  @Override
  public void close() {
    interfaces.forEach(IgmpInterface::cancelAll);
  }

  // Up.

  @Override
  public void input(Packet packet) {
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    int length = packet.end() - at;
    if (length < Igmp.HEADER_LENGTH) {
      packet.drop(DropReason.IGMP_TRUNCATED);
    } else if (!Checksum.verify(buf, at, length)) {
      packet.drop(DropReason.IGMP_BAD_CHECKSUM);
    } else if (packet.ttl() != TTL) {
      packet.drop(DropReason.IGMP_BAD_TTL); // RFC 3376 4: never from beyond a router
    } else {
      switch (Igmp.type(buf, at)) {
        case Igmp.QUERY -> query(packet, length);
        case Igmp.V1_REPORT, Igmp.V2_REPORT -> report(packet);
        // RFC 3376 4: ignored, as are those to routers alone.
        default -> packet.drop(DropReason.IGMP_UNKNOWN_TYPE);
      }
    }
  }

  /** RFC 3376 7.1: the version follows from length and code. */
  private void query(Packet packet, int length) {
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    int group = Igmp.group(buf, at);
    int code = Igmp.maxRespCode(buf, at);
    boolean isV3 = length >= Igmp.V3_QUERY_LENGTH;
    int sources = isV3 ? Igmp.sourceCount(buf, at) : 0;
    if (!isV3 && length != Igmp.HEADER_LENGTH
        || isV3 && sources * Ipv4.ADDRESS_LENGTH > length - Igmp.V3_QUERY_LENGTH
        || !isAddressed(group, sources, packet)) {
      packet.drop(DropReason.IGMP_BAD_QUERY);
      return;
    }
    int version = isV3 ? IgmpInterface.V3 : code == 0 ? IgmpInterface.V1 : IgmpInterface.V2;
    if (version != IgmpInterface.V1 && !hasRouterAlert(packet)) {
      packet.drop(DropReason.IGMP_NO_ROUTER_ALERT);
      return;
    }
    counters.increment(IgmpCounter.QUERIES_RECEIVED);
    IgmpInterface state = of(ip.interfaces().get(packet.interfaceIndex()));
    if (isV3) {
      state.querierTells(Igmp.robustness(buf, at), Igmp.codeValue(Igmp.queryIntervalCode(buf, at)));
    }
    long maxRespNanos =
        version == IgmpInterface.V1
            ? V1_MAX_RESP_NANOS
            : (isV3 ? Igmp.codeValue(code) : code) * TENTH_NANOS;
    if (group == 0) {
      state.generalQuery(version, maxRespNanos);
    } else {
      state.groupQuery(group, maxRespNanos, buf, at, sources);
    }
  }

  /** RFC 3376 9.1: no general query to another group than 224.0.0.1; 4.1.9: its own for others. */
  private boolean isAddressed(int group, int sources, Packet packet) {
    int destination = (int) packet.destinationLo();
    boolean isToGroup = Ipv4Address.isMulticast(destination);
    if (group == 0) {
      return sources == 0 && (!isToGroup || destination == ALL_SYSTEMS);
    }
    return Ipv4Address.isMulticast(group) && (!isToGroup || destination == group);
  }

  /** RFC 3376 9.1: a query without it has not been seen by the routers and switches on the way. */
  private static boolean hasRouterAlert(Packet packet) {
    ByteBuf buf = packet.buf();
    int at = packet.network() + Ipv4.HEADER_LENGTH;
    while (at < packet.transport()) {
      int type = buf.getUnsignedByte(at);
      if (type == Ipv4.OPTION_ROUTER_ALERT) {
        return true;
      }
      if (type == Ipv4.OPTION_END) {
        return false;
      }
      at += type == Ipv4.OPTION_NOP ? 1 : buf.getUnsignedByte(at + Ipv4.OPTION_LENGTH_OFFSET);
    }
    return false;
  }

  private void report(Packet packet) {
    int group = Igmp.group(packet.buf(), packet.transport());
    IgmpInterface state = find(packet.interfaceIndex());
    if (state == null || group != (int) packet.destinationLo() || !state.reportHeard(group)) {
      packet.drop(DropReason.IGMP_BAD_REPORT);
    } else {
      counters.increment(IgmpCounter.REPORTS_HEARD);
    }
  }

  @Override
  public boolean error(IcmpError kind, QuotedPacket about) {
    return false; // no host answers a multicast with an error
  }

  // Down.

  /** A report of version 1 or 2, to the group itself (RFC 2236 9). */
  void sendReport(NetInterface via, int type, int group) {
    counters.increment(IgmpCounter.REPORTS_SENT);
    send(via, type, group, group);
  }

  void sendLeave(NetInterface via, int group) {
    counters.increment(IgmpCounter.LEAVES_SENT);
    send(via, Igmp.LEAVE, group, ALL_ROUTERS);
  }

  private void send(NetInterface via, int type, int group, int destination) {
    Packet packet = newMessage(Igmp.HEADER_LENGTH);
    Igmp.write(packet.buf(), packet.transport(), type, 0, group);
    output(packet, via, destination);
  }

  /**
   * A report of version 3 with one record.
   *
   * @param isWithSources whether the sources that the group was asked for are in it
   */
  void sendRecord(NetInterface via, int recordType, IgmpGroup group, boolean isWithSources) {
    int sources = isWithSources ? group.sourceCount() : 0;
    int length = Igmp.HEADER_LENGTH + Igmp.RECORD_LENGTH + sources * Ipv4.ADDRESS_LENGTH;
    Packet packet = newMessage(length);
    ByteBuf buf = packet.buf();
    int record = packet.transport() + Igmp.HEADER_LENGTH;
    Igmp.writeReport(buf, packet.transport(), 1);
    Igmp.writeRecord(buf, record, recordType, group.address, sources);
    for (int i = 0; i < sources; i++) {
      buf.setInt(record + Igmp.RECORD_LENGTH + i * Ipv4.ADDRESS_LENGTH, group.source(i));
    }
    sendV3(packet, via);
  }

  /** What all groups are, in as few reports as the MTU allows (RFC 3376 4.2.16). */
  void sendState(NetInterface via, List<IgmpGroup> groups) {
    int room = via.mtu() - Ipv4.HEADER_LENGTH - ROUTER_ALERT_LENGTH - Igmp.HEADER_LENGTH;
    int most = Math.max(1, room / Igmp.RECORD_LENGTH);
    List<IgmpGroup> members = groups.stream().filter(group -> group.isMember).toList();
    for (int from = 0; from < members.size(); from += most) {
      int count = Math.min(most, members.size() - from);
      Packet packet = newMessage(Igmp.HEADER_LENGTH + count * Igmp.RECORD_LENGTH);
      int at = packet.transport();
      Igmp.writeReport(packet.buf(), at, count);
      for (int i = 0; i < count; i++) {
        Igmp.writeRecord(
            packet.buf(),
            at + Igmp.HEADER_LENGTH + i * Igmp.RECORD_LENGTH,
            Igmp.MODE_IS_EXCLUDE,
            members.get(from + i).address,
            0);
      }
      sendV3(packet, via);
    }
  }

  private void sendV3(Packet packet, NetInterface via) {
    counters.increment(IgmpCounter.REPORTS_SENT);
    int at = packet.transport();
    Igmp.updateChecksum(packet.buf(), at, packet.end() - at);
    output(packet, via, V3_ROUTERS);
  }

  /** A packet with the Router Alert option (RFC 2113, RFC 3376 4) before {@code length} bytes. */
  private Packet newMessage(int length) {
    Packet packet = ip.newPacket(ROUTER_ALERT_LENGTH + length);
    packet.buf().setInt(packet.start(), ROUTER_ALERT);
    packet.transport(packet.start() + ROUTER_ALERT_LENGTH);
    packet.end(packet.transport() + length);
    return packet;
  }

  private void output(Packet packet, NetInterface via, int destination) {
    IpPrefix own = firstAddress(via);
    if (!via.isUp() || own == null) {
      packet.drop(DropReason.DEVICE_DOWN); // said again when it is up; without address never
      return;
    }
    packet.protocol(Ipv4.PROTOCOL_IGMP);
    packet.tos(TOS);
    packet.ttl(TTL);
    packet.set(Packet.DONT_FRAGMENT);
    packet.source(own.address().hi(), own.address().lo()); // which also makes it leave there
    packet.destination(0, Ipv4Address.mapped(destination));
    ip.output(packet);
  }

  private static @Nullable IpPrefix firstAddress(NetInterface via) {
    for (IpPrefix each : via.addresses()) {
      if (each.address().isV4()) {
        return each;
      }
    }
    return null;
  }
}
