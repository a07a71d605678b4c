package dev.tapstack.ip.v4;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.ip.GroupMembership;
import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.IcmpErrors;
import dev.tapstack.ip.IpFamily;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.link.NetInterface;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ipv4;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** IPv4 (RFC 791, RFC 1122 3.2.1). The loop's thread only. */
public final class Ipv4Family implements IpFamily {
  /** RFC 9293 3.7.1: 576 less the smallest headers. */
  private static final int DEFAULT_MSS = 536;

  /** Linux: net.ipv4.route.min_pmtu. RFC 1191 3 has 68, which makes forged reports worthwhile. */
  private static final int MIN_PATH_MTU = 552;

  /** RFC 1122 3.3.2, EMTU_R. */
  private static final int MIN_REASSEMBLY = 576;

  /** 224.0.0.1 (RFC 1112 4). */
  private static final int ALL_HOSTS = 0xe000_0001;

  private static final int LINK_LOCAL_NETWORK = 0xa9fe;

  private final Ipv4Options options;
  private final Identification identification;
  private final Ipv4Fragmenter fragmenter;
  private final IcmpProtocol icmp;
  private final IgmpProtocol igmp;

  public Ipv4Family(IpLayer ip, StackLoop loop, Rng rng) {
    options = new Ipv4Options(ip, loop);
    identification = new Identification(rng);
    fragmenter = new Ipv4Fragmenter(ip);
    icmp = new IcmpProtocol(ip, loop, options);
    igmp = new IgmpProtocol(ip, loop, rng);
  }

  /** ICMP, to be registered as a transport. */
  public IcmpProtocol icmp() {
    return icmp;
  }

  /** IGMP, to be registered as a transport. */
  public IgmpProtocol igmp() {
    return igmp;
  }

  @Override
  public int version() {
    return Ipv4.VERSION;
  }

  @Override
  public int headerLength() {
    return Ipv4.HEADER_LENGTH;
  }

  @Override
  public int defaultMss() {
    return DEFAULT_MSS;
  }

  @Override
  public int minMtu() {
    return Ipv4.MINIMUM_MTU;
  }

  @Override
  public int minPathMtu() {
    return MIN_PATH_MTU;
  }

  @Override
  public int minReassembly() {
    return MIN_REASSEMBLY;
  }

  @Override
  public long pseudoHeader(
      long sourceHi,
      long sourceLo,
      long destinationHi,
      long destinationLo,
      int protocol,
      int length) {
    return Checksum.pseudoHeader((int) sourceLo, (int) destinationLo, protocol, length);
  }

  // Addresses (RFC 1122 3.2.1.3).

  @Override
  public boolean isMulticast(long hi, long lo) {
    return Ipv4Address.isMulticast((int) lo);
  }

  @Override
  public boolean isLimitedBroadcast(long hi, long lo) {
    return (int) lo == -1;
  }

  @Override
  public boolean isAllHosts(long hi, long lo) {
    return (int) lo == ALL_HOSTS;
  }

  /** 0/8, 127/8, 224/4 and 240/4; private ranges are none of our business. */
  @Override
  public boolean isMartianSource(long hi, long lo) {
    int first = (int) lo >>> 24;
    return first == 0 || first == 127 || first >= 224;
  }

  /** RFC 4541 2.1.1: a switch without an address asks for members in a router's stead. */
  @Override
  public boolean mayLackSource(Packet packet) {
    return packet.protocol() == Ipv4.PROTOCOL_IGMP;
  }

  /** 169.254/16 (RFC 3927 2.1). */
  @Override
  public boolean isLinkLocal(long hi, long lo) {
    return (int) lo >>> 16 == LINK_LOCAL_NETWORK;
  }

  /** 0/8, 127/8, and 240/4 but for limited broadcast. */
  @Override
  public boolean isMartianDestination(long hi, long lo) {
    int first = (int) lo >>> 24;
    return first == 0 || first == 127 || first >= 240 && (int) lo != -1;
  }

  // Up.

  @Override
  public @Nullable DropReason parse(Packet packet) {
    ByteBuf buf = packet.buf();
    int at = packet.network();
    int available = packet.end() - at;
    if (available < Ipv4.HEADER_LENGTH) {
      return DropReason.IP_TRUNCATED;
    }
    // Three reads in place of a dozen: each goes through the buffer's checks.
    long first = buf.getLong(at);
    long second = buf.getLong(at + Long.BYTES);
    int destination = Ipv4.destination(buf, at);
    if (Ipv4.versionIn(first) != Ipv4.VERSION) {
      return DropReason.IP_BAD_VERSION;
    }
    int headerLength = Ipv4.headerLengthIn(first);
    if (headerLength < Ipv4.HEADER_LENGTH) {
      return DropReason.IP_BAD_HEADER_LENGTH;
    }
    if (headerLength > available) {
      return DropReason.IP_TRUNCATED;
    }
    long sum = Checksum.sum(first) + Checksum.sum(second) + Checksum.sum(destination);
    int optionsLength = headerLength - Ipv4.HEADER_LENGTH;
    if (!Checksum.verify(sum, buf, at + Ipv4.HEADER_LENGTH, optionsLength)) {
      return DropReason.IP_BAD_CHECKSUM;
    }
    int totalLength = Ipv4.totalLengthIn(first);
    if (totalLength < headerLength) {
      return DropReason.IP_BAD_LENGTH;
    }
    if (totalLength > available) {
      return DropReason.IP_TRUNCATED;
    }
    packet.end(at + totalLength);
    packet.transport(at + headerLength);
    packet.protocol(Ipv4.protocolIn(second));
    packet.tos(Ipv4.tosIn(first));
    packet.ttl(Ipv4.ttlIn(second));
    packet.source(0, Ipv4Address.mapped(Ipv4.sourceIn(second)));
    packet.destination(0, Ipv4Address.mapped(destination));
    return null;
  }

