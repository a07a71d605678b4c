package dev.tapstack.wire;

import io.netty.buffer.ByteBuf;

/**
 * The TCP header (RFC 9293 3.1). Options are in {@link TcpOption}.
 *
 * <p>Static and without state: called from any thread that owns the buffer.
 */
public final class TcpHeader {
  /** Length of a header without options, in bytes; no header is shorter. */
  public static final int HEADER_LENGTH = 20;

  /** Longest header: the data offset has four bits and counts words of four bytes. */
  public static final int MAX_HEADER_LENGTH = 60;

  /** Where the checksum is in the header. */
  public static final int CHECKSUM_OFFSET = 16;

  /** No more data from the sender. */
  public static final int FIN = 0x01;

  /** Synchronize sequence numbers. */
  public static final int SYN = 0x02;

  /** Reset the connection. */
  public static final int RST = 0x04;

  /** Push. */
  public static final int PSH = 0x08;

  /** The acknowledgment field counts. */
  public static final int ACK = 0x10;

  /** The urgent pointer counts. */
  public static final int URG = 0x20;

  /** ECN echo (RFC 3168 6.1). */
  public static final int ECE = 0x40;

  /** Congestion window reduced (RFC 3168 6.1). */
  public static final int CWR = 0x80;

  private static final int SOURCE_PORT = 0;
  private static final int DESTINATION_PORT = 2;
  private static final int SEQ = 4;
  private static final int ACKNOWLEDGMENT = 8;
  private static final int DATA_OFFSET = 12;
  private static final int FLAGS = 13;
  private static final int WINDOW = 14;
  private static final int URGENT_POINTER = 18;

  private TcpHeader() {}

  /** Source port. */
  public static int sourcePort(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + SOURCE_PORT);
  }

  /** Sets the source port. */
  public static void sourcePort(ByteBuf buf, int offset, int port) {
    buf.setShort(offset + SOURCE_PORT, port);
  }

  /** Destination port. */
  public static int destinationPort(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + DESTINATION_PORT);
  }

  /** Sets the destination port. */
  public static void destinationPort(ByteBuf buf, int offset, int port) {
    buf.setShort(offset + DESTINATION_PORT, port);
  }

  /** Both ports, the source's in the upper half. */
  public static int ports(ByteBuf buf, int offset) {
    return buf.getInt(offset + SOURCE_PORT);
  }

  /** Sequence number, raw 32 bits. */
  public static int seq(ByteBuf buf, int offset) {
    return buf.getInt(offset + SEQ);
  }

  /** Sets the sequence number. */
  public static void seq(ByteBuf buf, int offset, int value) {
    buf.setInt(offset + SEQ, value);
  }

  /** Acknowledgment number, raw 32 bits; counts only with {@link #ACK}. */
  public static int ack(ByteBuf buf, int offset) {
    return buf.getInt(offset + ACKNOWLEDGMENT);
  }

  /** Sets the acknowledgment number. */
  public static void ack(ByteBuf buf, int offset, int value) {
    buf.setInt(offset + ACKNOWLEDGMENT, value);
  }

  /** Where the data begins: header length in bytes (the field times four), valid from 20. */
  public static int dataOffset(ByteBuf buf, int offset) {
    return (buf.getByte(offset + DATA_OFFSET) & 0xf0) >>> 2;
  }

  /** Sets the header length, in bytes, a multiple of four; the reserved bits become zero. */
  public static void dataOffset(ByteBuf buf, int offset, int bytes) {
    buf.setByte(offset + DATA_OFFSET, bytes << 2);
  }

  /** The four reserved bits. */
  public static int reserved(ByteBuf buf, int offset) {
    return buf.getByte(offset + DATA_OFFSET) & 0x0f;
  }

  /** The eight control bits, {@link #FIN} to {@link #CWR}. */
  public static int flags(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset + FLAGS);
  }

  /** Sets the eight control bits. */
  public static void flags(ByteBuf buf, int offset, int flags) {
    buf.setByte(offset + FLAGS, flags);
  }

  /** The window field as it is on the wire, 0 to 65535, not scaled. */
  public static int window(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + WINDOW);
  }

  /** Sets the window field, as it goes on the wire. */
  public static void window(ByteBuf buf, int offset, int value) {
    buf.setShort(offset + WINDOW, value);
  }

  /** Checksum over pseudo-header, header and data. */
  public static int checksum(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + CHECKSUM_OFFSET);
  }

  /** Sets the checksum. */
  public static void checksum(ByteBuf buf, int offset, int value) {
    buf.setShort(offset + CHECKSUM_OFFSET, value);
  }

  /** Urgent pointer; counts only with {@link #URG}. */
  public static int urgentPointer(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + URGENT_POINTER);
  }

  /** Sets the urgent pointer. */
  public static void urgentPointer(ByteBuf buf, int offset, int value) {
    buf.setShort(offset + URGENT_POINTER, value);
  }

  // The fields in the header's second eight bytes, for those who read them all.

  /** Acknowledgment number, as {@link #ack}. */
  public static int ackIn(long second) {
    return (int) (second >>> 32);
  }

  /** Header length in bytes, as {@link #dataOffset}. */
  public static int dataOffsetIn(long second) {
    return (int) (second >>> 26) & 0x3c;
  }

  /** The eight control bits. */
  public static int flagsIn(long second) {
    return (int) (second >>> 16) & 0xff;
  }

  /** The window field, not scaled. */
  public static int windowIn(long second) {
    return (int) second & 0xffff;
  }

  /**
   * Writes the fixed part of a header, with checksum and urgent pointer 0: {@link #HEADER_LENGTH}
   * bytes from {@code offset}.
   *
   * @param dataOffset header length in bytes, options included
   */
  public static void write(
      ByteBuf buf,
      int offset,
      int sourcePort,
      int destinationPort,
      int seq,
      int ack,
      int dataOffset,
      int flags,
      int window) {
    // Few wide stores: each goes through the buffer's checks.
    int ports = sourcePort << 16 | destinationPort & 0xffff;
    int control = dataOffset << 26 | (flags & 0xff) << 16 | window & 0xffff;
    buf.setLong(offset, (long) ports << 32 | seq & 0xffff_ffffL);
    buf.setLong(offset + ACKNOWLEDGMENT, (long) ack << 32 | control & 0xffff_ffffL);
    buf.setInt(offset + CHECKSUM_OFFSET, 0);
  }
}
