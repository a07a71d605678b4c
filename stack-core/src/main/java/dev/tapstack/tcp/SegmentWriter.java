package dev.tapstack.tcp;

import dev.tapstack.ip.IpFamily;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.TcpHeader;
import dev.tapstack.wire.TcpOption;
import io.netty.buffer.ByteBuf;

/**
 * Writes segments and gives them to the internet layer: the one place where TCP headers are made.
 * Decides nothing. The loop's thread only.
 */
final class SegmentWriter {
  /** Timestamps with the two NOPs that align them (RFC 7323 A). */
  static final int TIMESTAMPS_BYTES = 12;

  private final TcpLayer layer;
  private final IpLayer ip;

  SegmentWriter(TcpLayer layer, IpLayer ip) {
    this.layer = layer;
    this.ip = ip;
  }

  /** {@code <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>}. */
  void ack(Tcb tcb) {
    text(tcb, acceptableSeq(tcb), 0, TcpHeader.ACK);
  }

  /** {@code <SEQ=SND.NXT-1><ACK=RCV.NXT><CTL=ACK>}: what the peer must answer. */
  void keepalive(Tcb tcb) {
    text(tcb, tcb.sndNxt - 1, 0, TcpHeader.ACK);
  }

  /** {@code <SEQ=SND.NXT><CTL=RST,ACK>} for a connection that ends. */
  void reset(Tcb tcb) {
    layer.counters().increment(TcpCounter.RESETS_OUT);
    text(tcb, acceptableSeq(tcb), 0, TcpHeader.RST | TcpHeader.ACK);
  }

  /**
   * SND.NXT as the peer knows it, which is SND.MAX, but for a zero-window probe: what lies beyond
   * its window it has not taken. A segment from there would be unacceptable to it (RFC 9293
   * 3.10.7.4), and two peers whose windows are both closed would never hear of their opening. Linux
   * does the same.
   */
  private static int acceptableSeq(Tcb tcb) {
    boolean isWindowKnown = tcb.sndUna != tcb.iss; // it came with the ACK of our SYN
    return isWindowKnown ? Seq.min(tcb.sndMax, tcb.sndUna + (int) tcb.sndWnd) : tcb.sndMax;
  }

  /**
   * The SYN, or in SYN-RECEIVED the SYN-ACK, with the options that are offered or agreed (RFC 9293
   * 3.10.1).
   */
  void syn(Tcb tcb, boolean withAck) {
    Packet packet = begin(tcb);
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    int options = at + TcpHeader.HEADER_LENGTH;
    int end = TcpOption.writeMss(buf, options, tcb.ourMss);
    if (withAck ? tcb.isScaled : tcb.options.windowScaling()) {
      end = TcpOption.writeNop(buf, end);
      end = TcpOption.writeWindowScale(buf, end, tcb.rcvWndShift);
    }
    if (withAck ? tcb.hasTimestamps : tcb.options.timestamps()) {
      end = timestamps(tcb, buf, end);
    }
    // The window of a SYN is never scaled: RFC 7323 2.2.
    int window = Math.min(tcb.options.receiveBufferBytes(), Tcb.MAX_UNSCALED_WINDOW);
    int flags = withAck ? TcpHeader.SYN | TcpHeader.ACK : TcpHeader.SYN;
    header(tcb, buf, at, tcb.iss, flags, withAck ? tcb.rcvNxt : 0, end - at, window);
    if (withAck) {
      tcb.rcvAdv = tcb.rcvNxt + window;
      tcb.lastAckSent = tcb.rcvNxt;
    }
    finish(packet, tcb.family, end, PathMtuDiscovery.isDiscovering(tcb));
  }

  /**
   * A segment of the synchronized states with up to {@code length} bytes of text that the send
   * buffer holds from {@code seq} on.
   *
   * @return how many bytes of text it has; fewer only if they lie in too many large pieces
   */
  int text(Tcb tcb, int seq, int length, int flags) {
    Packet packet = begin(tcb);
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    int end = at + TcpHeader.HEADER_LENGTH;
    if (tcb.hasTimestamps) {
      end = timestamps(tcb, buf, end);
    }
    packet.end(end);
    int bytes = length == 0 ? 0 : tcb.sendBuffer.addTo(packet, tcb.positionOf(seq), length);
    // A segment that was cut short is not the last: no FIN and no PSH.
    int kept = bytes == length ? flags : flags & ~(TcpHeader.FIN | TcpHeader.PSH);
    header(tcb, buf, at, seq, kept, tcb.rcvNxt, end - at, offerWindow(tcb));
    tcb.lastAckSent = tcb.rcvNxt;
    layer.ackPolicy().sent(tcb);
    finish(packet, tcb.family, packet.end(), PathMtuDiscovery.isDiscovering(tcb));
    return bytes;
  }

