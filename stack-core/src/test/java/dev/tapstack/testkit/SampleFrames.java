package dev.tapstack.testkit;

import dev.tapstack.wire.Arp;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ethernet;
import dev.tapstack.wire.Icmp4;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import dev.tapstack.wire.TcpOption;
import dev.tapstack.wire.Udp;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Valid frames of every kind that the stack speaks, with fields drawn from a seed: for tests that
 * parse, mutate or compare frames.
 */
public final class SampleFrames {
  private static final int PAYLOAD_OFFSET = Ethernet.HEADER_LENGTH + Ipv4.HEADER_LENGTH;

  private final Random random;

  public SampleFrames(long seed) {
    random = new Random(seed);
  }

  /** One frame of each kind; equal seeds give equal frames. */
  public List<byte[]> oneOfEach() {
    List<byte[]> frames = new ArrayList<>();
    frames.add(arp(Arp.REQUEST));
    frames.add(arp(Arp.REPLY));
    frames.add(echo(Icmp4.ECHO_REQUEST));
    frames.add(echo(Icmp4.ECHO_REPLY));
    frames.add(echoWithRecordRoute());
    frames.add(fragment(0, true));
    frames.add(fragment(1480, true));
    frames.add(fragment(2960, false));
    frames.add(udp(true));
    frames.add(udp(false));
    frames.add(tcpSyn());
    frames.add(tcpData());
    frames.add(tcpHttp());
    frames.add(tcpSack());
    frames.add(icmpError(Icmp4.DESTINATION_UNREACHABLE, Icmp4.CODE_PORT_UNREACHABLE));
    frames.add(icmpError(Icmp4.DESTINATION_UNREACHABLE, Icmp4.CODE_FRAGMENTATION_NEEDED));
    frames.add(icmpError(Icmp4.TIME_EXCEEDED, Icmp4.CODE_TTL_EXCEEDED));
    frames.add(icmpError(Icmp4.PARAMETER_PROBLEM, Icmp4.CODE_POINTER));
    frames.add(tagged(tcpData()));
    frames.add(ipv6());
    return frames;
  }

  private byte[] arp(int operation) {
    ByteBuf frame = Unpooled.buffer(60).setZero(0, 60);
    long target = operation == Arp.REQUEST ? 0 : mac();
    ethernet(frame, Ethernet.TYPE_ARP);
    Arp.write(
        frame,
        Ethernet.HEADER_LENGTH,
        operation,
        mac(),
        random.nextInt(),
        target,
        random.nextInt());
    return bytes(frame, 60);
  }

  private byte[] echo(int type) {
    int length = Icmp4.HEADER_LENGTH + random.nextInt(500);
    ByteBuf frame = datagram(length, Ipv4.PROTOCOL_ICMP);
    Icmp4.type(frame, PAYLOAD_OFFSET, type);
    Icmp4.code(frame, PAYLOAD_OFFSET, 0);
    Icmp4.updateChecksum(frame, PAYLOAD_OFFSET, length);
    return bytes(frame, PAYLOAD_OFFSET + length);
  }

  private byte[] echoWithRecordRoute() {
    int optionsLength = 12;
    int length = optionsLength + Icmp4.HEADER_LENGTH + 56;
    ByteBuf frame = datagram(length, Ipv4.PROTOCOL_ICMP);
    byte[] route = ByteBufUtil.decodeHexDump("070b08" + "0a000001" + "00000000" + "00");
    frame.setBytes(PAYLOAD_OFFSET, route);
    Ipv4.headerLength(frame, Ethernet.HEADER_LENGTH, Ipv4.HEADER_LENGTH + optionsLength);
    Ipv4.updateHeaderChecksum(frame, Ethernet.HEADER_LENGTH);
    int icmp = PAYLOAD_OFFSET + optionsLength;
    Icmp4.type(frame, icmp, Icmp4.ECHO_REQUEST);
    Icmp4.code(frame, icmp, 0);
    Icmp4.updateChecksum(frame, icmp, length - optionsLength);
    return bytes(frame, PAYLOAD_OFFSET + length);
  }

