package dev.tapstack.tap;

import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ethernet;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import dev.tapstack.wire.VirtioNet;
import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;

/**
 * Makes frames as a wire has them of what a kernel gives to an interface that says it will do the
 * rest: checksums that hold the pseudo-header's sum only, and segments of TCP and rows of UDP
 * datagrams to be cut. The {@link VirtioNet} header before the frame says which.
 *
 * <p>The pieces are what the sender would have sent without offload: sequence numbers and IDs count
 * up, CWR is on the first (RFC 3168 6.1.2), FIN, RST and PSH are on the last. The loop's thread
 * only.
 */
final class FrameCutter {
  /**
   * Length of the header on a packet socket (packet(7), PACKET_VNET_HDR): virtio 1.2's less one
   * field.
   */
  static final int HEADER_LENGTH = VirtioNet.NUM_BUFFERS;

  private static final int LAST_ONLY = TcpHeader.FIN | TcpHeader.RST | TcpHeader.PSH;

  // RFC 768.
  private static final int UDP_HEADER_LENGTH = 8;
  private static final int UDP_LENGTH_OFFSET = 4;
  private static final int UDP_CHECKSUM_OFFSET = 6;

  // RFC 8200 3.
  private static final int IPV6_HEADER_LENGTH = 40;
  private static final int IPV6_PAYLOAD_LENGTH_OFFSET = 4;

  private final PacketPool pool;
  private final Consumer<Packet> out;

  /**
   * @param out takes the frames, given
   */
  FrameCutter(PacketPool pool, Consumer<Packet> out) {
    this.pool = pool;
    this.out = out;
  }

  /**
   * Gives the frames of one.
   *
   * @param buf begins with the header; in the machine's byte order, which is little-endian on
   *     x86-64 and aarch64
   * @param end where the frame ends
   * @return how many, 0 if header and frame do not go together
   */
  int cut(ByteBuf buf, int end) {
    int frame = HEADER_LENGTH;
    boolean needsSum = (buf.getUnsignedByte(VirtioNet.FLAGS) & VirtioNet.FLAG_NEEDS_CSUM) != 0;
    int kind = buf.getUnsignedByte(VirtioNet.GSO_TYPE) & ~VirtioNet.GSO_ECN;
    if (!needsSum) {
      return kind == VirtioNet.GSO_NONE ? give(buf, frame, end) : 0;
    }
    int transport = frame + buf.getUnsignedShortLE(VirtioNet.CSUM_START);
    int sumAt = transport + buf.getUnsignedShortLE(VirtioNet.CSUM_OFFSET);
    if (transport < frame + Ethernet.HEADER_LENGTH || sumAt + 2 > end) {
      return 0;
    }
    if (kind == VirtioNet.GSO_NONE) {
      // The field holds the pseudo-header's sum, and is summed with the rest.
      setSum(buf, sumAt, sumAt - transport, Checksum.sum(buf, transport, end - transport));
      return give(buf, frame, end);
    }
    int size = buf.getUnsignedShortLE(VirtioNet.GSO_SIZE);
    boolean isUdp = kind == VirtioNet.GSO_UDP_L4;
    int payload = payloadOf(buf, kind, transport, end);
    return size == 0 || payload == 0 ? 0 : cut(buf, transport, payload, end, size, isUdp);
  }

  private int give(ByteBuf buf, int frame, int end) {
    if (end - frame < Ethernet.HEADER_LENGTH) {
      return 0;
    }
    Packet packet = pool.allocateFor(end - frame);
    packet.buf().setBytes(packet.start(), buf, frame, end - frame);
    packet.end(packet.start() + end - frame);
    out.accept(packet);
    return 1;
  }