  /**
   * Answers a segment for which there is no connection (RFC 9293 3.10.7.1): {@code
   * <SEQ=SEG.ACK><CTL=RST>} if it has an ACK, else {@code
   * <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>}.
   */
  void resetFor(Segment seg) {
    Packet from = seg.packet();
    layer.counters().increment(TcpCounter.RESETS_OUT);
    Packet packet = ip.newPacket(TcpHeader.HEADER_LENGTH);
    packet.source(from.destinationHi(), from.destinationLo());
    packet.destination(from.sourceHi(), from.sourceLo());
    ByteBuf buf = packet.buf();
    int at = packet.start();
    boolean hasAck = seg.isAck();
    TcpHeader.write(
        buf,
        at,
        seg.destinationPort,
        seg.sourcePort,
        hasAck ? seg.ack : 0,
        hasAck ? 0 : seg.end(),
        TcpHeader.HEADER_LENGTH,
        hasAck ? TcpHeader.RST : TcpHeader.RST | TcpHeader.ACK,
        0);
    IpFamily family = ip.family(packet.sourceHi(), packet.sourceLo());
    finish(packet, family, at + TcpHeader.HEADER_LENGTH, true);
  }

  private Packet begin(Tcb tcb) {
    Packet packet = ip.newPacket(TcpHeader.MAX_HEADER_LENGTH);
    packet.transport(packet.start());
    packet.source(tcb.key.localHi(), tcb.key.localLo());
    packet.destination(tcb.key.remoteHi(), tcb.key.remoteLo());
    return packet;
  }

  private int timestamps(Tcb tcb, ByteBuf buf, int at) {
    return TcpOption.writeAlignedTimestamps(buf, at, layer.timestamp(tcb), tcb.tsRecent);
  }

  /**
   * The window field. The right edge stays where it is until it can move by much (silly window
   * avoidance, RFC 9293 3.8.6.2.2), and never moves left (3.8.6): where scaling would round it down
   * below what was offered before, it is rounded up. That moves it right with every ACK, a little:
   * when all memory is spoken for, it wavers by less than a unit of the scale instead (RFC 7323
   * 2.4).
   */
  private static int offerWindow(Tcb tcb) {
    int shift = tcb.rcvWndShift;
    int offered = tcb.rcvWnd();
    int possible = tcb.possibleWindow();
    int field = possible - offered >= tcb.leastWindowGain() ? possible >> shift : 0;
    if (field << shift < offered) {
      int most = Math.min(tcb.receiveMemory() >> shift, Tcb.MAX_UNSCALED_WINDOW);
      field = Math.min(offered + (1 << shift) - 1 >> shift, most);
    }
    tcb.rcvAdv = Seq.max(tcb.rcvAdv, tcb.rcvNxt + (field << shift));
    return field;
  }

  private static void header(
      Tcb tcb, ByteBuf buf, int at, int seq, int flags, int ack, int headerLength, int window) {
    TcpHeader.write(
        buf, at, tcb.key.localPort(), tcb.key.remotePort(), seq, ack, headerLength, flags, window);
  }

  private void finish(Packet packet, IpFamily family, int end, boolean isDiscovering) {
    ByteBuf buf = packet.buf();
    int at = packet.start();
    packet.transport(at);
    packet.end(end);
    packet.protocol(TcpLayer.PROTOCOL);
    if (isDiscovering) {
      packet.set(Packet.DONT_FRAGMENT); // RFC 1191 3
    }
    long sum = family.pseudoHeader(packet, packet.length());
    sum = Checksum.sum(sum, buf, at, end - at);
    int position = end - at;
    for (int i = 0; i < packet.pieceCount(); i++) {
      int length = packet.pieceLength(i);
      sum = Checksum.sumPiece(sum, position, packet.piece(i), packet.pieceIndex(i), length);
      position += length;
    }
    TcpHeader.checksum(buf, at, Checksum.finish(sum));
    layer.counters().increment(TcpCounter.SEGMENTS_OUT);
    ip.output(packet);
  }
}
