package dev.tapstack.conntrack;

import dev.tapstack.ip.IpFamily;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import io.netty.buffer.ByteBuf;

/** Answers TCP segments as their destination would without a connection. The loop's thread only. */
final class ResetSender {
  private final IpLayer ip;

  ResetSender(IpLayer ip) {
    this.ip = ip;
  }

  /**
   * Answers a segment in the name of its destination: {@code <SEQ=SEG.ACK><CTL=RST>} if it has an
   * ACK, else {@code <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>}; a RST has no answer (RFC 9293
   * 3.10.7.1).
   *
   * @return whether it was answered
   */
  boolean answer(Packet segment) {
    ByteBuf from = segment.buf();
    int at = segment.transport();
    int flags = TcpHeader.flags(from, at);
    if ((flags & TcpHeader.RST) != 0) {
      return false;
    }
    boolean hasAck = (flags & TcpHeader.ACK) != 0;
    int text = segment.end() - at - TcpHeader.dataOffset(from, at);
    int syn = (flags & TcpHeader.SYN) != 0 ? 1 : 0;
    int fin = (flags & TcpHeader.FIN) != 0 ? 1 : 0;
    int end = TcpHeader.seq(from, at) + text + syn + fin;
    Packet reset = ip.newPacket(TcpHeader.HEADER_LENGTH);
    reset.source(segment.destinationHi(), segment.destinationLo());
    reset.destination(segment.sourceHi(), segment.sourceLo());
    reset.protocol(Ipv4.PROTOCOL_TCP);
    reset.set(Packet.DONT_FRAGMENT | Packet.UNTRACKED);
    int start = reset.start();
    reset.transport(start);
    reset.end(start + TcpHeader.HEADER_LENGTH);
    TcpHeader.write(
        reset.buf(),
        start,
        /* sourcePort= */ TcpHeader.destinationPort(from, at),
        /* destinationPort= */ TcpHeader.sourcePort(from, at),
        hasAck ? TcpHeader.ack(from, at) : 0,
        hasAck ? 0 : end,
        TcpHeader.HEADER_LENGTH,
        hasAck ? TcpHeader.RST : TcpHeader.RST | TcpHeader.ACK,
        0);
    IpFamily family = ip.family(reset.sourceHi(), reset.sourceLo());
    long sum =
        family.pseudoHeader(
            reset.sourceHi(),
            reset.sourceLo(),
            reset.destinationHi(),
            reset.destinationLo(),
            Ipv4.PROTOCOL_TCP,
            TcpHeader.HEADER_LENGTH);
    sum = Checksum.sum(sum, reset.buf(), start, TcpHeader.HEADER_LENGTH);
    TcpHeader.checksum(reset.buf(), start, Checksum.finish(sum));
    ip.output(reset);
    return true;
  }
}
