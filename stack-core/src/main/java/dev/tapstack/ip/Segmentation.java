package dev.tapstack.ip;

import dev.tapstack.link.NetInterface;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import io.netty.buffer.ByteBuf;

/**
 * Large segments: TCP segments that a device with segmentation offload gave in place of many, and
 * that were to be cut to {@link Packet#gsoSize} bytes of text each. They go through the stack as
 * one packet, leave whole by a device that takes them, and are cut here for any other.
 *
 * <p>The pieces are what their sender would have sent without offload: sequence numbers and IDs
 * count up; CWR is on the first (RFC 3168 6.1.2), FIN, RST and PSH are on the last; each has its
 * share of what is urgent; all else is the same. The last piece is the given packet, its start
 * moved to what is left, so that every packet has its one end. The loop's thread only.
 */
final class Segmentation {
  private static final int LAST_ONLY = TcpHeader.FIN | TcpHeader.RST | TcpHeader.PSH;

  private final IpLayer ip;
  private final Counters<IpCounter> counters;
  private final byte[] header = new byte[Ipv4.MAX_HEADER_LENGTH + TcpHeader.MAX_HEADER_LENGTH];

  Segmentation(IpLayer ip, Counters<IpCounter> counters) {
    this.ip = ip;
    this.counters = counters;
  }

  /** Bytes of the largest packet that this one is cut into; its own if it is not cut. */
  static int pieceBytes(IpFamily family, Packet packet) {
    int length = packet.end() - packet.network() + packet.piecesBytes();
    if (packet.gsoSize() == 0 || !canCut(family, packet)) {
      return length;
    }
    return Math.min(length, headerBytes(packet) + packet.gsoSize());
  }

  private static boolean canCut(IpFamily family, Packet packet) {
    int at = packet.transport();
    int available = packet.end() - at;
    if (packet.protocol() != Ipv4.PROTOCOL_TCP
        || family.isFragment(packet)
        || available < TcpHeader.HEADER_LENGTH) {
      return false;
    }
    int dataOffset = TcpHeader.dataOffset(packet.buf(), at);
    return dataOffset >= TcpHeader.HEADER_LENGTH
        && dataOffset <= available
        && (TcpHeader.flags(packet.buf(), at) & TcpHeader.SYN) == 0;
  }

  /** Of the network's and the transport's header. */
  private static int headerBytes(Packet packet) {
    return packet.transport()
        - packet.network()
        + TcpHeader.dataOffset(packet.buf(), packet.transport());
  }

  /**
   * Sends a packet, given, whole if the device takes it so; else its pieces, each by {@code ip}.
   */
  void emit(IpFamily family, Packet packet, NetInterface via, long nextHopHi, long nextHopLo) {
    int bytes = pieceBytes(family, packet);
    if (bytes == packet.length()) {
      packet.gsoSize(0);
      ip.send(family, packet, via, nextHopHi, nextHopLo);
    } else if (bytes <= via.mtu() && packet.length() <= via.maxGsoBytes()) {
      via.output(packet, nextHopHi, nextHopLo);
    } else if (bytes > via.mtu() && family.mustNotFragment(packet)) {
      packet.drop(DropReason.IP_TOO_BIG);
    } else if (!isSumRight(family, packet)) {
      packet.drop(DropReason.TCP_BAD_CHECKSUM); // its pieces would have right ones
    } else {
      cut(family, packet.own(), via, nextHopHi, nextHopLo);
    }
  }

  private static boolean isSumRight(IpFamily family, Packet packet) {
    int length = packet.length() - (packet.transport() - packet.network());
    int inHeaders = packet.end() - packet.transport();
    long sum = family.pseudoHeader(packet, length);
    sum = Checksum.sum(sum, packet.buf(), packet.transport(), inHeaders);
    int position = inHeaders;
    for (int i = 0; i < packet.pieceCount(); i++) {
      sum =
          Checksum.sumPiece(
              sum, position, packet.piece(i), packet.pieceIndex(i), packet.pieceLength(i));
      position += packet.pieceLength(i);
    }
    return Checksum.isValid(sum);
  }

  private void cut(
      IpFamily family, Packet packet, NetInterface via, long nextHopHi, long nextHopLo) {
    counters.increment(IpCounter.SEGMENTED);
    ByteBuf buf = packet.buf();
    int headerBytes = headerBytes(packet);
    int first = packet.network() + headerBytes;
    int size = packet.gsoSize();
    packet.gsoSize(0);
    buf.getBytes(packet.network(), header, 0, headerBytes);
    int tcpAt = packet.transport() - packet.network();
    int index = 0;
    int at = first;
    for (; packet.end() - at > size; at += size) {
      Packet piece = ip.newPacket(headerBytes + size);
      piece.buf().setBytes(piece.start() + headerBytes, buf, at, size);
      piece.end(piece.start() + headerBytes + size);
      piece.likeness(packet);
      finish(family, piece, tcpAt, headerBytes, at - first, false);
      family.segmentHeader(piece, index++);
      ip.send(family, piece, via, nextHopHi, nextHopLo);
    }
    packet.start(at - headerBytes);
    finish(family, packet, tcpAt, headerBytes, at - first, true);
    family.segmentHeader(packet, index++);
    counters.add(IpCounter.SEGMENTS_SENT, index);
    ip.send(family, packet, via, nextHopHi, nextHopLo);
  }

  /** Puts the headers before a piece's text, which was {@code offset} bytes behind the first. */
  private void finish(
      IpFamily family, Packet piece, int tcpAt, int headerBytes, int offset, boolean isLast) {
    ByteBuf buf = piece.buf();
    buf.setBytes(piece.start(), header, 0, headerBytes);
    piece.network(piece.start());
    int at = piece.start() + tcpAt;
    piece.transport(at);
    TcpHeader.seq(buf, at, TcpHeader.seq(buf, at) + offset);
    int flags = TcpHeader.flags(buf, at);
    int urgent = TcpHeader.urgentPointer(buf, at) - offset;
    flags &= isLast ? -1 : ~LAST_ONLY;
    flags &= offset == 0 ? -1 : ~TcpHeader.CWR;
    if ((flags & TcpHeader.URG) != 0 && offset > 0) {
      flags &= urgent > 0 ? -1 : ~TcpHeader.URG;
      TcpHeader.urgentPointer(buf, at, Math.max(0, urgent));
    }
    TcpHeader.flags(buf, at, flags);
    TcpHeader.checksum(buf, at, 0);
    int length = piece.end() - at;
    long sum = Checksum.sum(family.pseudoHeader(piece, length), buf, at, length);
    TcpHeader.checksum(buf, at, Checksum.finish(sum));
  }
}
