package dev.tapstack.wire;

import io.netty.buffer.ByteBuf;

/**
 * An ARP packet for IPv4 over Ethernet (RFC 826): 28 bytes after the Ethernet header.
 *
 * <p>The four address fields are where these accessors look for them only if {@link
 * #isEthernetIpv4} holds. Static and without state: called from any thread that owns the buffer.
 */
public final class Arp {
  /** Length of a packet for six-byte hardware and four-byte protocol addresses. */
  public static final int LENGTH = 28;

  /** Hardware type of Ethernet (RFC 826, IANA ARP parameters). */
  public static final int HARDWARE_ETHERNET = 1;

  /** Operation ares_op$REQUEST (RFC 826). */
  public static final int REQUEST = 1;

  /** Operation ares_op$REPLY (RFC 826). */
  public static final int REPLY = 2;

  private static final int HARDWARE_TYPE = 0;
  private static final int PROTOCOL_TYPE = 2;
  private static final int HARDWARE_LENGTH = 4;
  private static final int PROTOCOL_LENGTH = 5;
  private static final int OPERATION = 6;
  private static final int SENDER_MAC = 8;
  private static final int SENDER_IP = 14;
  private static final int TARGET_MAC = 18;
  private static final int TARGET_IP = 24;

  private Arp() {}

  /** Hardware address space (ar$hrd). */
  public static int hardwareType(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + HARDWARE_TYPE);
  }

  /** Sets the hardware address space. */
  public static void hardwareType(ByteBuf buf, int offset, int value) {
    buf.setShort(offset + HARDWARE_TYPE, value);
  }

  /** Protocol address space (ar$pro), numbered as Ethernet types. */
  public static int protocolType(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + PROTOCOL_TYPE);
  }

  /** Sets the protocol address space. */
  public static void protocolType(ByteBuf buf, int offset, int value) {
    buf.setShort(offset + PROTOCOL_TYPE, value);
  }

  /** Length of a hardware address in bytes (ar$hln). */
  public static int hardwareLength(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset + HARDWARE_LENGTH);
  }

  /** Sets the length of a hardware address. */
  public static void hardwareLength(ByteBuf buf, int offset, int bytes) {
    buf.setByte(offset + HARDWARE_LENGTH, bytes);
  }

  /** Length of a protocol address in bytes (ar$pln). */
  public static int protocolLength(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset + PROTOCOL_LENGTH);
  }

  /** Sets the length of a protocol address. */
  public static void protocolLength(ByteBuf buf, int offset, int bytes) {
    buf.setByte(offset + PROTOCOL_LENGTH, bytes);
  }

  /** Operation (ar$op): {@link #REQUEST}, {@link #REPLY} or another. */
  public static int operation(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + OPERATION);
  }

  /** Sets the operation. */
  public static void operation(ByteBuf buf, int offset, int value) {
    buf.setShort(offset + OPERATION, value);
  }

  /** Hardware address of the sender (ar$sha). */
  public static long senderMac(ByteBuf buf, int offset) {
    return Ethernet.mac(buf, offset + SENDER_MAC);
  }

  /** Sets the hardware address of the sender. */
  public static void senderMac(ByteBuf buf, int offset, long mac) {
    Ethernet.mac(buf, offset + SENDER_MAC, mac);
  }

  /** Protocol address of the sender (ar$spa). */
  public static int senderIp(ByteBuf buf, int offset) {
    return buf.getInt(offset + SENDER_IP);
  }

  /** Sets the protocol address of the sender. */
  public static void senderIp(ByteBuf buf, int offset, int address) {
    buf.setInt(offset + SENDER_IP, address);
  }

  /** Hardware address of the target (ar$tha). */
  public static long targetMac(ByteBuf buf, int offset) {
    return Ethernet.mac(buf, offset + TARGET_MAC);
  }

  /** Sets the hardware address of the target. */
  public static void targetMac(ByteBuf buf, int offset, long mac) {
    Ethernet.mac(buf, offset + TARGET_MAC, mac);
  }

  /** Protocol address of the target (ar$tpa). */
  public static int targetIp(ByteBuf buf, int offset) {
    return buf.getInt(offset + TARGET_IP);
  }

  /** Sets the protocol address of the target. */
  public static void targetIp(ByteBuf buf, int offset, int address) {
    buf.setInt(offset + TARGET_IP, address);
  }

  /** True if types and lengths are those of IPv4 over Ethernet. */
  public static boolean isEthernetIpv4(ByteBuf buf, int offset) {
    return hardwareType(buf, offset) == HARDWARE_ETHERNET
        && protocolType(buf, offset) == Ethernet.TYPE_IPV4
        && hardwareLength(buf, offset) == Ethernet.ADDRESS_LENGTH
        && protocolLength(buf, offset) == Ipv4.ADDRESS_LENGTH;
  }

  /** Writes a whole packet for IPv4 over Ethernet: {@link #LENGTH} bytes from {@code offset}. */
  public static void write(
      ByteBuf buf,
      int offset,
      int operation,
      long senderMac,
      int senderIp,
      long targetMac,
      int targetIp) {
    hardwareType(buf, offset, HARDWARE_ETHERNET);
    protocolType(buf, offset, Ethernet.TYPE_IPV4);
    hardwareLength(buf, offset, Ethernet.ADDRESS_LENGTH);
    protocolLength(buf, offset, Ipv4.ADDRESS_LENGTH);
    operation(buf, offset, operation);
    senderMac(buf, offset, senderMac);
    senderIp(buf, offset, senderIp);
    targetMac(buf, offset, targetMac);
    targetIp(buf, offset, targetIp);
  }
}
