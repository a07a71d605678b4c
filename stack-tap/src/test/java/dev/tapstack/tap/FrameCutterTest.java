package dev.tapstack.tap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.packet.PacketPool;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ethernet;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import dev.tapstack.wire.VirtioNet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Segments and datagrams as a kernel hands them to an interface that offers to finish them. */
class FrameCutterTest {
  private static final int SOURCE = 0x0a000001;
  private static final int DESTINATION = 0x0a000002;
  private static final int FRAME = FrameCutter.HEADER_LENGTH;
  private static final int NETWORK = FRAME + Ethernet.HEADER_LENGTH;
  private static final int UDP = 17;
  private static final int UDP_HEADER = 8;

  private final PacketPool pool = new PacketPool();
  private final List<ByteBuf> frames = new ArrayList<>();
  private final FrameCutter cutter =
      new FrameCutter(
          pool,
          packet -> {
            frames.add(Unpooled.copiedBuffer(packet.buf().slice(packet.start(), packet.length())));
            packet.unused();
          });
  private final ByteBuf buf = Unpooled.directBuffer(70_000).setZero(0, 70_000);

  @AfterEach
  void nothingIsLeft() {
    assertEquals(0, pool.outstanding());
    pool.close();
    buf.release();
  }

  private void virtio(int kind, int size, int transport, int sumOffset) {
    buf.setByte(VirtioNet.FLAGS, VirtioNet.FLAG_NEEDS_CSUM);
    buf.setByte(VirtioNet.GSO_TYPE, kind);
    buf.setShortLE(VirtioNet.GSO_SIZE, size);
    buf.setShortLE(VirtioNet.CSUM_START, transport - FRAME);
    buf.setShortLE(VirtioNet.CSUM_OFFSET, sumOffset);
  }

  /** Writes link and network header; where the transport's begins. */
  private int ipv4(int protocol, int transportLength) {
    Ethernet.write(buf, FRAME, 2, 1, Ethernet.TYPE_IPV4);
    buf.setByte(NETWORK, 0x45);
    Ipv4.totalLength(buf, NETWORK, Ipv4.HEADER_LENGTH + transportLength);
    Ipv4.identification(buf, NETWORK, 0xffff);
    Ipv4.ttl(buf, NETWORK, 64);
    Ipv4.protocol(buf, NETWORK, protocol);
    Ipv4.source(buf, NETWORK, SOURCE);
    Ipv4.destination(buf, NETWORK, DESTINATION);
    Ipv4.updateHeaderChecksum(buf, NETWORK);
    return NETWORK + Ipv4.HEADER_LENGTH;
  }

  private static int pseudoSum(int protocol, int length) {
    return Checksum.fold(Checksum.pseudoHeader(SOURCE, DESTINATION, protocol, length));
  }

  private void text(int from, int length) {
    for (int i = 0; i < length; i++) {
      buf.setByte(from + i, i * 7 + i / 256);
    }
  }

  private void assertRight(ByteBuf frame, int protocol) {
    int network = Ethernet.HEADER_LENGTH;
    int length = frame.readableBytes() - network - Ipv4.HEADER_LENGTH;
    assertEquals(frame.readableBytes() - network, Ipv4.totalLength(frame, network));
    assertTrue(Checksum.verify(frame, network, Ipv4.HEADER_LENGTH), "the network's checksum");
    assertTrue(
        Checksum.verify(
            Checksum.pseudoHeader(SOURCE, DESTINATION, protocol, length),
            frame,
            network + Ipv4.HEADER_LENGTH,
            length),
        "the transport's checksum");
  }

  @Test
  void aFinishedFrameIsGivenAsItIs() {
    text(FRAME, 100);
    assertEquals(1, cutter.cut(buf, FRAME + 100));
    assertEquals(buf.slice(FRAME, 100), frames.getFirst());
  }

  @Test
  void aSegmentIsCutAndItsFlagsGoWhereTheyBelong() {
    int length = TcpHeader.HEADER_LENGTH + 3001;
    int tcp = ipv4(Ipv4.PROTOCOL_TCP, length);
    int flags = TcpHeader.ACK | TcpHeader.PSH | TcpHeader.FIN | TcpHeader.CWR;
    TcpHeader.seq(buf, tcp, -500);
    TcpHeader.dataOffset(buf, tcp, TcpHeader.HEADER_LENGTH);
    TcpHeader.flags(buf, tcp, flags);
    TcpHeader.checksum(buf, tcp, pseudoSum(Ipv4.PROTOCOL_TCP, length));
    text(tcp + TcpHeader.HEADER_LENGTH, 3001);
    virtio(VirtioNet.GSO_TCPV4 | VirtioNet.GSO_ECN, 1000, tcp, TcpHeader.CHECKSUM_OFFSET);
    assertEquals(4, cutter.cut(buf, tcp + length));
    int at = tcp - FRAME;
    ByteBuf together = Unpooled.buffer();
    for (int i = 0; i < 4; i++) {
      ByteBuf frame = frames.get(i);
      assertRight(frame, Ipv4.PROTOCOL_TCP);
      assertEquals(-500 + 1000 * i, TcpHeader.seq(frame, at));
      assertEquals(0xffff + i & 0xffff, Ipv4.identification(frame, Ethernet.HEADER_LENGTH));
      int expected = TcpHeader.ACK | (i == 0 ? TcpHeader.CWR : 0);
      expected |= i == 3 ? TcpHeader.PSH | TcpHeader.FIN : 0;
      assertEquals(expected, TcpHeader.flags(frame, at));
      together.writeBytes(frame, at + TcpHeader.HEADER_LENGTH, i == 3 ? 1 : 1000);
    }
    assertEquals(buf.slice(tcp + TcpHeader.HEADER_LENGTH, 3001), together);
  }

