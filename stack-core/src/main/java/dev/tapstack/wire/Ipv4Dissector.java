package dev.tapstack.wire;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.wire.Dissection.ChecksumState;
import dev.tapstack.wire.Dissection.Layer;
import io.netty.buffer.ByteBuf;

/** IPv4 with its options and fragments (RFC 791) for {@link Dissector}. */
final class Ipv4Dissector {
  private Ipv4Dissector() {}

  /** Returns where the datagram ends. */
  static int dissect(Dissection into, int at, int end) {
    ByteBuf frame = into.frame();
    if (end - at < Ipv4.HEADER_LENGTH) {
      into.say("IPv4");
      into.truncated(into.begin("IPv4", at, end - at));
      return end;
    }
    int headerLength = Ipv4.headerLength(frame, at);
    int totalLength = Ipv4.totalLength(frame, at);
    Layer layer = into.begin("IPv4", at, headerLength);
    addFields(layer, frame, at);
    sayFields(into, frame, at);
    boolean malformed = true;
    if (Ipv4.version(frame, at) != Ipv4.VERSION) {
      into.note(layer, Dissection.BAD_VERSION);
    } else if (headerLength < Ipv4.HEADER_LENGTH) {
      into.note(layer, Dissection.BAD_HEADER_LENGTH);
    } else if (totalLength < headerLength) {
      into.note(layer, Dissection.BAD_LENGTH);
    } else if (headerLength > end - at) {
      into.truncated(layer);
    } else {
      malformed = false;
    }
    if (malformed) {
      layer.length(Math.min(Math.max(headerLength, Ipv4.HEADER_LENGTH), end - at));
      return end;
    }
    if (into.quoting()) {
      layer.checksum(ChecksumState.UNCHECKED);
    } else {
      into.checksum(layer, Checksum.verify(frame, at, headerLength));
    }
    if (totalLength > end - at) {
      into.truncated(layer);
    }
    addOptions(into, layer, frame, at);
    dissectPayload(into, layer, at, Math.min(end, at + totalLength));
    return Math.min(end, at + totalLength);
  }

  private static void addFields(Layer layer, ByteBuf frame, int at) {
    layer.add("version", 0, 1, Ipv4.version(frame, at));
    layer.add("headerLength", 0, 1, Ipv4.headerLength(frame, at));
    layer.addHex("tos", 1, 1, Ipv4.tos(frame, at));
    layer.add("totalLength", 2, 2, Ipv4.totalLength(frame, at));
    layer.add("identification", 4, 2, Ipv4.identification(frame, at));
    layer.add("flags", 6, 1, Ipv4.flags(frame, at));
    layer.add("fragmentOffset", 6, 2, Ipv4.fragmentOffset(frame, at));
    layer.add("ttl", 8, 1, Ipv4.ttl(frame, at));
    layer.add("protocol", 9, 1, Ipv4.protocol(frame, at));
    layer.addHex("headerChecksum", 10, 2, Ipv4.headerChecksum(frame, at));
    layer.addIpv4("source", 12, Ipv4.source(frame, at));
    layer.addIpv4("destination", 16, Ipv4.destination(frame, at));
  }

  private static void sayFields(Dissection into, ByteBuf frame, int at) {
    into.say("(");
    if (Ipv4.tos(frame, at) != 0) {
      into.say("tos 0x").say(Integer.toHexString(Ipv4.tos(frame, at))).say(", ");
    }
    into.say("ttl ").say(Ipv4.ttl(frame, at));
    into.say(", id ").say(Ipv4.identification(frame, at));
    if (Ipv4.fragmentOffset(frame, at) != 0) {
      into.say(", offset ").say(Ipv4.fragmentOffset(frame, at));
    }
    if (Ipv4.dontFragment(frame, at)) {
      into.say(", DF");
    }
    if (Ipv4.moreFragments(frame, at)) {
      into.say(", MF");
    }
    into.say(")");
  }

