package dev.tapstack.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every accessor against the bit positions in the diagrams of its RFC: a getter reads those bits
 * and no others, a setter changes those and no others.
 */
class AccessorsTest {
  private static final int OFFSET = 7; // an odd place in a larger buffer
  private static final int SPAN = 64;

  interface Getter {
    long get(ByteBuf buf, int offset);
  }

  interface Setter {
    void set(ByteBuf buf, int offset, long value);
  }

  interface IntSetter {
    void set(ByteBuf buf, int offset, int value);
  }

  /** Bits are counted from the header's first, as in the diagrams; the value is shifted left. */
  record Field(String name, int firstBit, int bits, int shift, Getter getter, Setter setter) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final List<Field> FIELDS = new ArrayList<>();

  private static void field(String name, int firstBit, int bits, Getter getter, IntSetter setter) {
    field(name, firstBit, bits, 0, getter, setter);
  }

  private static void field(
      String name, int firstBit, int bits, int shift, Getter getter, IntSetter setter) {
    Setter wide = (buf, offset, value) -> setter.set(buf, offset, (int) value);
    FIELDS.add(new Field(name, firstBit, bits, shift, getter, wide));
  }

  private static void mac(String name, int firstBit, Getter getter, Setter setter) {
    FIELDS.add(new Field(name, firstBit, 48, 0, getter, setter));
  }

  static {
    mac("Ethernet.destination", 0, Ethernet::destination, Ethernet::destination);
    mac("Ethernet.source", 48, Ethernet::source, Ethernet::source);
    field("Ethernet.type", 96, 16, Ethernet::type, Ethernet::type);

    field("Arp.hardwareType", 0, 16, Arp::hardwareType, Arp::hardwareType);
    field("Arp.protocolType", 16, 16, Arp::protocolType, Arp::protocolType);
    field("Arp.hardwareLength", 32, 8, Arp::hardwareLength, Arp::hardwareLength);
    field("Arp.protocolLength", 40, 8, Arp::protocolLength, Arp::protocolLength);
    field("Arp.operation", 48, 16, Arp::operation, Arp::operation);
    mac("Arp.senderMac", 64, Arp::senderMac, Arp::senderMac);
    field("Arp.senderIp", 112, 32, Arp::senderIp, Arp::senderIp);
    mac("Arp.targetMac", 144, Arp::targetMac, Arp::targetMac);
    field("Arp.targetIp", 192, 32, Arp::targetIp, Arp::targetIp);

    field("Ipv4.version", 0, 4, Ipv4::version, Ipv4::version);
    field("Ipv4.headerLength", 4, 4, 2, Ipv4::headerLength, Ipv4::headerLength);
    field("Ipv4.tos", 8, 8, Ipv4::tos, Ipv4::tos);
    field("Ipv4.totalLength", 16, 16, Ipv4::totalLength, Ipv4::totalLength);
    field("Ipv4.identification", 32, 16, Ipv4::identification, Ipv4::identification);
    field("Ipv4.flags", 48, 3, Ipv4::flags, Ipv4::flags);
    field("Ipv4.fragmentOffset", 51, 13, 3, Ipv4::fragmentOffset, Ipv4::fragmentOffset);
    field("Ipv4.ttl", 64, 8, Ipv4::ttl, Ipv4::ttl);
    field("Ipv4.protocol", 72, 8, Ipv4::protocol, Ipv4::protocol);
    field("Ipv4.headerChecksum", 80, 16, Ipv4::headerChecksum, Ipv4::headerChecksum);
    field("Ipv4.source", 96, 32, Ipv4::source, Ipv4::source);
    field("Ipv4.destination", 128, 32, Ipv4::destination, Ipv4::destination);

    field("Icmp4.type", 0, 8, Icmp4::type, Icmp4::type);
    field("Icmp4.code", 8, 8, Icmp4::code, Icmp4::code);
    field("Icmp4.checksum", 16, 16, Icmp4::checksum, Icmp4::checksum);
    field("Icmp4.identifier", 32, 16, Icmp4::identifier, Icmp4::identifier);
    field("Icmp4.sequence", 48, 16, Icmp4::sequence, Icmp4::sequence);
    field("Icmp4.pointer", 32, 8, Icmp4::pointer, Icmp4::pointer);
    field("Icmp4.gateway", 32, 32, Icmp4::gateway, Icmp4::gateway);
    field("Icmp4.nextHopMtu", 48, 16, Icmp4::nextHopMtu, Icmp4::nextHopMtu);

    field("Udp.sourcePort", 0, 16, Udp::sourcePort, Udp::sourcePort);
    field("Udp.destinationPort", 16, 16, Udp::destinationPort, Udp::destinationPort);
    field("Udp.length", 32, 16, Udp::length, Udp::length);
    field("Udp.checksum", 48, 16, Udp::checksum, Udp::checksum);

    field("TcpHeader.sourcePort", 0, 16, TcpHeader::sourcePort, TcpHeader::sourcePort);
    field(
        "TcpHeader.destinationPort",
        16,
        16,
        TcpHeader::destinationPort,
        TcpHeader::destinationPort);
    field("TcpHeader.seq", 32, 32, TcpHeader::seq, TcpHeader::seq);
    field("TcpHeader.ack", 64, 32, TcpHeader::ack, TcpHeader::ack);
    field("TcpHeader.flags", 104, 8, TcpHeader::flags, TcpHeader::flags);
    field("TcpHeader.window", 112, 16, TcpHeader::window, TcpHeader::window);
    field("TcpHeader.checksum", 128, 16, TcpHeader::checksum, TcpHeader::checksum);
    field("TcpHeader.urgentPointer", 144, 16, TcpHeader::urgentPointer, TcpHeader::urgentPointer);
  }

