package dev.tapstack.wire;

import io.netty.buffer.ByteBuf;

/**
 * The IPv4 header (RFC 791 3.1).
 *
 * <p>Static and without state: called from any thread that owns the buffer.
 */
public final class Ipv4 {
  /** Length of a header without options, in bytes; no header is shorter. */
  public static final int HEADER_LENGTH = 20;

  /** Longest header: the length field has four bits and counts words of four bytes. */
  public static final int MAX_HEADER_LENGTH = 60;

  /** Longest datagram: the total length field has 16 bits. */
  public static final int MAX_TOTAL_LENGTH = 65_535;

  /** Every link carries datagrams of this many bytes unfragmented (RFC 791 3.2). */
  public static final int MINIMUM_MTU = 68;

  /** Length of an address, in bytes. */
  public static final int ADDRESS_LENGTH = 4;

  /** The only value of the version field. */
  public static final int VERSION = 4;

  /** Protocol numbers (IANA Protocol Numbers). */
  public static final int PROTOCOL_ICMP = 1;

  /** RFC 9776. */
  public static final int PROTOCOL_IGMP = 2;

  /** RFC 9293. */
  public static final int PROTOCOL_TCP = 6;

  /** RFC 768. */
  public static final int PROTOCOL_UDP = 17;

  /** Flag bits as {@link #flags} gives them: bit 0 of RFC 791 (value 4) is reserved. */
  public static final int FLAG_RESERVED = 4;

  /** Don't fragment. */
  public static final int FLAG_DF = 2;

  /** More fragments. */
  public static final int FLAG_MF = 1;

  /** End of option list (RFC 791 3.1): one byte, nothing after it counts. */
  public static final int OPTION_END = 0;

  /** No operation: one byte. */
  public static final int OPTION_NOP = 1;

  /** Record route. */
  public static final int OPTION_RECORD_ROUTE = 7;

  /** Internet timestamp. */
  public static final int OPTION_TIMESTAMP = 68;

  /** Security (obsolete). */
  public static final int OPTION_SECURITY = 130;

  /** Loose source and record route. */
  public static final int OPTION_LOOSE_SOURCE_ROUTE = 131;

  /** Stream identifier (obsolete). */
  public static final int OPTION_STREAM_ID = 136;

  /** Strict source and record route. */
  public static final int OPTION_STRICT_SOURCE_ROUTE = 137;

  /** Router alert (RFC 2113). */
  public static final int OPTION_ROUTER_ALERT = 148;

  /** Set in the type of options that every fragment carries (RFC 791 3.1, the copied flag). */
  public static final int OPTION_COPIED = 0x80;

  /** Where an option of more than one byte has its length (type and length byte included). */
  public static final int OPTION_LENGTH_OFFSET = 1;

  /** Where route and timestamp options have their pointer; it counts from 1. */
  public static final int OPTION_POINTER_OFFSET = 2;

  /** Where the timestamp option has its overflow counter (high) and flags (low four bits). */
  public static final int OPTION_TIMESTAMP_FLAGS_OFFSET = 3;

  /** First data byte of a route option, and the smallest pointer less one. */
  public static final int OPTION_ROUTE_DATA_OFFSET = 3;

  /** First data byte of the timestamp option, and its smallest pointer less one. */
  public static final int OPTION_TIMESTAMP_DATA_OFFSET = 4;

  /** Timestamp flag: timestamps only. */
  public static final int TIMESTAMP_ONLY = 0;

  /** Timestamp flag: each timestamp is preceded by the address of its module. */
  public static final int TIMESTAMP_WITH_ADDRESS = 1;

  /** Timestamp flag: the addresses are given by the sender. */
  public static final int TIMESTAMP_PRESPECIFIED = 3;

  private static final int VERSION_IHL = 0;
  private static final int TOS = 1;
  private static final int TOTAL_LENGTH = 2;
  private static final int IDENTIFICATION = 4;
  private static final int FLAGS_FRAGMENT = 6;
  private static final int TTL = 8;
  private static final int PROTOCOL = 9;
  private static final int CHECKSUM = 10;
  private static final int SOURCE = 12;
  private static final int DESTINATION = 16;

