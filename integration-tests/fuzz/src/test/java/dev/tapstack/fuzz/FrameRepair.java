package dev.tapstack.fuzz;

import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ethernet;
import dev.tapstack.wire.Icmp4;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import dev.tapstack.wire.Udp;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.TreeMap;

/**
 * Makes mutated frames reach the layer that they mean: puts lengths' checksums right, and
 * acknowledgment numbers, which count from 0 in a script, on top of the host's initial sequence
 * numbers, learnt from the SYNs that it sends.
 */
final class FrameRepair {
  private static final int IP = Ethernet.HEADER_LENGTH;

  private final TreeMap<Integer, Integer> issByPorts = new TreeMap<>();

  /** Learns from a frame of the host's. */
  void sent(byte[] bytes) {
    ByteBuf frame = Unpooled.wrappedBuffer(bytes);
    int tcp = transport(frame, Ipv4.PROTOCOL_TCP, TcpHeader.HEADER_LENGTH);
    if (tcp >= 0 && (TcpHeader.flags(frame, tcp) & TcpHeader.SYN) != 0) {
      int host = TcpHeader.sourcePort(frame, tcp);
      int peer = TcpHeader.destinationPort(frame, tcp);
      issByPorts.put(host << 16 | peer, TcpHeader.seq(frame, tcp));
    }
  }

  /** Repairs a frame for the host, in place, as far as it has what can be repaired. */
  void repair(byte[] bytes) {
    ByteBuf frame = Unpooled.wrappedBuffer(bytes);
    if (!isIpv4(frame)) {
      return;
    }
    int header = Ipv4.headerLength(frame, IP);
    if (header < Ipv4.HEADER_LENGTH || IP + header > bytes.length) {
      return;
    }
    Ipv4.updateHeaderChecksum(frame, IP);
    if (Ipv4.fragmentOffset(frame, IP) != 0 || (Ipv4.flags(frame, IP) & Ipv4.FLAG_MF) != 0) {
      return;
    }
    int length = Math.min(Ipv4.totalLength(frame, IP), bytes.length - IP) - header;
    int at = IP + header;
    switch (Ipv4.protocol(frame, IP)) {
      case Ipv4.PROTOCOL_TCP -> repairTcp(frame, at, length);
      case Ipv4.PROTOCOL_UDP -> repairUdp(frame, at, length);
      case Ipv4.PROTOCOL_ICMP -> {
        if (length >= Icmp4.HEADER_LENGTH) {
          Icmp4.updateChecksum(frame, at, length);
        }
      }
      default -> {}
    }
  }

  private void repairTcp(ByteBuf frame, int at, int length) {
    if (length < TcpHeader.HEADER_LENGTH) {
      return;
    }
    int host = TcpHeader.destinationPort(frame, at);
    int peer = TcpHeader.sourcePort(frame, at);
    Integer iss = issByPorts.get(host << 16 | peer);
    if (iss != null && (TcpHeader.flags(frame, at) & TcpHeader.ACK) != 0) {
      frame.setInt(at + 8, TcpHeader.ack(frame, at) + iss);
    }
    TcpHeader.checksum(frame, at, 0);
    TcpHeader.checksum(frame, at, Checksum.finish(sum(frame, at, length)));
  }

  private static void repairUdp(ByteBuf frame, int at, int length) {
    if (length >= Udp.HEADER_LENGTH) {
      Udp.checksum(frame, at, 0);
      Udp.checksum(frame, at, Checksum.finishUdp(sum(frame, at, length)));
    }
  }

  private static long sum(ByteBuf frame, int at, int length) {
    long pseudo =
        Checksum.pseudoHeader(
            Ipv4.source(frame, IP), Ipv4.destination(frame, IP), Ipv4.protocol(frame, IP), length);
    return Checksum.sum(pseudo, frame, at, length);
  }

  private static boolean isIpv4(ByteBuf frame) {
    return frame.readableBytes() >= IP + Ipv4.HEADER_LENGTH
        && Ethernet.type(frame, 0) == Ethernet.TYPE_IPV4;
  }

  /** Where the transport header of an IPv4 frame is, or -1 if there is none of that kind. */
  private static int transport(ByteBuf frame, int protocol, int atLeast) {
    if (!isIpv4(frame) || Ipv4.protocol(frame, IP) != protocol) {
      return -1;
    }
    int at = IP + Ipv4.headerLength(frame, IP);
    return at + atLeast <= frame.readableBytes() ? at : -1;
  }
}