  private byte[] fragment(int offset, boolean more) {
    int length = more ? 1480 : 1 + random.nextInt(1480);
    ByteBuf frame = datagram(length, Ipv4.PROTOCOL_UDP);
    if (offset == 0) {
      Udp.length(frame, PAYLOAD_OFFSET, 4000);
    }
    Ipv4.flags(frame, Ethernet.HEADER_LENGTH, more ? Ipv4.FLAG_MF : 0);
    Ipv4.fragmentOffset(frame, Ethernet.HEADER_LENGTH, offset);
    Ipv4.updateHeaderChecksum(frame, Ethernet.HEADER_LENGTH);
    return bytes(frame, PAYLOAD_OFFSET + length);
  }

  private byte[] udp(boolean withChecksum) {
    int length = Udp.HEADER_LENGTH + 1 + random.nextInt(500);
    ByteBuf frame = datagram(length, Ipv4.PROTOCOL_UDP);
    Udp.write(frame, PAYLOAD_OFFSET, highPort(), highPort(), length);
    if (withChecksum) {
      long sum = transportSum(frame, Ipv4.PROTOCOL_UDP, length);
      Udp.checksum(frame, PAYLOAD_OFFSET, Checksum.finishUdp(sum));
    }
    return bytes(frame, PAYLOAD_OFFSET + length);
  }

  private byte[] tcpSyn() {
    ByteBuf frame = datagram(40, Ipv4.PROTOCOL_TCP);
    int at = tcp(frame, 40, random.nextBoolean() ? TcpHeader.SYN : TcpHeader.SYN | TcpHeader.ACK);
    at = TcpOption.writeMss(frame, at, random.nextInt(65_536));
    at = TcpOption.writeSackPermitted(frame, at);
    at = TcpOption.writeTimestamps(frame, at, random.nextInt(), random.nextInt());
    at = TcpOption.writeNop(frame, at);
    TcpOption.writeWindowScale(frame, at, random.nextInt(15));
    return finishTcp(frame, 40);
  }

  private byte[] tcpData() {
    int length = 32 + random.nextInt(1400);
    ByteBuf frame = datagram(length, Ipv4.PROTOCOL_TCP);
    int flags = TcpHeader.ACK | (random.nextBoolean() ? TcpHeader.PSH : TcpHeader.FIN);
    writeAlignedTimestamps(frame, tcp(frame, 32, flags));
    return finishTcp(frame, length);
  }

  private byte[] tcpHttp() {
    byte[] request =
        "GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    ByteBuf frame = datagram(20 + request.length, Ipv4.PROTOCOL_TCP);
    int at = tcp(frame, 20, TcpHeader.ACK | TcpHeader.PSH);
    frame.setBytes(at, request);
    return finishTcp(frame, 20 + request.length);
  }

  private byte[] tcpSack() {
    int blocks = 1 + random.nextInt(3);
    int length = 20 + 12 + 4 + blocks * TcpOption.SACK_BLOCK_LENGTH;
    ByteBuf frame = datagram(length, Ipv4.PROTOCOL_TCP);
    int at = writeAlignedTimestamps(frame, tcp(frame, length, TcpHeader.ACK));
    at = TcpOption.writeNop(frame, at);
    at = TcpOption.writeNop(frame, at);
    at = TcpOption.writeSackHeader(frame, at, blocks);
    for (int i = 0; i < blocks; i++) {
      at = TcpOption.writeSackBlock(frame, at, random.nextInt(), random.nextInt());
    }
    return finishTcp(frame, length);
  }

  private byte[] icmpError(int type, int code) {
    byte[] quoted = random.nextBoolean() ? udp(true) : tcpData();
    int quoteLength = Math.min(quoted.length - Ethernet.HEADER_LENGTH, 28 + random.nextInt(100));
    int length = Icmp4.HEADER_LENGTH + quoteLength;
    ByteBuf frame = datagram(length, Ipv4.PROTOCOL_ICMP);
    Icmp4.write(frame, PAYLOAD_OFFSET, type, code);
    if (type == Icmp4.PARAMETER_PROBLEM) {
      Icmp4.pointer(frame, PAYLOAD_OFFSET, 20);
    } else if (code == Icmp4.CODE_FRAGMENTATION_NEEDED) {
      Icmp4.nextHopMtu(frame, PAYLOAD_OFFSET, 1400);
    }
    frame.setBytes(
        PAYLOAD_OFFSET + Icmp4.HEADER_LENGTH, quoted, Ethernet.HEADER_LENGTH, quoteLength);
    Icmp4.updateChecksum(frame, PAYLOAD_OFFSET, length);
    return bytes(frame, PAYLOAD_OFFSET + length);
  }

