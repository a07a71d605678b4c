package dev.tapstack.filter;

import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.IpFamily;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import io.netty.buffer.ByteBuf;

/**
 * Tells the sender of a packet that it was refused: in TCP's name by a RST (RFC 9293 3.10.7.1),
 * else by ICMP (RFC 1812 5.2.7.1). The loop's thread only.
 */
final class Refusal {
  private final IpLayer ip;

  Refusal(IpLayer ip) {
    this.ip = ip;
  }

  /** Answers {@code packet}, which stays the caller's. */
  void answer(Packet packet) {
    IpFamily family = ip.family(packet.sourceHi(), packet.sourceLo());
    if (packet.protocol() != Ipv4.PROTOCOL_TCP) {
      ip.report(IcmpError.PROHIBITED, packet, 0);
    } else if (mayReset(family, packet)) {
      reset(family, packet);
    }
  }

  /** Whether it is a whole segment, right, and no RST: that is never answered. */
  private boolean mayReset(IpFamily family, Packet packet) {
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    int bytes = packet.end() - at;
    return !family.isFragment(packet)
        && !packet.has(Packet.LINK_BROADCAST | Packet.LINK_MULTICAST)
        && !ip.isGroup(packet.destinationHi(), packet.destinationLo())
        && bytes >= TcpHeader.HEADER_LENGTH
        && TcpHeader.dataOffset(buf, at) >= TcpHeader.HEADER_LENGTH
        && TcpHeader.dataOffset(buf, at) <= bytes
        && (TcpHeader.flags(buf, at) & TcpHeader.RST) == 0
        && (ip.isLocal(packet.sourceHi(), packet.sourceLo())
            || Checksum.verify(pseudoHeader(family, packet, bytes), buf, at, bytes));
  }

  private static long pseudoHeader(IpFamily family, Packet packet, int bytes) {
    return family.pseudoHeader(
        packet.sourceHi(),
        packet.sourceLo(),
        packet.destinationHi(),
        packet.destinationLo(),
        Ipv4.PROTOCOL_TCP,
        bytes);
  }

  /**
   * {@code <SEQ=SEG.ACK><CTL=RST>} to a segment with an ACK, else {@code
   * <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>}, in the name of whom it was sent to.
   */
  private void reset(IpFamily family, Packet packet) {
    ByteBuf seg = packet.buf();
    int from = packet.transport();
    int flags = TcpHeader.flags(seg, from);
    boolean hasAck = (flags & TcpHeader.ACK) != 0;
    int text = packet.end() - from - TcpHeader.dataOffset(seg, from) + packet.piecesBytes();
    int segLen = text + Integer.bitCount(flags & (TcpHeader.SYN | TcpHeader.FIN));
    Packet rst = ip.newPacket(TcpHeader.HEADER_LENGTH);
    rst.protocol(Ipv4.PROTOCOL_TCP);
    rst.source(packet.destinationHi(), packet.destinationLo());
    rst.destination(packet.sourceHi(), packet.sourceLo());
    rst.set(Packet.DONT_FRAGMENT);
    rst.flow(packet.flow()); // so that NAT turns it as it turns the flow's replies
    if (!packet.has(Packet.REPLY)) {
      rst.set(Packet.REPLY);
    }
    ByteBuf buf = rst.buf();
    int at = rst.start();
    TcpHeader.write(
        buf,
        at,
        TcpHeader.destinationPort(seg, from),
        TcpHeader.sourcePort(seg, from),
        hasAck ? TcpHeader.ack(seg, from) : 0,
        hasAck ? 0 : TcpHeader.seq(seg, from) + segLen,
        TcpHeader.HEADER_LENGTH,
        hasAck ? TcpHeader.RST : TcpHeader.RST | TcpHeader.ACK,
        0);
    rst.transport(at);
    rst.end(at + TcpHeader.HEADER_LENGTH);
    long sum = pseudoHeader(family, rst, TcpHeader.HEADER_LENGTH);
    sum = Checksum.sum(sum, buf, at, TcpHeader.HEADER_LENGTH);
    TcpHeader.checksum(buf, at, Checksum.finish(sum));
    ip.output(rst);
  }
}
