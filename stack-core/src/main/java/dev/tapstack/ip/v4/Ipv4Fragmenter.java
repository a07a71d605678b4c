package dev.tapstack.ip.v4;

import dev.tapstack.ip.IpLayer;
import dev.tapstack.link.NetInterface;
import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Ipv4;
import io.netty.buffer.ByteBuf;

/**
 * Cuts a datagram into fragments (RFC 791 3.2). All but the last are new packets; the last is the
 * given packet itself, its start moved to what is left, so that every packet has its one end. The
 * loop's thread only.
 */
final class Ipv4Fragmenter {
  private final IpLayer ip;
  private final byte[] header = new byte[Ipv4.MAX_HEADER_LENGTH];
  private final byte[] laterHeader = new byte[Ipv4.MAX_HEADER_LENGTH];

  Ipv4Fragmenter(IpLayer ip) {
    this.ip = ip;
  }

  /** As {@link dev.tapstack.ip.IpFamily#fragment}. */
  int fragment(Packet given, NetInterface via, int mtu, long nextHopHi, long nextHopLo) {
    Packet packet = given.own();
    ByteBuf buf = packet.buf();
    int network = packet.network();
    int headerLength = Ipv4.headerLength(buf, network);
    buf.getBytes(network, header, 0, headerLength);
    int laterLength = laterHeader(headerLength);

    int offset = Ipv4.fragmentOffset(buf, network); // not 0 if a fragment is cut again
    boolean moreFollow = Ipv4.moreFragments(buf, network);
    int at = network + headerLength;
    int end = packet.end();
    int count = 0;
    byte[] itsHeader = header;
    int itsHeaderLength = headerLength;
    while (itsHeaderLength + end - at > mtu) {
      int length = mtu - itsHeaderLength & ~7; // RFC 791 3.2: units of eight bytes
      Packet fragment = ip.newPacket(itsHeaderLength + length);
      fragment.buf().setBytes(fragment.start() + itsHeaderLength, buf, at, length);
      fragment.end(fragment.start() + itsHeaderLength + length);
      fragment.likeness(packet);
      finish(fragment, itsHeader, itsHeaderLength, offset, true);
      via.output(fragment, nextHopHi, nextHopLo);
      count++;
      at += length;
      offset += length;
      itsHeader = laterHeader;
      itsHeaderLength = laterLength;
    }
    packet.start(at - itsHeaderLength);
    finish(packet, itsHeader, itsHeaderLength, offset, moreFollow);
    via.output(packet, nextHopHi, nextHopLo);
    return count + 1;
  }

  /** Makes the header of fragments after the first: only options with the copied flag. */
  private int laterHeader(int headerLength) {
    System.arraycopy(header, 0, laterHeader, 0, Ipv4.HEADER_LENGTH);
    int to = Ipv4.HEADER_LENGTH;
    for (int i = Ipv4.HEADER_LENGTH; i < headerLength && header[i] != Ipv4.OPTION_END; ) {
      boolean isNop = header[i] == Ipv4.OPTION_NOP;
      int length = isNop ? 1 : i + 1 < headerLength ? header[i + 1] & 0xff : 0;
      if (length == 0 || i + length > headerLength) {
        break; // not ours to repair: what stands there is not copied
      }
      if (!isNop && (header[i] & Ipv4.OPTION_COPIED) != 0) {
        System.arraycopy(header, i, laterHeader, to, length);
        to += length;
      }
      i += length;
    }
    while ((to & 3) != 0) {
      laterHeader[to++] = Ipv4.OPTION_END;
    }
    return to;
  }

  private static void finish(
      Packet fragment, byte[] header, int headerLength, int offset, boolean moreFollow) {
    ByteBuf buf = fragment.buf();
    int at = fragment.start();
    buf.setBytes(at, header, 0, headerLength);
    fragment.network(at);
    fragment.transport(at + headerLength);
    Ipv4.headerLength(buf, at, headerLength);
    Ipv4.totalLength(buf, at, fragment.end() - at);
    Ipv4.fragmentOffset(buf, at, offset);
    int flags = Ipv4.flags(buf, at) & ~Ipv4.FLAG_MF;
    Ipv4.flags(buf, at, moreFollow ? flags | Ipv4.FLAG_MF : flags);
    Ipv4.updateHeaderChecksum(buf, at);
  }
}