  private byte[] tagged(byte[] plain) {
    ByteBuf frame = Unpooled.buffer();
    frame.writeBytes(plain, 0, 12).writeShort(Ethernet.TYPE_VLAN).writeShort(random.nextInt(4095));
    frame.writeBytes(plain, 12, plain.length - 12);
    return bytes(frame, frame.writerIndex());
  }

  private byte[] ipv6() {
    ByteBuf frame = Unpooled.buffer(200);
    ethernet(frame, Ethernet.TYPE_IPV6);
    frame.writerIndex(Ethernet.HEADER_LENGTH).writeInt(0x6000_0000).writeShort(16).writeByte(58);
    frame.writeByte(255).writeLong(0xfe80_0000_0000_0000L).writeLong(random.nextLong());
    frame.writeLong(0xff02_0000_0000_0000L).writeLong(2).writeLong(0x8500_0000_0000_0000L);
    frame.writeLong(0x0101_0000_0000_0000L | mac()); // a router solicitation from this MAC
    return bytes(frame, frame.writerIndex());
  }

  /** A frame with Ethernet and IPv4 headers and a payload of random bytes. */
  private ByteBuf datagram(int payloadLength, int protocol) {
    byte[] all = new byte[PAYLOAD_OFFSET + payloadLength];
    random.nextBytes(all);
    ByteBuf frame = Unpooled.wrappedBuffer(all);
    ethernet(frame, Ethernet.TYPE_IPV4);
    Ipv4.write(
        frame,
        Ethernet.HEADER_LENGTH,
        Ipv4.HEADER_LENGTH + payloadLength,
        random.nextInt(65_536),
        random.nextBoolean() ? Ipv4.FLAG_DF : 0,
        1 + random.nextInt(255),
        protocol,
        0x0a00_0000 | random.nextInt(1 << 24),
        0x0a00_0000 | random.nextInt(1 << 24));
    return frame;
  }

  private void ethernet(ByteBuf frame, int type) {
    Ethernet.write(frame, 0, mac(), mac(), type);
  }

  private int tcp(ByteBuf frame, int headerLength, int flags) {
    TcpHeader.write(
        frame,
        PAYLOAD_OFFSET,
        highPort(),
        highPort(),
        random.nextInt(),
        random.nextInt(),
        headerLength,
        flags,
        random.nextInt(65_536));
    return PAYLOAD_OFFSET + TcpHeader.HEADER_LENGTH;
  }

  private int writeAlignedTimestamps(ByteBuf frame, int offset) {
    int at = TcpOption.writeNop(frame, TcpOption.writeNop(frame, offset));
    return TcpOption.writeTimestamps(frame, at, random.nextInt(), random.nextInt());
  }

  private byte[] finishTcp(ByteBuf frame, int length) {
    long sum = transportSum(frame, Ipv4.PROTOCOL_TCP, length);
    TcpHeader.checksum(frame, PAYLOAD_OFFSET, Checksum.finish(sum));
    return bytes(frame, PAYLOAD_OFFSET + length);
  }

  private static long transportSum(ByteBuf frame, int protocol, int length) {
    int ip = Ethernet.HEADER_LENGTH;
    int source = Ipv4.source(frame, ip);
    int destination = Ipv4.destination(frame, ip);
    long pseudo = Checksum.pseudoHeader(source, destination, protocol, length);
    return Checksum.sum(pseudo, frame, PAYLOAD_OFFSET, length);
  }

  /** Without a well-known port, nobody takes random payload for a protocol. */
  private int highPort() {
    return 30_000 + random.nextInt(30_000);
  }

  private long mac() {
    return 0x0200_0000_0000L | random.nextLong() & 0xff_ffff_ffffL;
  }

  private static byte[] bytes(ByteBuf frame, int length) {
    return ByteBufUtil.getBytes(frame, 0, length);
  }
}