  static List<Field> fields() {
    return FIELDS;
  }

  @ParameterizedTest
  @MethodSource("fields")
  void getterReadsTheBitsOfTheDiagram(Field field) {
    Random random = new Random(1);
    for (int round = 0; round < 200; round++) {
      byte[] bytes = new byte[SPAN];
      random.nextBytes(bytes);
      assertEquals(
          valueOf(field, bytes),
          mask(field, field.getter.get(Unpooled.wrappedBuffer(bytes), OFFSET)));
    }
  }

  @ParameterizedTest
  @MethodSource("fields")
  void setterChangesTheBitsOfTheDiagramOnly(Field field) {
    Random random = new Random(2);
    for (int round = 0; round < 200; round++) {
      byte[] before = new byte[SPAN];
      random.nextBytes(before);
      byte[] after = before.clone();
      long value = (random.nextLong() & bitMask(field.bits)) << field.shift;
      field.setter.set(Unpooled.wrappedBuffer(after), OFFSET, value);
      assertEquals(value, valueOf(field, after));
      BigInteger changed = new BigInteger(1, before).xor(new BigInteger(1, after));
      BigInteger allowed = BigInteger.valueOf(bitMask(field.bits)).shiftLeft(lowestBit(field));
      assertEquals(BigInteger.ZERO, changed.andNot(allowed), "changed bits of others");
    }
  }

  private static long valueOf(Field field, byte[] bytes) {
    BigInteger all = new BigInteger(1, bytes).shiftRight(lowestBit(field));
    return (all.longValue() & bitMask(field.bits)) << field.shift;
  }

  private static int lowestBit(Field field) {
    return (SPAN - OFFSET) * 8 - field.firstBit - field.bits;
  }

  private static long bitMask(int bits) {
    return (1L << bits) - 1;
  }

  /** Addresses and sequence numbers are raw ints: their sign does not count. */
  private static long mask(Field field, long value) {
    return field.bits == 32 ? value & 0xffff_ffffL : value;
  }