  private static final int FRAGMENT_MASK = 0x1fff;
  private static final int FLAGS_SHIFT = 13;
  private static final long LOW_32 = 0xffff_ffffL;

  private Ipv4() {}

  /** Version field. */
  public static int version(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset + VERSION_IHL) >>> 4;
  }

  /** Sets the version; the header length stays. */
  public static void version(ByteBuf buf, int offset, int value) {
    int low = buf.getByte(offset + VERSION_IHL) & 0x0f;
    buf.setByte(offset + VERSION_IHL, value << 4 | low);
  }

  /** Header length in bytes (the IHL field times four): 0 to 60, valid from 20. */
  public static int headerLength(ByteBuf buf, int offset) {
    return (buf.getByte(offset + VERSION_IHL) & 0x0f) << 2;
  }

  /** Sets the header length, in bytes, a multiple of four; the version stays. */
  public static void headerLength(ByteBuf buf, int offset, int bytes) {
    int high = buf.getByte(offset + VERSION_IHL) & 0xf0;
    buf.setByte(offset + VERSION_IHL, high | (bytes >>> 2 & 0x0f));
  }

  /** Type of service: DSCP and ECN of RFC 2474 and 3168. */
  public static int tos(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset + TOS);
  }

  /** Sets the type of service. */
  public static void tos(ByteBuf buf, int offset, int value) {
    buf.setByte(offset + TOS, value);
  }

  /** Total length: header and payload, in bytes. */
  public static int totalLength(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + TOTAL_LENGTH);
  }

  /** Sets the total length. */
  public static void totalLength(ByteBuf buf, int offset, int bytes) {
    buf.setShort(offset + TOTAL_LENGTH, bytes);
  }

  /** Identification of the datagram that a fragment belongs to. */
  public static int identification(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + IDENTIFICATION);
  }

  /** Sets the identification. */
  public static void identification(ByteBuf buf, int offset, int value) {
    buf.setShort(offset + IDENTIFICATION, value);
  }

  /** The three flags: {@link #FLAG_DF}, {@link #FLAG_MF}, {@link #FLAG_RESERVED}. */
  public static int flags(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + FLAGS_FRAGMENT) >>> FLAGS_SHIFT;
  }

  /** Sets the three flags; the fragment offset stays. */
  public static void flags(ByteBuf buf, int offset, int flags) {
    int rest = buf.getUnsignedShort(offset + FLAGS_FRAGMENT) & FRAGMENT_MASK;
    buf.setShort(offset + FLAGS_FRAGMENT, flags << FLAGS_SHIFT | rest);
  }

  /** True if the datagram must not be fragmented. */
  public static boolean dontFragment(ByteBuf buf, int offset) {
    return (flags(buf, offset) & FLAG_DF) != 0;
  }

  /** True if this is a fragment and not the last. */
  public static boolean moreFragments(ByteBuf buf, int offset) {
    return (flags(buf, offset) & FLAG_MF) != 0;
  }

  /** Where this fragment's payload begins in the datagram's, in bytes (the field times eight). */
  public static int fragmentOffset(ByteBuf buf, int offset) {
    return (buf.getUnsignedShort(offset + FLAGS_FRAGMENT) & FRAGMENT_MASK) << 3;
  }

  /** Sets the fragment offset, in bytes, a multiple of eight; the flags stay. */
  public static void fragmentOffset(ByteBuf buf, int offset, int bytes) {
    int high = buf.getUnsignedShort(offset + FLAGS_FRAGMENT) & ~FRAGMENT_MASK;
    buf.setShort(offset + FLAGS_FRAGMENT, high | (bytes >>> 3 & FRAGMENT_MASK));
  }

  /** True if this is a part of a datagram: an offset or more fragments. */
  public static boolean isFragment(ByteBuf buf, int offset) {
    int mask = FRAGMENT_MASK | FLAG_MF << FLAGS_SHIFT;
    return (buf.getUnsignedShort(offset + FLAGS_FRAGMENT) & mask) != 0;
  }

  /** Time to live. */
  public static int ttl(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset + TTL);
  }

  /** Sets the time to live. */
  public static void ttl(ByteBuf buf, int offset, int value) {
    buf.setByte(offset + TTL, value);
  }

  /** Protocol of the payload. */
  public static int protocol(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset + PROTOCOL);
  }

  /** Sets the protocol of the payload. */
  public static void protocol(ByteBuf buf, int offset, int value) {
    buf.setByte(offset + PROTOCOL, value);
  }

  /** Header checksum. */
  public static int headerChecksum(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + CHECKSUM);
  }

  /** Sets the header checksum. */
  public static void headerChecksum(ByteBuf buf, int offset, int value) {
    buf.setShort(offset + CHECKSUM, value);
  }

  /** Computes the checksum over the header, options included, and sets it. */
  public static void updateHeaderChecksum(ByteBuf buf, int offset) {
    headerChecksum(buf, offset, 0);
    long sum = Checksum.sum(buf, offset, headerLength(buf, offset));
    headerChecksum(buf, offset, Checksum.finish(sum));
  }

  /** Source address. */
  public static int source(ByteBuf buf, int offset) {
    return buf.getInt(offset + SOURCE);
  }

  /** Sets the source address. */
  public static void source(ByteBuf buf, int offset, int address) {
    buf.setInt(offset + SOURCE, address);
  }

  /** Destination address. */
  public static int destination(ByteBuf buf, int offset) {
    return buf.getInt(offset + DESTINATION);
  }

  /** Sets the destination address. */
  public static void destination(ByteBuf buf, int offset, int address) {
    buf.setInt(offset + DESTINATION, address);
  }

  /** Takes one from the time to live, and has the checksum follow (RFC 1624). */
  public static void decrementTtl(ByteBuf buf, int offset) {
    int word = buf.getInt(offset + TTL); // TTL, protocol, checksum
    int after = word - (1 << 24);
    int checksum = Checksum.update16(word & 0xffff, word >>> 16, after >>> 16);
    buf.setInt(offset + TTL, after & 0xffff_0000 | checksum);
  }

  // The fields in the header's first and second eight bytes, for those who read them all.

  /** Version field. */
  public static int versionIn(long first) {
    return (int) (first >>> 60);
  }

  /** Header length in bytes, as {@link #headerLength}. */
  public static int headerLengthIn(long first) {
    return (int) (first >>> 54) & 0x3c;
  }

  /** Type of service. */
  public static int tosIn(long first) {
    return (int) (first >>> 48) & 0xff;
  }

  /** Total length in bytes. */
  public static int totalLengthIn(long first) {
    return (int) (first >>> 32) & 0xffff;
  }

  /** Time to live. */
  public static int ttlIn(long second) {
    return (int) (second >>> 56);
  }

  /** Protocol of the payload. */
  public static int protocolIn(long second) {
    return (int) (second >>> 48) & 0xff;
  }

  /** Header checksum. */
  public static int headerChecksumIn(long second) {
    return (int) (second >>> 32) & 0xffff;
  }

  /** Source address. */
  public static int sourceIn(long second) {
    return (int) second;
  }

  /**
   * Writes a header without options, checksum included: {@link #HEADER_LENGTH} bytes from {@code
   * offset}. The TOS is 0 and the datagram is whole; set those fields afterwards, then {@link
   * #updateHeaderChecksum}, where that is not so.
   *
   * @param totalLength header and payload, in bytes
   * @param flags 0 or {@link #FLAG_DF}
   */
  public static void write(
      ByteBuf buf,
      int offset,
      int totalLength,
      int identification,
      int flags,
      int ttl,
      int protocol,
      int source,
      int destination) {
    // Few wide stores: each goes through the buffer's checks.
    int first = (VERSION << 4 | HEADER_LENGTH >>> 2) << 24 | totalLength & 0xffff;
    int second = identification << 16 | flags << FLAGS_SHIFT;
    int third = ttl << 24 | protocol << 16;
    long sum = (first & LOW_32) + (second & LOW_32) + (third & LOW_32);
    sum += (source & LOW_32) + (destination & LOW_32);
    buf.setLong(offset, (long) first << 32 | second & LOW_32);
    buf.setInt(offset + TTL, third | Checksum.finish(sum));
    buf.setLong(offset + SOURCE, (long) source << 32 | destination & LOW_32);
  }
}
