package dev.tapstack.conntrack;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.ip.IpFamily;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Icmp4;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import dev.tapstack.wire.Udp;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tuple of a packet, or of the packet that an ICMP error quotes, after checking that it
 * can be believed. One instance is filled again for each packet. The loop's thread only.
 */
final class TupleReader {
  /** RFC 792: a quote has at least this much behind the IP header, so ports and identifiers. */
  private static final int QUOTED_TRANSPORT = 8;

  private final IpLayer ip;
  private final Tuple tuple = new Tuple();
  private @Nullable Side side;
  private boolean isError;

  TupleReader(IpLayer ip) {
    this.ip = ip;
  }

  /** The tuple that was read; of an ICMP error, the tuple of packets in its direction. */
  Tuple tuple() {
    return tuple;
  }

  /** The only side that such a packet can be of, known for ICMP queries; else null. */
  @Nullable Side side() {
    return side;
  }

  /** Whether the packet is an ICMP error, so that the tuple is that of a flow that it is about. */
  boolean isError() {
    return isError;
  }

  /**
   * Reads a packet.
   *
   * @param isReceived whether it came from a wire: its checksum is to be checked
   * @return why it can have no flow, or null
   */
  @Nullable Refusal read(Packet packet, boolean isReceived) {
    side = null;
    isError = false;
    IpFamily family = ip.family(packet.destinationHi(), packet.destinationLo());
    if (family.isFragment(packet)) {
      return Refusal.MALFORMED;
    }
    tuple.protocol = packet.protocol();
    tuple.addresses(
        packet.sourceHi(), packet.sourceLo(), packet.destinationHi(), packet.destinationLo());
    tuple.ports(0, 0);
    int length = packet.end() - packet.transport() + packet.piecesBytes();
    return switch (packet.protocol()) {
      case Ipv4.PROTOCOL_TCP -> readTcp(family, packet, length, isReceived);
      case Ipv4.PROTOCOL_UDP -> readUdp(family, packet, length, isReceived);
      case Ipv4.PROTOCOL_ICMP -> readIcmp(packet, length, isReceived);
      default -> null;
    };
  }

  private @Nullable Refusal readTcp(
      IpFamily family, Packet packet, int length, boolean isReceived) {
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    if (length < TcpHeader.HEADER_LENGTH) {
      return Refusal.MALFORMED;
    }
    int dataOffset = TcpHeader.dataOffset(buf, at);
    if (dataOffset < TcpHeader.HEADER_LENGTH
        || dataOffset > length
        || !arePossible(TcpHeader.flags(buf, at))) {
      return Refusal.MALFORMED;
    }
    if (isReceived && !isSumRight(family, packet, length)) {
      return Refusal.BAD_CHECKSUM;
    }
    tuple.ports = TcpHeader.ports(buf, at);
    return null;
  }

  /** RFC 9293 3.10.7: every segment has one of SYN, ACK and RST; no SYN ends or resets anything. */
  private static boolean arePossible(int flags) {
    if ((flags & TcpHeader.SYN) != 0) {
      return (flags & (TcpHeader.FIN | TcpHeader.RST)) == 0;
    }
    return (flags & (TcpHeader.ACK | TcpHeader.RST)) != 0;
  }

  private @Nullable Refusal readUdp(
      IpFamily family, Packet packet, int length, boolean isReceived) {
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    if (length < Udp.HEADER_LENGTH
        || Udp.length(buf, at) < Udp.HEADER_LENGTH
        || Udp.length(buf, at) > length) {
      return Refusal.MALFORMED;
    }
    boolean hasSum = Udp.checksum(buf, at) != 0; // RFC 768
    if (isReceived && hasSum && !isSumRight(family, packet, Udp.length(buf, at))) {
      return Refusal.BAD_CHECKSUM;
    }
    tuple.ports(Udp.sourcePort(buf, at), Udp.destinationPort(buf, at));
    return null;
  }

  private static boolean isSumRight(IpFamily family, Packet packet, int length) {
    long sum = family.pseudoHeader(packet, length);
    return Checksum.verify(sum, packet.buf(), packet.transport(), length);
  }

  private @Nullable Refusal readIcmp(Packet packet, int length, boolean isReceived) {
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    if (length < Icmp4.HEADER_LENGTH) {
      return Refusal.MALFORMED;
    }
    if (isReceived && !Checksum.verify(buf, at, length)) {
      return Refusal.BAD_CHECKSUM;
    }
    return switch (Icmp4.type(buf, at)) {
      case Icmp4.DESTINATION_UNREACHABLE, Icmp4.TIME_EXCEEDED, Icmp4.PARAMETER_PROBLEM -> {
        isError = true;
        yield readQuote(buf, at + Icmp4.HEADER_LENGTH, packet.end(), isReceived);
      }
      // Redirects are for one link, and source quench is dead (RFC 6633 3).
      default -> readQuery(buf, at) ? null : Refusal.UNRELATED;
    };
  }

  /** Sets ports and side from an ICMP query or its answer; false if it is neither. */
  private boolean readQuery(ByteBuf buf, int at) {
    int id = Icmp4.identifier(buf, at);
    int type = Icmp4.type(buf, at);
    switch (type) {
      case Icmp4.ECHO_REQUEST, Icmp4.TIMESTAMP -> {
        side = Side.ORIGINAL;
        tuple.ports(id, type);
      }
      case Icmp4.ECHO_REPLY, Icmp4.TIMESTAMP_REPLY -> {
        side = Side.REPLY;
        tuple.ports(type == Icmp4.ECHO_REPLY ? Icmp4.ECHO_REQUEST : Icmp4.TIMESTAMP, id);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /**
   * Reads the packet that an error quotes, and turns it round. Its IP header must have the right
   * checksum (RFC 5508 REQ-3 a); its transport's is not looked at (REQ-3 c), which leaves what
   * follows the quote, RFC 4884's extensions, out of it (REQ-3 d).
   */
  private @Nullable Refusal readQuote(ByteBuf buf, int at, int end, boolean isReceived) {
    if (end - at < Ipv4.HEADER_LENGTH || Ipv4.version(buf, at) != Ipv4.VERSION) {
      return Refusal.UNRELATED;
    }
    int headerLength = Ipv4.headerLength(buf, at);
    int transport = at + headerLength;
    int protocol = Ipv4.protocol(buf, at);
    boolean hasPorts =
        protocol == Ipv4.PROTOCOL_TCP
            || protocol == Ipv4.PROTOCOL_UDP
            || protocol == Ipv4.PROTOCOL_ICMP;
    if (headerLength < Ipv4.HEADER_LENGTH
        || end - transport < (hasPorts ? QUOTED_TRANSPORT : 0)
        || Ipv4.fragmentOffset(buf, at) != 0) {
      return Refusal.UNRELATED;
    }
    if (isReceived && !Checksum.verify(buf, at, headerLength)) {
      return Refusal.BAD_CHECKSUM;
    }
    tuple.protocol = protocol;
    tuple.addresses(
        0,
        Ipv4Address.mapped(Ipv4.source(buf, at)),
        0,
        Ipv4Address.mapped(Ipv4.destination(buf, at)));
    if (protocol == Ipv4.PROTOCOL_ICMP) {
      if (!readQuery(buf, transport)) {
        return Refusal.UNRELATED;
      }
      side = side == Side.ORIGINAL ? Side.REPLY : Side.ORIGINAL;
    } else if (hasPorts) {
      tuple.ports(Udp.sourcePort(buf, transport), Udp.destinationPort(buf, transport));
    }
    tuple.turnRound();
    return null;
  }
}
