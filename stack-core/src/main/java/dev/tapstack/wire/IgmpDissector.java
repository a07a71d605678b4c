package dev.tapstack.wire;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.wire.Dissection.ChecksumState;
import dev.tapstack.wire.Dissection.Layer;
import io.netty.buffer.ByteBuf;

/** IGMP of all three versions (RFC 1112, RFC 2236, RFC 3376) for {@link Dissector}. */
final class IgmpDissector {
  private IgmpDissector() {}

  static void dissect(Dissection into, int at, int end, IpDatagram datagram) {
    ByteBuf frame = into.frame();
    datagram.sayAddresses(into);
    into.say("IGMP");
    Layer layer = into.begin("IGMP", at, end - at);
    if (end - at < Igmp.HEADER_LENGTH) {
      layer.checksum(ChecksumState.UNCHECKED);
      datagram.noteShort(into, layer);
      return;
    }
    int type = Igmp.type(frame, at);
    layer.addHex("type", 0, 1, type);
    layer.add("maxRespCode", 1, 1, Igmp.maxRespCode(frame, at));
    layer.addHex("checksum", 2, 2, Igmp.checksum(frame, at));
    boolean isLong =
        switch (type) {
          case Igmp.QUERY -> query(into, layer, at, end);
          case Igmp.V3_REPORT -> records(into, layer, at, end);
          default -> {
            layer.addIpv4("group", 4, Igmp.group(frame, at));
            into.say(" ").say(name(type)).say(" ").say(Ipv4Address.format(Igmp.group(frame, at)));
            yield true;
          }
        };
    if (!isLong) {
      into.note(layer, Dissection.BAD_LENGTH);
    }
    if (datagram.whole()) {
      into.checksum(layer, Checksum.verify(frame, at, end - at));
    } else {
      layer.checksum(ChecksumState.UNCHECKED);
    }
  }

  private static String name(int type) {
    return switch (type) {
      case Igmp.V1_REPORT -> "v1 report";
      case Igmp.V2_REPORT -> "v2 report";
      case Igmp.LEAVE -> "leave";
      default -> "type 0x" + Integer.toHexString(type);
    };
  }

  /** RFC 3376 7.1 tells the versions apart. Returns whether all that it promises is there. */
  private static boolean query(Dissection into, Layer layer, int at, int end) {
    ByteBuf frame = into.frame();
    int code = Igmp.maxRespCode(frame, at);
    int group = Igmp.group(frame, at);
    boolean isV3 = end - at >= Igmp.V3_QUERY_LENGTH;
    layer.addIpv4("group", 4, group);
    into.say(isV3 ? " v3 query" : code == 0 ? " v1 query" : " v2 query");
    if (code != 0) {
      int tenths = isV3 ? Igmp.codeValue(code) : code;
      into.say(" [max resp time ").say(tenths / 10).say(".").say(tenths % 10).say("s]");
    }
    if (group != 0) {
      into.say(" ").say(Ipv4Address.format(group));
    }
    if (!isV3) {
      return end - at == Igmp.HEADER_LENGTH;
    }
    layer.add("robustness", 8, 1, Igmp.robustness(frame, at));
    layer.add("queryIntervalCode", 9, 1, Igmp.queryIntervalCode(frame, at));
    int sources = Igmp.sourceCount(frame, at);
    layer.add("sourceCount", 10, 2, sources);
    if (sources > 0) {
      into.say(", ").say(sources).say(" source(s)");
    }
    return sources <= (end - at - Igmp.V3_QUERY_LENGTH) / Ipv4.ADDRESS_LENGTH;
  }

  private static boolean records(Dissection into, Layer layer, int at, int end) {
    ByteBuf frame = into.frame();
    int count = Igmp.recordCount(frame, at);
    layer.add("recordCount", 6, 2, count);
    into.say(" v3 report, ").say(count).say(" group record(s)");
    int record = at + Igmp.HEADER_LENGTH;
    for (int i = 0; i < count; i++) {
      if (end - record < Igmp.RECORD_LENGTH || end - record < Igmp.recordLength(frame, record)) {
        return false;
      }
      String group = Ipv4Address.format(Igmp.recordGroup(frame, record));
      String text =
          "%s %s, %d source(s)"
              .formatted(
                  group,
                  recordType(Igmp.recordType(frame, record)),
                  Igmp.recordSourceCount(frame, record));
      int length = Igmp.recordLength(frame, record);
      layer.add("record", record - at, length, Igmp.recordType(frame, record), text);
      into.say(" [").say(text).say("]");
      record += length;
    }
    return true;
  }

  private static String recordType(int type) {
    return switch (type) {
      case Igmp.MODE_IS_INCLUDE -> "is_in";
      case Igmp.MODE_IS_EXCLUDE -> "is_ex";
      case Igmp.CHANGE_TO_INCLUDE -> "to_in";
      case Igmp.CHANGE_TO_EXCLUDE -> "to_ex";
      default -> "record type " + type;
    };
  }
}