  @Override
  public @Nullable DropReason checkOptions(Packet packet) {
    if (packet.transport() - packet.network() == Ipv4.HEADER_LENGTH) {
      return null;
    }
    int bad = options.check(packet);
    if (bad == Ipv4Options.OK) {
      return null;
    }
    if (bad == Ipv4Options.SOURCE_ROUTE) {
      return DropReason.IP_SOURCE_ROUTE;
    }
    icmp.report(IcmpError.PARAMETER_PROBLEM, packet, bad);
    return DropReason.IP_BAD_OPTION;
  }

  @Override
  public boolean isFragment(Packet packet) {
    return Ipv4.isFragment(packet.buf(), packet.network());
  }

  @Override
  public int fragmentId(Packet packet) {
    return Ipv4.identification(packet.buf(), packet.network());
  }

  @Override
  public int fragmentOffset(Packet packet) {
    return Ipv4.fragmentOffset(packet.buf(), packet.network());
  }

  @Override
  public boolean moreFragments(Packet packet) {
    return Ipv4.moreFragments(packet.buf(), packet.network());
  }

  @Override
  public void reassembled(Packet packet) {
    ByteBuf buf = packet.buf();
    int at = packet.network();
    Ipv4.totalLength(buf, at, packet.end() - at);
    Ipv4.tos(buf, at, packet.tos());
    Ipv4.flags(buf, at, packet.has(Packet.DONT_FRAGMENT) ? Ipv4.FLAG_DF : 0);
    Ipv4.updateHeaderChecksum(buf, at);
  }

  // Down.

  @Override
  public void writeHeader(Packet packet) {
    int at = packet.start() - Ipv4.HEADER_LENGTH;
    packet.start(at);
    packet.network(at);
    ByteBuf buf = packet.buf();
    boolean isAtomic = packet.has(Packet.DONT_FRAGMENT);
    Ipv4.write(
        buf,
        at,
        packet.length(),
        isAtomic ? 0 : identification.next(packet),
        isAtomic ? Ipv4.FLAG_DF : 0,
        packet.ttl(),
        packet.protocol(),
        (int) packet.sourceLo(),
        (int) packet.destinationLo());
    int headerLength = packet.transport() - at;
    if (packet.tos() != 0 || headerLength != Ipv4.HEADER_LENGTH) {
      Ipv4.tos(buf, at, packet.tos());
      Ipv4.headerLength(buf, at, headerLength);
      Ipv4.updateHeaderChecksum(buf, at);
    }
  }

  @Override
  public boolean mustNotFragment(Packet packet) {
    return Ipv4.dontFragment(packet.buf(), packet.network());
  }

  @Override
  public void passOn(Packet packet, @Nullable IpAddress own) {
    ByteBuf buf = packet.buf();
    int at = packet.network();
    packet.ttl(packet.ttl() - 1);
    // RFC 1812 4.2.2.5: an error in the rest of the header must stay to be seen.
    Ipv4.decrementTtl(buf, at);
    if (own != null && hasOptions(packet)) {
      options.passOn(packet, (int) own.lo());
      Ipv4.updateHeaderChecksum(buf, at);
    }
  }

  @Override
  public boolean hasOptions(Packet packet) {
    return packet.transport() - packet.network() > Ipv4.HEADER_LENGTH;
  }

  /**
   * Several hosts share an address now, and know nothing of each other's IDs: what may be
   * fragmented, here or further on, gets one of ours (RFC 6864 5.3.1).
   */
  @Override
  public void translated(Packet packet) {
    ByteBuf buf = packet.buf();
    int at = packet.network();
    if (!mustNotFragment(packet) || packet.largestFragment() != 0) {
      int before = Ipv4.identification(buf, at);
      int after = identification.next(packet);
      Ipv4.identification(buf, at, after);
      Ipv4.headerChecksum(buf, at, Checksum.update16(Ipv4.headerChecksum(buf, at), before, after));
    }
  }

  @Override
  public void redirect(Packet packet, long nextHopHi, long nextHopLo) {
    icmp.redirect(packet, (int) nextHopLo);
  }

  /** IDs count up from the segment's; those of ours are taken one by one. */
  @Override
  public void segmentHeader(Packet piece, int index) {
    ByteBuf buf = piece.buf();
    int at = piece.network();
    Ipv4.totalLength(buf, at, piece.length());
    if (index > 0) {
      boolean isOurs = piece.has(Packet.TRANSLATED) && !mustNotFragment(piece);
      int id = Ipv4.identification(buf, at) + index & 0xffff;
      Ipv4.identification(buf, at, isOurs ? identification.next(piece) : id);
    }
    Ipv4.updateHeaderChecksum(buf, at);
  }

  @Override
  public int fragment(Packet packet, NetInterface via, int mtu, long nextHopHi, long nextHopLo) {
    return fragmenter.fragment(packet, via, mtu, nextHopHi, nextHopLo);
  }

  @Override
  public GroupMembership groups() {
    return igmp;
  }

  @Override
  public IcmpErrors errors() {
    return icmp;
  }
}
