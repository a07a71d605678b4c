package dev.tapstack.wire;

import io.netty.buffer.ByteBuf;

/**
 * The Ethernet II header (RFC 894, IEEE 802.3 3.1.1): destination, source, type.
 *
 * <p>Static and without state: called from any thread that owns the buffer.
 */
public final class Ethernet {
  /** Length of a header without a VLAN tag, in bytes. */
  public static final int HEADER_LENGTH = 14;

  /** Length of a MAC address, in bytes. */
  public static final int ADDRESS_LENGTH = 6;

  /** Length of one VLAN tag (IEEE 802.1Q 9.6): tag control information and the next type. */
  public static final int VLAN_TAG_LENGTH = 4;

  /** RFC 894. */
  public static final int TYPE_IPV4 = 0x0800;

  /** RFC 826. */
  public static final int TYPE_ARP = 0x0806;

  /** IEEE 802.1Q customer tag. */
  public static final int TYPE_VLAN = 0x8100;

  /** RFC 2464 3. */
  public static final int TYPE_IPV6 = 0x86dd;

  /** IEEE 802.1ad service tag. */
  public static final int TYPE_SERVICE_VLAN = 0x88a8;

  /** Smaller values of the type field are an IEEE 802.3 length (IEEE 802.3 3.2.6). */
  public static final int MINIMUM_TYPE = 0x0600;

  /** The broadcast address, ff:ff:ff:ff:ff:ff. */
  public static final long BROADCAST = 0xffff_ffff_ffffL;

  private static final int DESTINATION = 0;
  private static final int SOURCE = 6;
  private static final long LOW_48 = 0xffff_ffff_ffffL;
  private static final int TYPE = 12;

  private Ethernet() {}

  /** Destination MAC address. */
  public static long destination(ByteBuf buf, int offset) {
    return mac(buf, offset + DESTINATION);
  }

  /** Sets the destination MAC address. */
  public static void destination(ByteBuf buf, int offset, long mac) {
    mac(buf, offset + DESTINATION, mac);
  }

  /** Source MAC address. */
  public static long source(ByteBuf buf, int offset) {
    return mac(buf, offset + SOURCE);
  }

  /** Sets the source MAC address. */
  public static void source(ByteBuf buf, int offset, long mac) {
    mac(buf, offset + SOURCE, mac);
  }

  /** Type of what follows, one of the {@code TYPE_} constants or any other 16-bit value. */
  public static int type(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + TYPE);
  }

  /** Sets the type. */
  public static void type(ByteBuf buf, int offset, int type) {
    buf.setShort(offset + TYPE, type);
  }

  /** Destination MAC address in a header's first eight bytes. */
  public static long destinationIn(long first) {
    return first >>> 16;
  }

  /** Source MAC address in a header's first eight bytes and the four behind them. */
  public static long sourceIn(long first, int second) {
    return (first & 0xffff) << 32 | second & 0xffff_ffffL;
  }

  /** Writes a whole header: {@link #HEADER_LENGTH} bytes from {@code offset}. */
  public static void write(ByteBuf buf, int offset, long destination, long source, int type) {
    buf.setLong(offset + DESTINATION, destination << 16 | (source & LOW_48) >>> 32);
    buf.setInt(offset + SOURCE + 2, (int) source);
    type(buf, offset, type);
  }

  /** The six bytes at {@code offset} as the low 48 bits of a long. */
  public static long mac(ByteBuf buf, int offset) {
    return buf.getUnsignedInt(offset) << 16 | buf.getUnsignedShort(offset + 4);
  }

  /** Writes the low 48 bits of {@code mac} as six bytes at {@code offset}. */
  public static void mac(ByteBuf buf, int offset, long mac) {
    buf.setInt(offset, (int) (mac >>> 16));
    buf.setShort(offset + 4, (int) mac);
  }
}
