package dev.tapstack.ip.v4;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Ipv4;
import io.netty.buffer.ByteBuf;

/**
 * The options of an IPv4 header (RFC 791 3.1, RFC 1122 3.2.1.8): checked before anything reads
 * them; source routes refused (RFC 1122 3.2.1.8 (c) has hosts take them; nobody honest sends them,
 * RFC 7126 4.3); record route and timestamp answered in echo replies (RFC 1122 3.2.2.6) and filled
 * in when a packet is forwarded (RFC 1812 5.3.13). The loop's thread only.
 */
final class Ipv4Options {
  /** {@link #check}: nothing is wrong. */
  static final int OK = -1;

  /** {@link #check}: a loose or strict source route. */
  static final int SOURCE_ROUTE = -2;

  private static final int ADDRESS_AND_TIME = 8;
  private static final int TIME = 4;
  private static final int MAX_OVERFLOW = 15;

  /** RFC 791 3.1: set when the time is not milliseconds since midnight UT. */
  private static final int NOT_UNIVERSAL_TIME = 0x8000_0000;

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final IpLayer ip;
  private final StackLoop loop;

  Ipv4Options(IpLayer ip, StackLoop loop) {
    this.ip = ip;
    this.loop = loop;
  }

  /**
   * Checks the options of a parsed packet.
   *
   * @return {@link #OK}, {@link #SOURCE_ROUTE}, or the index in the header of the octet in error
   */
  int check(Packet packet) {
    ByteBuf buf = packet.buf();
    int network = packet.network();
    int end = packet.transport();
    int at = network + Ipv4.HEADER_LENGTH;
    while (at < end) {
      int type = buf.getUnsignedByte(at);
      if (type == Ipv4.OPTION_END) {
        return OK;
      }
      if (type == Ipv4.OPTION_NOP) {
        at++;
        continue;
      }
      int length = at + 1 < end ? buf.getUnsignedByte(at + Ipv4.OPTION_LENGTH_OFFSET) : 0;
      if (length < 2 || length > end - at) {
        return Math.min(at + 1, end - 1) - network;
      }
      int bad =
          switch (type) {
            case Ipv4.OPTION_LOOSE_SOURCE_ROUTE, Ipv4.OPTION_STRICT_SOURCE_ROUTE -> SOURCE_ROUTE;
            case Ipv4.OPTION_RECORD_ROUTE -> checkRecordRoute(buf, at, length);
            case Ipv4.OPTION_TIMESTAMP -> checkTimestamp(buf, at, length);
            default -> OK; // RFC 1122 3.2.1.8: what is not understood is ignored
          };
      if (bad != OK) {
        return bad == SOURCE_ROUTE ? bad : bad - network;
      }
      at += length;
    }
    return OK;
  }

  private static int checkRecordRoute(ByteBuf buf, int at, int length) {
    int data = Ipv4.OPTION_ROUTE_DATA_OFFSET;
    if (length < data) {
      return at + Ipv4.OPTION_LENGTH_OFFSET;
    }
    int pointer = buf.getUnsignedByte(at + Ipv4.OPTION_POINTER_OFFSET);
    boolean isFull = pointer > length;
    boolean isSound = pointer > data && (isFull || pointer - 1 + Ipv4.ADDRESS_LENGTH <= length);
    return isSound ? OK : at + Ipv4.OPTION_POINTER_OFFSET;
  }

  private static int checkTimestamp(ByteBuf buf, int at, int length) {
    int data = Ipv4.OPTION_TIMESTAMP_DATA_OFFSET;
    if (length < data) {
      return at + Ipv4.OPTION_LENGTH_OFFSET;
    }
    int pointer = buf.getUnsignedByte(at + Ipv4.OPTION_POINTER_OFFSET);
    int flags = buf.getUnsignedByte(at + Ipv4.OPTION_TIMESTAMP_FLAGS_OFFSET) & 15;
    if (flags != Ipv4.TIMESTAMP_ONLY
        && flags != Ipv4.TIMESTAMP_WITH_ADDRESS
        && flags != Ipv4.TIMESTAMP_PRESPECIFIED) {
      return at + Ipv4.OPTION_TIMESTAMP_FLAGS_OFFSET;
    }
    boolean isFull = pointer > length;
    int entry = flags == Ipv4.TIMESTAMP_ONLY ? TIME : ADDRESS_AND_TIME;
    boolean isSound = pointer > data && (isFull || pointer - 1 + entry <= length);
    return isSound ? OK : at + Ipv4.OPTION_POINTER_OFFSET;
  }