  @Test
  void datagramsInARowAreCut() {
    int length = UDP_HEADER + 250;
    int udp = ipv4(UDP, length);
    buf.setShort(udp + 4, length);
    buf.setShort(udp + 6, pseudoSum(UDP, length));
    text(udp + UDP_HEADER, 250);
    virtio(VirtioNet.GSO_UDP_L4, 100, udp, 6);
    assertEquals(3, cutter.cut(buf, udp + length));
    for (int i = 0; i < 3; i++) {
      assertRight(frames.get(i), UDP);
      int expected = UDP_HEADER + (i == 2 ? 50 : 100);
      assertEquals(expected, frames.get(i).getUnsignedShort(udp - FRAME + 4));
    }
  }

  @Test
  void aChecksumThatWasLeftOpenIsMade() {
    int length = UDP_HEADER + 33;
    int udp = ipv4(UDP, length);
    buf.setShort(udp + 4, length);
    buf.setShort(udp + 6, pseudoSum(UDP, length));
    text(udp + UDP_HEADER, 33);
    virtio(VirtioNet.GSO_NONE, 0, udp, 6);
    assertEquals(1, cutter.cut(buf, udp + length));
    assertRight(frames.getFirst(), UDP);
  }

  @Test
  void ofIpv6LengthAndChecksumAreMade() {
    int length = TcpHeader.HEADER_LENGTH + 200;
    Ethernet.write(buf, FRAME, 2, 1, Ethernet.TYPE_IPV6);
    buf.setShort(NETWORK + 4, length);
    for (int i = 8; i < 40; i++) {
      buf.setByte(NETWORK + i, i); // both addresses
    }
    int tcp = NETWORK + 40;
    TcpHeader.dataOffset(buf, tcp, TcpHeader.HEADER_LENGTH);
    long addresses = Checksum.sum(buf, NETWORK + 8, 32);
    TcpHeader.checksum(buf, tcp, Checksum.fold(addresses + Ipv4.PROTOCOL_TCP + length));
    virtio(VirtioNet.GSO_TCPV6, 150, tcp, TcpHeader.CHECKSUM_OFFSET);
    assertEquals(2, cutter.cut(buf, tcp + length));
    for (ByteBuf frame : frames) {
      int at = tcp - FRAME;
      int itsLength = frame.readableBytes() - at;
      assertEquals(itsLength, frame.getUnsignedShort(Ethernet.HEADER_LENGTH + 4));
      long pseudo = addresses + Ipv4.PROTOCOL_TCP + itsLength;
      assertTrue(Checksum.verify(pseudo, frame, at, itsLength));
    }
    assertEquals(50, frames.get(1).readableBytes() - (tcp - FRAME) - TcpHeader.HEADER_LENGTH);
  }

  @Test
  void nonsenseOfAnyLengthIsRefused() {
    int tcp = ipv4(Ipv4.PROTOCOL_TCP, 20);
    TcpHeader.dataOffset(buf, tcp, TcpHeader.HEADER_LENGTH);
    virtio(VirtioNet.GSO_TCPV4, 100, tcp, TcpHeader.CHECKSUM_OFFSET);
    for (int end = 0; end <= tcp + TcpHeader.HEADER_LENGTH; end++) {
      assertEquals(0, cutter.cut(buf, end), "a segment without text up to " + end);
    }
    for (int length = 0; length < TcpHeader.HEADER_LENGTH; length += 4) {
      TcpHeader.dataOffset(buf, tcp, length);
      assertEquals(0, cutter.cut(buf, tcp + 300), "text inside the header, from " + length);
    }
    TcpHeader.dataOffset(buf, tcp, TcpHeader.HEADER_LENGTH);
    virtio(VirtioNet.GSO_UDP, 100, tcp, 6);
    assertEquals(0, cutter.cut(buf, tcp + 100), "fragments are not made");
    virtio(VirtioNet.GSO_TCPV4, 0, tcp, TcpHeader.CHECKSUM_OFFSET);
    assertEquals(0, cutter.cut(buf, tcp + 100), "no size");
    virtio(VirtioNet.GSO_NONE, 0, FRAME + 2, 0);
    assertEquals(0, cutter.cut(buf, tcp + 100), "a checksum in the link header");
    assertEquals(List.of(), frames);
  }
}
