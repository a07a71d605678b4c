package dev.tapstack.wire;

import io.netty.buffer.ByteBuf;

/**
 * ICMP messages for IPv4 (RFC 792; codes of RFC 1122 3.2.2.1 and 1812 5.2.7.1).
 *
 * <p>All have eight bytes of header; the last four of them differ by type. Static and without
 * state: called from any thread that owns the buffer.
 */
public final class Icmp4 {
  /** Length of the header of every message handled here, in bytes. */
  public static final int HEADER_LENGTH = 8;

  /** Echo reply. */
  public static final int ECHO_REPLY = 0;

  /** Destination unreachable. */
  public static final int DESTINATION_UNREACHABLE = 3;

  /** Source quench, deprecated by RFC 6633. */
  public static final int SOURCE_QUENCH = 4;

  /** Redirect. */
  public static final int REDIRECT = 5;

  /** Echo ("ping"). */
  public static final int ECHO_REQUEST = 8;

  /** Router advertisement (RFC 1256). */
  public static final int ROUTER_ADVERTISEMENT = 9;

  /** Router solicitation (RFC 1256). */
  public static final int ROUTER_SOLICITATION = 10;

  /** Time exceeded. */
  public static final int TIME_EXCEEDED = 11;

  /** Parameter problem. */
  public static final int PARAMETER_PROBLEM = 12;

  /** Timestamp. */
  public static final int TIMESTAMP = 13;

  /** Timestamp reply. */
  public static final int TIMESTAMP_REPLY = 14;

  /** Redirect, code: for the host. */
  public static final int CODE_REDIRECT_HOST = 1;

  /** Unreachable, code: network. */
  public static final int CODE_NET_UNREACHABLE = 0;

  /** Unreachable, code: host. */
  public static final int CODE_HOST_UNREACHABLE = 1;

  /** Unreachable, code: no such transport protocol there. */
  public static final int CODE_PROTOCOL_UNREACHABLE = 2;

  /** Unreachable, code: nobody listens on the port. */
  public static final int CODE_PORT_UNREACHABLE = 3;

  /** Unreachable, code: too large and don't fragment set; {@link #nextHopMtu} says the limit. */
  public static final int CODE_FRAGMENTATION_NEEDED = 4;

  /** Unreachable, code: source route failed. */
  public static final int CODE_SOURCE_ROUTE_FAILED = 5;

  /** Unreachable, code: network unknown. */
  public static final int CODE_NET_UNKNOWN = 6;

  /** Unreachable, code: host unknown. */
  public static final int CODE_HOST_UNKNOWN = 7;

  /** Unreachable, code: source host isolated. */
  public static final int CODE_SOURCE_ISOLATED = 8;

  /** Unreachable, code: network administratively prohibited. */
  public static final int CODE_NET_PROHIBITED = 9;

  /** Unreachable, code: host administratively prohibited. */
  public static final int CODE_HOST_PROHIBITED = 10;

  /** Unreachable, code: network unreachable for this type of service. */
  public static final int CODE_NET_TOS = 11;

  /** Unreachable, code: host unreachable for this type of service. */
  public static final int CODE_HOST_TOS = 12;

  /** Unreachable, code: communication administratively prohibited (a filter). */
  public static final int CODE_ADMIN_PROHIBITED = 13;

  /** Time exceeded, code: TTL came to zero in transit. */
  public static final int CODE_TTL_EXCEEDED = 0;

  /** Time exceeded, code: fragments were missing at the reassembly timeout. */
  public static final int CODE_REASSEMBLY_EXCEEDED = 1;

  /** Parameter problem, code: {@link #pointer} shows the byte in error. */
  public static final int CODE_POINTER = 0;

  /** Parameter problem, code: a required option is missing. */
  public static final int CODE_OPTION_MISSING = 1;

  private static final int TYPE = 0;
  private static final int CODE = 1;
  private static final int CHECKSUM = 2;
  private static final int IDENTIFIER = 4;
  private static final int SEQUENCE = 6;
  private static final int POINTER = 4;
  private static final int GATEWAY = 4;
  private static final int NEXT_HOP_MTU = 6;

  private Icmp4() {}

  /** Type of the message. */
  public static int type(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset + TYPE);
  }

  /** Sets the type. */
  public static void type(ByteBuf buf, int offset, int value) {
    buf.setByte(offset + TYPE, value);
  }

  /** Code within the type. */
  public static int code(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset + CODE);
  }

  /** Sets the code. */
  public static void code(ByteBuf buf, int offset, int value) {
    buf.setByte(offset + CODE, value);
  }

  /** Checksum over the whole message. */
  public static int checksum(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + CHECKSUM);
  }

  /** Sets the checksum. */
  public static void checksum(ByteBuf buf, int offset, int value) {
    buf.setShort(offset + CHECKSUM, value);
  }

  /** Computes the checksum of a message of {@code length} bytes, header included, and sets it. */
  public static void updateChecksum(ByteBuf buf, int offset, int length) {
    checksum(buf, offset, 0);
    checksum(buf, offset, Checksum.finish(Checksum.sum(buf, offset, length)));
  }

  /** Identifier of echo and timestamp messages. */
  public static int identifier(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + IDENTIFIER);
  }

  /** Sets the identifier. */
  public static void identifier(ByteBuf buf, int offset, int value) {
    buf.setShort(offset + IDENTIFIER, value);
  }

  /** Sequence number of echo and timestamp messages. */
  public static int sequence(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + SEQUENCE);
  }

  /** Sets the sequence number. */
  public static void sequence(ByteBuf buf, int offset, int value) {
    buf.setShort(offset + SEQUENCE, value);
  }

  /** Parameter problem: which byte of the quoted datagram is in error. */
  public static int pointer(ByteBuf buf, int offset) {
    return buf.getUnsignedByte(offset + POINTER);
  }

  /** Sets the pointer of a parameter problem. */
  public static void pointer(ByteBuf buf, int offset, int value) {
    buf.setByte(offset + POINTER, value);
  }

  /** Redirect: address of the better gateway. */
  public static int gateway(ByteBuf buf, int offset) {
    return buf.getInt(offset + GATEWAY);
  }

  /** Sets the gateway of a redirect. */
  public static void gateway(ByteBuf buf, int offset, int address) {
    buf.setInt(offset + GATEWAY, address);
  }

  /** Fragmentation needed: the MTU of the next hop in bytes (RFC 1191 4); 0 from old routers. */
  public static int nextHopMtu(ByteBuf buf, int offset) {
    return buf.getUnsignedShort(offset + NEXT_HOP_MTU);
  }

  /** Sets the MTU of the next hop. */
  public static void nextHopMtu(ByteBuf buf, int offset, int bytes) {
    buf.setShort(offset + NEXT_HOP_MTU, bytes);
  }

  /** Writes type and code and clears the other six bytes of the header, the checksum included. */
  public static void write(ByteBuf buf, int offset, int type, int code) {
    type(buf, offset, type);
    code(buf, offset, code);
    checksum(buf, offset, 0);
    buf.setInt(offset + IDENTIFIER, 0);
  }

  /** True for the types that report an error and quote a datagram (RFC 1122 3.2.2). */
  public static boolean isError(int type) {
    return switch (type) {
      case DESTINATION_UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM ->
          true;
      default -> false;
    };
  }
}