  /**
   * Writes the options that an echo reply returns in front of {@code reply}'s start, this host's
   * entry filled in, and moves the start there; the transport stays. Nothing happens if {@code
   * request}, whose options have been checked, has none of them.
   */
  void echo(Packet request, Packet reply) {
    int to = reply.start() - room(request);
    if (to == reply.start()) {
      return;
    }
    reply.buf().setZero(to, reply.start() - to); // OPTION_END
    reply.start(to);
    ByteBuf buf = request.buf();
    int end = request.transport();
    for (int at = request.network() + Ipv4.HEADER_LENGTH; at < end; at += length(buf, at, end)) {
      int type = buf.getUnsignedByte(at);
      if (type == Ipv4.OPTION_RECORD_ROUTE || type == Ipv4.OPTION_TIMESTAMP) {
        int length = length(buf, at, end);
        reply.buf().setBytes(to, buf, at, length);
        if (type == Ipv4.OPTION_RECORD_ROUTE) {
          recordRoute(reply.buf(), to, (int) reply.sourceLo());
        } else {
          timestamp(reply.buf(), to, (int) reply.sourceLo());
        }
        to += length;
      }
    }
  }

  /**
   * Makes this router's entries in the options of a packet that is forwarded, which have been
   * checked (RFC 1812 5.3.13.5, 5.3.13.6).
   *
   * @param own the address of the interface that it leaves by
   */
  void passOn(Packet packet, int own) {
    ByteBuf buf = packet.buf();
    int end = packet.transport();
    for (int at = packet.network() + Ipv4.HEADER_LENGTH; at < end; at += length(buf, at, end)) {
      int type = buf.getUnsignedByte(at);
      if (type == Ipv4.OPTION_RECORD_ROUTE) {
        recordRoute(buf, at, own);
      } else if (type == Ipv4.OPTION_TIMESTAMP) {
        timestamp(buf, at, own);
      }
    }
  }

  /** Bytes that the options of a reply need, padded. */
  private static int room(Packet request) {
    ByteBuf buf = request.buf();
    int end = request.transport();
    int bytes = 0;
    for (int at = request.network() + Ipv4.HEADER_LENGTH; at < end; at += length(buf, at, end)) {
      int type = buf.getUnsignedByte(at);
      if (type == Ipv4.OPTION_RECORD_ROUTE || type == Ipv4.OPTION_TIMESTAMP) {
        bytes += length(buf, at, end);
      }
    }
    return bytes + 3 & ~3;
  }

  /** Bytes from one checked option to the next; to the end from the end of the list. */
  private static int length(ByteBuf buf, int at, int end) {
    return switch (buf.getUnsignedByte(at)) {
      case Ipv4.OPTION_END -> end - at;
      case Ipv4.OPTION_NOP -> 1;
      default -> buf.getUnsignedByte(at + Ipv4.OPTION_LENGTH_OFFSET);
    };
  }

  private static void recordRoute(ByteBuf buf, int at, int own) {
    int length = buf.getUnsignedByte(at + Ipv4.OPTION_LENGTH_OFFSET);
    int pointer = buf.getUnsignedByte(at + Ipv4.OPTION_POINTER_OFFSET);
    if (pointer <= length) {
      buf.setInt(at + pointer - 1, own);
      buf.setByte(at + Ipv4.OPTION_POINTER_OFFSET, pointer + Ipv4.ADDRESS_LENGTH);
    }
  }

  private void timestamp(ByteBuf buf, int at, int own) {
    int length = buf.getUnsignedByte(at + Ipv4.OPTION_LENGTH_OFFSET);
    int pointer = buf.getUnsignedByte(at + Ipv4.OPTION_POINTER_OFFSET);
    int overflowAndFlags = buf.getUnsignedByte(at + Ipv4.OPTION_TIMESTAMP_FLAGS_OFFSET);
    int flags = overflowAndFlags & 15;
    if (pointer > length) {
      // RFC 791 3.1: no room; the overflow count says how many could not register.
      int overflow = Math.min((overflowAndFlags >>> 4) + 1, MAX_OVERFLOW);
      buf.setByte(at + Ipv4.OPTION_TIMESTAMP_FLAGS_OFFSET, overflow << 4 | flags);
      return;
    }
    int entry = at + pointer - 1;
    if (flags == Ipv4.TIMESTAMP_ONLY) {
      buf.setInt(entry, time());
      buf.setByte(at + Ipv4.OPTION_POINTER_OFFSET, pointer + TIME);
      return;
    }
    if (flags == Ipv4.TIMESTAMP_PRESPECIFIED
        && !ip.isLocal(0, Ipv4Address.mapped(buf.getInt(entry)))) {
      return;
    }
    if (flags == Ipv4.TIMESTAMP_WITH_ADDRESS) {
      buf.setInt(entry, own);
    }
    buf.setInt(entry + Ipv4.ADDRESS_LENGTH, time());
    buf.setByte(at + Ipv4.OPTION_POINTER_OFFSET, pointer + ADDRESS_AND_TIME);
  }

  /** The stack knows no time of day. */
  private int time() {
    return (int) (loop.nowNanos() / NANOS_PER_MILLI) | NOT_UNIVERSAL_TIME;
  }
}
