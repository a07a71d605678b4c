package dev.tapstack.wire;

import io.netty.buffer.ByteBuf;

/**
 * The UDP header (RFC 768).
 *
 * <p>Static and without state: called from any thread that owns the buffer.
 */
public final class Udp {
  /** Length of the header, in bytes. */
  public static final int HEADER_LENGTH = 8;

  /** Where the checksum is in the header. */
  public static final int CHECKSUM_OFFSET = 6;

  private static final int SOURCE_PORT = 0;
  private static final int DESTINATION_PORT = 2;
  private static final int LENGTH = 4;

  private Udp() {}

  /** Source port; 0 if the sender does not want an answer. */
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

  /** Length of header and data, in bytes; valid from 8. */
  public static int length(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + LENGTH);
  }

  /** Sets the length of header and data. */
  public static void length(ByteBuf buf, int offset, int bytes) {
    buf.setShort(offset + LENGTH, bytes);
  }

  /** Checksum over pseudo-header, header and data; 0 if the sender made none. */
  public static int checksum(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + CHECKSUM_OFFSET);
  }

  /** Sets the checksum; a computed one comes from {@link Checksum#finishUdp}. */
  public static void checksum(ByteBuf buf, int offset, int value) {
    buf.setShort(offset + CHECKSUM_OFFSET, value);
  }

  /** Writes a header with checksum 0: {@link #HEADER_LENGTH} bytes from {@code offset}. */
  public static void write(
      ByteBuf buf, int offset, int sourcePort, int destinationPort, int length) {
    sourcePort(buf, offset, sourcePort);
    destinationPort(buf, offset, destinationPort);
    length(buf, offset, length);
    checksum(buf, offset, 0);
  }
}