  @Test
  void tcpDataOffsetIsInBytesAndItsSetterClearsTheReservedBits() {
    ByteBuf buf = Unpooled.buffer(20).setByte(12, 0xbf);
    assertEquals(44, TcpHeader.dataOffset(buf, 0));
    assertEquals(15, TcpHeader.reserved(buf, 0));
    TcpHeader.dataOffset(buf, 0, 60);
    assertEquals(0xf0, buf.getUnsignedByte(12));
    TcpHeader.dataOffset(buf, 0, 20);
    assertEquals(0x50, buf.getUnsignedByte(12));
  }

  @Test
  void ipv4FlagsAndFragments() {
    ByteBuf buf = Unpooled.buffer(20);
    buf.setShort(6, 0x4000);
    assertTrue(Ipv4.dontFragment(buf, 0));
    assertFalse(Ipv4.moreFragments(buf, 0));
    assertFalse(Ipv4.isFragment(buf, 0));
    buf.setShort(6, 0x2000);
    assertTrue(Ipv4.moreFragments(buf, 0));
    assertTrue(Ipv4.isFragment(buf, 0));
    buf.setShort(6, 0x00b9);
    assertFalse(Ipv4.moreFragments(buf, 0));
    assertTrue(Ipv4.isFragment(buf, 0));
    assertEquals(1480, Ipv4.fragmentOffset(buf, 0));
  }

  @Test
  void arpWriteMakesTheBytesOfRfc826() {
    ByteBuf buf = Unpooled.buffer(64);
    Arp.write(buf, 3, Arp.REQUEST, 0x0200_0000_0001L, 0x0a00_0001, 0, 0x0a00_0002);
    assertEquals(
        "0001"
            + "0800"
            + "06"
            + "04"
            + "0001"
            + "020000000001"
            + "0a000001"
            + "000000000000"
            + "0a000002",
        ByteBufUtil.hexDump(buf, 3, Arp.LENGTH));
    assertTrue(Arp.isEthernetIpv4(buf, 3));
    Arp.hardwareLength(buf, 3, 8);
    assertFalse(Arp.isEthernetIpv4(buf, 3));
  }

  @Test
  void ipv4WriteMakesAHeaderKnownFromElsewhere() {
    ByteBuf buf = Unpooled.buffer(64).setZero(0, 64);
    Ipv4.write(buf, 1, 0x73, 0, Ipv4.FLAG_DF, 64, Ipv4.PROTOCOL_UDP, 0xc0a80001, 0xc0a800c7);
    assertEquals("450000730000400040" + "11b861c0a80001c0a800c7", ByteBufUtil.hexDump(buf, 1, 20));
  }

  @Test
  void otherWritersSetEveryByteOfTheirHeaders() {
    ByteBuf buf = Unpooled.buffer(64).setBytes(0, new byte[64]).setLong(0, -1).setLong(8, -1);
    buf.setInt(16, -1);
    Ethernet.write(buf, 0, Ethernet.BROADCAST, 0x0200_0000_0001L, Ethernet.TYPE_ARP);
    assertEquals("ffffffffffff0200000000010806", ByteBufUtil.hexDump(buf, 0, 14));
    Udp.write(buf, 0, 53, 0xffff, 20);
    assertEquals("0035ffff00140000", ByteBufUtil.hexDump(buf, 0, 8));
    int flags = TcpHeader.SYN | TcpHeader.ACK;
    TcpHeader.write(buf, 0, 80, 40000, 0x01020304, 0xfffefdfc, 24, flags, 64240);
    assertEquals("00509c4001020304fffefdfc6012faf000000000", ByteBufUtil.hexDump(buf, 0, 20));
    Icmp4.write(buf, 0, Icmp4.DESTINATION_UNREACHABLE, Icmp4.CODE_PORT_UNREACHABLE);
    assertEquals("0303000000000000", ByteBufUtil.hexDump(buf, 0, 8));
  }

  @Test
  void icmpErrorsAreThoseOfRfc1122() {
    List<Integer> errors = new ArrayList<>();
    for (int type = 0; type < 256; type++) {
      if (Icmp4.isError(type)) {
        errors.add(type);
      }
    }
    assertEquals(List.of(3, 4, 5, 11, 12), errors);
  }
}