  private static void addOptions(Dissection into, Layer layer, ByteBuf frame, int at) {
    int end = at + Ipv4.headerLength(frame, at);
    int option = at + Ipv4.HEADER_LENGTH;
    if (option == end) {
      return;
    }
    into.say(" options [");
    boolean good = true;
    while (option < end && good) {
      int type = frame.getUnsignedByte(option);
      int length = 1;
      if (type != Ipv4.OPTION_END && type != Ipv4.OPTION_NOP) {
        length = TcpOption.optionLength(frame, option, end); // both protocols share the form
      }
      good = length > 0;
      if (good) {
        String text = optionText(frame, option, type, length);
        layer.add("option", option - at, length, type, text);
        into.say(option == at + Ipv4.HEADER_LENGTH ? "" : ",").say(text);
        option = type == Ipv4.OPTION_END ? end : option + length;
      }
    }
    into.say("]");
    if (!good) {
      into.note(layer, Dissection.BAD_OPTIONS);
    }
  }

  private static String optionText(ByteBuf frame, int at, int type, int length) {
    return switch (type) {
      case Ipv4.OPTION_END -> "EOL";
      case Ipv4.OPTION_NOP -> "NOP";
      case Ipv4.OPTION_RECORD_ROUTE -> "RR" + routeText(frame, at, length);
      case Ipv4.OPTION_LOOSE_SOURCE_ROUTE -> "LSRR" + routeText(frame, at, length);
      case Ipv4.OPTION_STRICT_SOURCE_ROUTE -> "SSRR" + routeText(frame, at, length);
      case Ipv4.OPTION_TIMESTAMP -> "TS(" + length + " bytes)";
      case Ipv4.OPTION_ROUTER_ALERT -> "RA";
      case Ipv4.OPTION_SECURITY -> "security";
      case Ipv4.OPTION_STREAM_ID -> "stream-id";
      default -> "option-" + type + "(" + length + " bytes)";
    };
  }

  /** The addresses of a route, with a caret before the one that the pointer shows. */
  private static String routeText(ByteBuf frame, int at, int length) {
    if (length < Ipv4.OPTION_ROUTE_DATA_OFFSET) {
      return "{}";
    }
    StringBuilder text = new StringBuilder("{");
    int pointer = frame.getUnsignedByte(at + Ipv4.OPTION_POINTER_OFFSET);
    int last = length - Ipv4.ADDRESS_LENGTH;
    for (int i = Ipv4.OPTION_ROUTE_DATA_OFFSET; i <= last; i += Ipv4.ADDRESS_LENGTH) {
      text.append(text.length() > 1 ? " " : "")
          .append(pointer == i + 1 ? "^" : "")
          .append(Ipv4Address.format(frame.getInt(at + i)));
    }
    return text.append('}').toString();
  }

  private static void dissectPayload(Dissection into, Layer layer, int at, int end) {
    ByteBuf frame = into.frame();
    int declaredEnd = at + Ipv4.totalLength(frame, at);
    int source = Ipv4.source(frame, at);
    int destination = Ipv4.destination(frame, at);
    int protocol = Ipv4.protocol(frame, at);
    int payload = at + Ipv4.headerLength(frame, at);
    boolean whole = end == declaredEnd && !Ipv4.isFragment(frame, at) && !into.quoting();
    IpDatagram datagram =
        new IpDatagram(
            Ipv4Address.format(source),
            Ipv4Address.format(destination),
            Checksum.pseudoHeader(source, destination, 0, 0),
            declaredEnd,
            whole);
    into.say(" ");
    if (Ipv4.fragmentOffset(frame, at) != 0) {
      datagram.sayAddresses(into);
      into.say(TransportDissector.protocolName(protocol)).say(" fragment");
      into.say(", length ").say(declaredEnd - payload);
      layer.add("payload", payload - at, end - payload, 0, (end - payload) + " bytes");
    } else if (protocol == Ipv4.PROTOCOL_ICMP) {
      Icmp4Dissector.dissect(into, payload, end, datagram);
    } else {
      TransportDissector.dissect(into, layer, protocol, payload, end, datagram);
    }
  }
}
