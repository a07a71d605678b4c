package dev.tapstack.wire;

import io.netty.buffer.ByteBuf;

/**
 * IGMP messages: RFC 1112 appendix I (version 1), RFC 2236 2 (version 2), RFC 3376 4 (version 3).
 *
 * <p>All begin with eight bytes: type, a code, a checksum over the whole message, and a group or,
 * in a report of version 3, how many group records follow. Static and without state: called from
 * any thread that owns the buffer.
 */
public final class Igmp {
  /** Length of a query or report of versions 1 and 2, and of the head of a version 3 report. */
  public static final int HEADER_LENGTH = 8;

  /** Length of a version 3 query without its sources. */
  public static final int V3_QUERY_LENGTH = 12;

  /** Length of a group record without its sources. */
  public static final int RECORD_LENGTH = 8;

  /** Membership query, of all versions. */
  public static final int QUERY = 0x11;

  /** Membership report of version 1. */
  public static final int V1_REPORT = 0x12;

  /** Membership report of version 2. */
  public static final int V2_REPORT = 0x16;

  /** Leave group (version 2). */
  public static final int LEAVE = 0x17;

  /** Membership report of version 3. */
  public static final int V3_REPORT = 0x22;

  /** Group record: the sources are all that is wanted, in answer to a query. */
  public static final int MODE_IS_INCLUDE = 1;

  /** Group record: all but the sources is wanted, in answer to a query. */
  public static final int MODE_IS_EXCLUDE = 2;

  /** Group record: from now on the sources are all that is wanted. */
  public static final int CHANGE_TO_INCLUDE = 3;

  /** Group record: from now on all but the sources is wanted. */
  public static final int CHANGE_TO_EXCLUDE = 4;

  private static final int TYPE = 0;
  private static final int MAX_RESP_CODE = 1;
  private static final int CHECKSUM = 2;
  private static final int GROUP = 4;
  private static final int FLAGS_QRV = 8;
  private static final int QQIC = 9;
  private static final int SOURCE_COUNT = 10;
  private static final int RECORD_COUNT = 6;
  private static final int RECORD_SOURCE_COUNT = 2;
  private static final int RECORD_GROUP = 4;

  /** The least code that is a floating-point number (RFC 3376 4.1.1). */
  private static final int FLOATING = 0x80;

  private Igmp() {}

  /** Type of the message. */
  public static int type(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset + TYPE);
  }

  /** Max Resp Code of a query; 0 in one of version 1 (RFC 3376 7.1). */
  public static int maxRespCode(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset + MAX_RESP_CODE);
  }

  /** Checksum over the message. */
  public static int checksum(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + CHECKSUM);
  }

  /** Group Address; 0 in a general query. */
  public static int group(ByteBuf buf, int offset) {
    return buf.getInt(offset + GROUP);
  }

  /** Querier's Robustness Variable of a version 3 query; 0 if it exceeds 7. */
  public static int robustness(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset + FLAGS_QRV) & 7;
  }

  /** Querier's Query Interval Code of a version 3 query. */
  public static int queryIntervalCode(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset + QQIC);
  }

  /** Number of Sources of a version 3 query. */
  public static int sourceCount(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + SOURCE_COUNT);
  }

  /** A source of a version 3 query, counted from 0. */
  public static int source(ByteBuf buf, int offset, int number) {
    return buf.getInt(offset + V3_QUERY_LENGTH + number * Ipv4.ADDRESS_LENGTH);
  }

  /** Number of Group Records of a version 3 report. */
  public static int recordCount(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + RECORD_COUNT);
  }

  /** Record Type of the group record at {@code offset}. */
  public static int recordType(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset);
  }

  /** Multicast Address of the group record at {@code offset}. */
  public static int recordGroup(ByteBuf buf, int offset) {
    return buf.getInt(offset + RECORD_GROUP);
  }

  /** Number of Sources of the group record at {@code offset}. */
  public static int recordSourceCount(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + RECORD_SOURCE_COUNT);
  }

  /** Length of the group record at {@code offset}, sources and auxiliary data included. */
  public static int recordLength(ByteBuf buf, int offset) {
    int auxiliaryWords = buf.getUnsignedByte(offset + 1);
    return RECORD_LENGTH + (recordSourceCount(buf, offset) + auxiliaryWords) * 4;
  }

  /** What a Max Resp Code or a QQIC stands for: tenths of a second, or seconds (RFC 3376 4.1.1). */
  public static int codeValue(int code) {
    return code < FLOATING ? code : (code & 15 | 16) << (code >>> 4 & 7) + 3;
  }

  /** Writes a message of eight bytes with its checksum. */
  public static void write(ByteBuf buf, int offset, int type, int code, int group) {
    buf.setByte(offset + TYPE, type);
    buf.setByte(offset + MAX_RESP_CODE, code);
    buf.setInt(offset + GROUP, group);
    updateChecksum(buf, offset, HEADER_LENGTH);
  }

  /** Writes the head of a version 3 report; records and checksum follow. */
  public static void writeReport(ByteBuf buf, int offset, int records) {
    buf.setByte(offset + TYPE, V3_REPORT);
    buf.setByte(offset + MAX_RESP_CODE, 0);
    buf.setInt(offset + GROUP, records);
  }

  /** Writes a group record without its sources, which follow. */
  public static void writeRecord(ByteBuf buf, int offset, int type, int group, int sources) {
    buf.setShort(offset, type << 8);
    buf.setShort(offset + RECORD_SOURCE_COUNT, sources);
    buf.setInt(offset + RECORD_GROUP, group);
  }

  /** Computes the checksum of a message of {@code length} bytes anew. */
  public static void updateChecksum(ByteBuf buf, int offset, int length) {
    buf.setShort(offset + CHECKSUM, 0);
    buf.setShort(offset + CHECKSUM, Checksum.finish(Checksum.sum(buf, offset, length)));
  }
}
