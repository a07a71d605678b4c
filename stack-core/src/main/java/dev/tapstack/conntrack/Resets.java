package dev.tapstack.conntrack;

import dev.tapstack.ip.IpFamily;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import io.netty.buffer.ByteBuf;

/** The RST with which a router answers a TCP segment in its destination's name. */
public final class Resets {
  private Resets() {}

  /**
   * What the destination of {@code segment} would send without a connection: {@code
   * <SEQ=SEG.ACK><CTL=RST>} if the segment has an ACK, else {@code
   * <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>} (RFC 9293 3.10.7.1). The loop's thread only.
   *
   * @param segment whole, and no RST, for that has no answer; stays the caller's
   * @return the caller's, for {@link IpLayer#output}
   */
  public static Packet answerTo(Packet segment, IpLayer ip) {
    ByteBuf from = segment.buf();
    int seg = segment.transport();
    int flags = TcpHeader.flags(from, seg);
    boolean hasAck = (flags & TcpHeader.ACK) != 0;
    int text = segment.end() - seg - TcpHeader.dataOffset(from, seg) + segment.piecesBytes();
    int segLen = text + Integer.bitCount(flags & (TcpHeader.SYN | TcpHeader.FIN));
    Packet reset = ip.newPacket(TcpHeader.HEADER_LENGTH);
    reset.source(segment.destinationHi(), segment.destinationLo());
    reset.destination(segment.sourceHi(), segment.sourceLo());
    reset.protocol(Ipv4.PROTOCOL_TCP);
    reset.set(Packet.DONT_FRAGMENT);
    ByteBuf buf = reset.buf();
    int at = reset.start();
    reset.transport(at);
    reset.end(at + TcpHeader.HEADER_LENGTH);
    TcpHeader.write(
        buf,
        at,
        /* sourcePort= */ TcpHeader.destinationPort(from, seg),
        /* destinationPort= */ TcpHeader.sourcePort(from, seg),
        hasAck ? TcpHeader.ack(from, seg) : 0,
        hasAck ? 0 : TcpHeader.seq(from, seg) + segLen,
        TcpHeader.HEADER_LENGTH,
        hasAck ? TcpHeader.RST : TcpHeader.RST | TcpHeader.ACK,
        0);
    IpFamily family = ip.family(reset.sourceHi(), reset.sourceLo());
    long sum = family.pseudoHeader(reset, TcpHeader.HEADER_LENGTH);
    sum = Checksum.sum(sum, buf, at, TcpHeader.HEADER_LENGTH);
    TcpHeader.checksum(buf, at, Checksum.finish(sum));
    return reset;
  }
}
