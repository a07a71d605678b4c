package dev.tapstack.nat;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Icmp4;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import dev.tapstack.wire.Udp;
import io.netty.buffer.ByteBuf;

/**
 * Changes an endpoint of a packet in place: address, and port or ICMP query identifier, with every
 * checksum over them and the addresses that the packet remembers. In an ICMP error also the
 * endpoints of the packet that it quotes (RFC 5508 4).
 *
 * <p>Theory of operation. Only headers are read and written, so that payload may lie anywhere: a
 * checksum is updated by the words that changed below it (RFC 1624). A wrong checksum stays wrong,
 * as its receiver must see. In a quote a port or a checksum that was cut off is left out; the ICMP
 * checksum around it follows what was changed.
 *
 * <p>Static and without state; the loop's thread, which owns the packets.
 */
public final class Rewrite {
  /** In place of a port: the address alone is changed. */
  public static final int ADDRESS_ONLY = -1;

  private Rewrite() {}

  /**
   * Gives {@code packet} another source.
   *
   * @param port of TCP and UDP; the identifier of an ICMP query or its reply; ignored for anything
   *     else, or {@link #ADDRESS_ONLY}
   */
  public static void source(Packet packet, long hi, long lo, int port) {
    endpoint(packet.buf(), packet.network(), packet.end(), true, v4(hi, lo), port);
    packet.source(hi, lo);
  }

  /** Gives {@code packet} another destination; as {@link #source}. */
  public static void destination(Packet packet, long hi, long lo, int port) {
    endpoint(packet.buf(), packet.network(), packet.end(), false, v4(hi, lo), port);
    packet.destination(hi, lo);
  }

  /** Gives the packet that {@code error} quotes, an ICMP error, another source. */
  public static void quotedSource(Packet error, long hi, long lo, int port) {
    quoted(error, true, v4(hi, lo), port);
  }

  /** Gives the packet that {@code error} quotes, an ICMP error, another destination. */
  public static void quotedDestination(Packet error, long hi, long lo, int port) {
    quoted(error, false, v4(hi, lo), port);
  }

  private static int v4(long hi, long lo) {
    assert Ipv4Address.isMapped(hi, lo) : "IPv6 is not translated";
    return (int) lo;
  }

  private static void quoted(Packet error, boolean isSource, int address, int port) {
    ByteBuf buf = error.buf();
    int icmp = error.transport();
    int quote = icmp + Icmp4.HEADER_LENGTH;
    if (error.end() - quote >= Ipv4.HEADER_LENGTH) {
      long change = endpoint(buf, quote, error.end(), isSource, address, port);
      Icmp4.checksum(buf, icmp, Checksum.update(Icmp4.checksum(buf, icmp), change));
    }
  }

  /** Changes one endpoint of the IPv4 packet at {@code network}; returns the change of its sum. */
  private static long endpoint(
      ByteBuf buf, int network, int end, boolean isSource, int address, int port) {
    int before = isSource ? Ipv4.source(buf, network) : Ipv4.destination(buf, network);
    if (isSource) {
      Ipv4.source(buf, network, address);
    } else {
      Ipv4.destination(buf, network, address);
    }
    long change = Checksum.change32(before, address);
    long second = buf.getLong(network + Long.BYTES); // one read in place of two
    int headerBefore = Ipv4.headerChecksumIn(second);
    int header = Checksum.update(headerBefore, change);
    Ipv4.headerChecksum(buf, network, header);
    long whole = change + Checksum.change16(headerBefore, header);
    if (Ipv4.fragmentOffset(buf, network) != 0) {
      return whole;
    }
    int at = network + Ipv4.headerLength(buf, network);
    return whole
        + switch (Ipv4.protocolIn(second)) {
          case Ipv4.PROTOCOL_TCP -> tcp(buf, at, end, isSource, port, change);
          case Ipv4.PROTOCOL_UDP -> udp(buf, at, end, isSource, port, change);
          case Ipv4.PROTOCOL_ICMP -> icmpQuery(buf, at, end, port);
          default -> 0;
        };
  }

  private static long tcp(
      ByteBuf buf, int at, int end, boolean isSource, int port, long addressChange) {
    long change = port(buf, isSource ? at : at + Short.BYTES, end, port);
    if (!has(end, at + TcpHeader.CHECKSUM_OFFSET)) {
      return change;
    }
    int before = TcpHeader.checksum(buf, at);
    int after = Checksum.update(before, addressChange + change);
    TcpHeader.checksum(buf, at, after);
    return change + Checksum.change16(before, after);
  }

  private static long udp(
      ByteBuf buf, int at, int end, boolean isSource, int port, long addressChange) {
    long change = port(buf, isSource ? at : at + Short.BYTES, end, port);
    if (!has(end, at + Udp.CHECKSUM_OFFSET)) {
      return change;
    }
    int before = Udp.checksum(buf, at);
    if (before == 0) {
      return change; // RFC 768: the sender computed none
    }
    int after = Checksum.update(before, addressChange + change);
    after = after == 0 ? 0xffff : after; // RFC 768: 0 would say that there is none
    Udp.checksum(buf, at, after);
    return change + Checksum.change16(before, after);
  }

  /** RFC 5508 3.1: the identifier of a query and of its reply; no pseudo-header is summed. */
  private static long icmpQuery(ByteBuf buf, int at, int end, int identifier) {
    if (identifier == ADDRESS_ONLY || end - at < Icmp4.HEADER_LENGTH || !isQuery(buf, at)) {
      return 0;
    }
    int identifierBefore = Icmp4.identifier(buf, at);
    Icmp4.identifier(buf, at, identifier);
    long change = Checksum.change16(identifierBefore, identifier);
    int before = Icmp4.checksum(buf, at);
    int after = Checksum.update(before, change);
    Icmp4.checksum(buf, at, after);
    return change + Checksum.change16(before, after);
  }

  private static boolean isQuery(ByteBuf buf, int at) {
    return switch (Icmp4.type(buf, at)) {
      case Icmp4.ECHO_REQUEST, Icmp4.ECHO_REPLY, Icmp4.TIMESTAMP, Icmp4.TIMESTAMP_REPLY -> true;
      default -> false;
    };
  }

  private static long port(ByteBuf buf, int at, int end, int port) {
    if (port == ADDRESS_ONLY || !has(end, at)) {
      return 0;
    }
    int before = buf.getUnsignedShort(at);
    buf.setShort(at, port);
    return Checksum.change16(before, port);
  }

  /** Whether all of the 16-bit field at {@code at} is there. */
  private static boolean has(int end, int at) {
    return at + Short.BYTES <= end;
  }
}