  /** Where the text of what is to be cut begins; 0 if it cannot be cut. */
  private static int payloadOf(ByteBuf buf, int kind, int transport, int end) {
    int header =
        switch (kind) {
          case VirtioNet.GSO_TCPV4, VirtioNet.GSO_TCPV6 -> tcpHeaderLength(buf, transport, end);
          case VirtioNet.GSO_UDP_L4 -> UDP_HEADER_LENGTH;
          default -> 0;
        };
    int network = HEADER_LENGTH + Ethernet.HEADER_LENGTH;
    int least = isV4(buf, HEADER_LENGTH) ? Ipv4.HEADER_LENGTH : IPV6_HEADER_LENGTH;
    return header > 0 && transport + header < end && transport >= network + least
        ? transport + header
        : 0;
  }

  /** 0 if it is shorter than a header is. */
  private static int tcpHeaderLength(ByteBuf buf, int transport, int end) {
    if (transport + TcpHeader.HEADER_LENGTH > end) {
      return 0;
    }
    int length = TcpHeader.dataOffset(buf, transport);
    return length < TcpHeader.HEADER_LENGTH ? 0 : length;
  }

  private static boolean isV4(ByteBuf buf, int frame) {
    return Ethernet.type(buf, frame) == Ethernet.TYPE_IPV4;
  }

  private int cut(ByteBuf buf, int transport, int payload, int end, int size, boolean isUdp) {
    int headers = payload - HEADER_LENGTH;
    int count = 0;
    for (int at = payload; at < end; at += size) {
      int length = Math.min(size, end - at);
      Packet piece = pool.allocateFor(headers + length);
      int start = piece.start();
      piece.buf().setBytes(start, buf, HEADER_LENGTH, headers);
      piece.buf().setBytes(start + headers, buf, at, length);
      piece.end(start + headers + length);
      int moved = start - HEADER_LENGTH;
      networkHeader(piece, start + Ethernet.HEADER_LENGTH, count);
      if (isUdp) {
        finishUdp(piece, transport + moved, end - transport);
      } else {
        finishTcp(piece, transport + moved, end - transport, at - payload, at + length == end);
      }
      count++;
      out.accept(piece);
    }
    return count;
  }

  private static void networkHeader(Packet piece, int at, int index) {
    ByteBuf buf = piece.buf();
    if (isV4(buf, piece.start())) {
      Ipv4.totalLength(buf, at, piece.end() - at);
      Ipv4.identification(buf, at, Ipv4.identification(buf, at) + index & 0xffff);
      Ipv4.updateHeaderChecksum(buf, at);
    } else {
      buf.setShort(at + IPV6_PAYLOAD_LENGTH_OFFSET, piece.end() - at - IPV6_HEADER_LENGTH);
    }
  }

  private static void finishTcp(
      Packet piece, int transport, int wholeLength, int offset, boolean isLast) {
    ByteBuf buf = piece.buf();
    TcpHeader.seq(buf, transport, TcpHeader.seq(buf, transport) + offset);
    int flags = TcpHeader.flags(buf, transport);
    flags &= isLast ? -1 : ~LAST_ONLY;
    flags &= offset == 0 ? -1 : ~TcpHeader.CWR;
    TcpHeader.flags(buf, transport, flags);
    sum(piece, transport, TcpHeader.CHECKSUM_OFFSET, wholeLength);
  }

  private static void finishUdp(Packet piece, int transport, int wholeLength) {
    piece.buf().setShort(transport + UDP_LENGTH_OFFSET, piece.end() - transport);
    sum(piece, transport, UDP_CHECKSUM_OFFSET, wholeLength);
  }

  /** The field holds the pseudo-header's sum with the whole's length: that one is taken out. */
  private static void sum(Packet piece, int transport, int offset, int wholeLength) {
    ByteBuf buf = piece.buf();
    int length = piece.end() - transport;
    long lengthChange = (~Checksum.fold(wholeLength) & 0xffff) + length;
    setSum(buf, transport + offset, offset, lengthChange + Checksum.sum(buf, transport, length));
  }

  private static void setSum(ByteBuf buf, int at, int offset, long sum) {
    buf.setShort(
        at, offset == UDP_CHECKSUM_OFFSET ? Checksum.finishUdp(sum) : Checksum.finish(sum));
  }
}
