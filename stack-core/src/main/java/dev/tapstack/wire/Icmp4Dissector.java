package dev.tapstack.wire;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.wire.Dissection.ChecksumState;
import dev.tapstack.wire.Dissection.Layer;
import io.netty.buffer.ByteBuf;

/** ICMP for IPv4, with the datagram that an error quotes (RFC 792), for {@link Dissector}. */
final class Icmp4Dissector {
  private Icmp4Dissector() {}

  static void dissect(Dissection into, int at, int end, IpDatagram datagram) {
    ByteBuf frame = into.frame();
    datagram.sayAddresses(into);
    if (end - at < Icmp4.HEADER_LENGTH) {
      Layer layer = into.begin("ICMP", at, end - at);
      layer.checksum(ChecksumState.UNCHECKED);
      into.say("ICMP");
      datagram.noteShort(into, layer);
      return;
    }
    Layer layer = into.begin("ICMP", at, Icmp4.HEADER_LENGTH);
    int type = Icmp4.type(frame, at);
    layer.add("type", 0, 1, type);
    layer.add("code", 1, 1, Icmp4.code(frame, at));
    layer.addHex("checksum", 2, 2, Icmp4.checksum(frame, at));
    into.say("ICMP ");
    boolean error = Icmp4.isError(type);
    if (error) {
      describeError(into, layer, frame, at);
    } else {
      describeQuery(into, layer, frame, at);
    }
    into.say(", length ").say(datagram.declaredEnd() - at);
    if (datagram.whole()) {
      into.checksum(layer, Checksum.verify(frame, at, end - at));
    } else {
      layer.checksum(ChecksumState.UNCHECKED);
    }
    int data = at + Icmp4.HEADER_LENGTH;
    layer.add("payload", Icmp4.HEADER_LENGTH, end - data, 0, (end - data) + " bytes");
    // An error about an error is never sent (RFC 1122 3.2.2): one level of quotes is enough.
    if (error && !into.quoting() && end > data) {
      into.quoting(true);
      into.say(" quoting [");
      Ipv4Dissector.dissect(into, data, end);
      into.say("]");
      into.quoting(false);
    }
  }

  private static void describeQuery(Dissection into, Layer layer, ByteBuf frame, int at) {
    int type = Icmp4.type(frame, at);
    String name =
        switch (type) {
          case Icmp4.ECHO_REPLY -> "echo reply";
          case Icmp4.ECHO_REQUEST -> "echo request";
          case Icmp4.TIMESTAMP -> "timestamp request";
          case Icmp4.TIMESTAMP_REPLY -> "timestamp reply";
          case Icmp4.ROUTER_ADVERTISEMENT -> "router advertisement";
          case Icmp4.ROUTER_SOLICITATION -> "router solicitation";
          default -> "type " + type + ", code " + Icmp4.code(frame, at);
        };
    into.say(name);
    switch (type) {
      case Icmp4.ECHO_REPLY, Icmp4.ECHO_REQUEST, Icmp4.TIMESTAMP, Icmp4.TIMESTAMP_REPLY -> {
        layer.add("identifier", 4, 2, Icmp4.identifier(frame, at));
        layer.add("sequence", 6, 2, Icmp4.sequence(frame, at));
        into.say(", id ").say(Icmp4.identifier(frame, at));
        into.say(", seq ").say(Icmp4.sequence(frame, at));
      }
      default -> layer.addHex("rest", 4, 4, frame.getUnsignedInt(at + 4));
    }
  }

  private static void describeError(Dissection into, Layer layer, ByteBuf frame, int at) {
    int code = Icmp4.code(frame, at);
    switch (Icmp4.type(frame, at)) {
      case Icmp4.DESTINATION_UNREACHABLE -> {
        into.say(unreachable(code));
        if (code == Icmp4.CODE_FRAGMENTATION_NEEDED) {
          layer.add("nextHopMtu", 6, 2, Icmp4.nextHopMtu(frame, at));
          into.say(" (mtu ").say(Icmp4.nextHopMtu(frame, at)).say(")");
        }
      }
      case Icmp4.SOURCE_QUENCH -> into.say("source quench");
      case Icmp4.REDIRECT -> {
        layer.addIpv4("gateway", 4, Icmp4.gateway(frame, at));
        into.say("redirect to ").say(Ipv4Address.format(Icmp4.gateway(frame, at)));
      }
      case Icmp4.TIME_EXCEEDED ->
          into.say(
              code == Icmp4.CODE_TTL_EXCEEDED
                  ? "time exceeded in-transit"
                  : "ip reassembly time exceeded");
      default -> {
        layer.add("pointer", 4, 1, Icmp4.pointer(frame, at));
        into.say("parameter problem, code ").say(code);
        into.say(", octet ").say(Icmp4.pointer(frame, at));
      }
    }
  }

  private static String unreachable(int code) {
    return switch (code) {
      case Icmp4.CODE_NET_UNREACHABLE -> "net unreachable";
      case Icmp4.CODE_HOST_UNREACHABLE -> "host unreachable";
      case Icmp4.CODE_PROTOCOL_UNREACHABLE -> "protocol unreachable";
      case Icmp4.CODE_PORT_UNREACHABLE -> "port unreachable";
      case Icmp4.CODE_FRAGMENTATION_NEEDED -> "unreachable - need to frag";
      case Icmp4.CODE_SOURCE_ROUTE_FAILED -> "unreachable - source route failed";
      case Icmp4.CODE_NET_UNKNOWN -> "net unreachable - unknown";
      case Icmp4.CODE_HOST_UNKNOWN -> "host unreachable - unknown";
      case Icmp4.CODE_SOURCE_ISOLATED -> "unreachable - source host isolated";
      case Icmp4.CODE_NET_PROHIBITED -> "net unreachable - admin prohibited";
      case Icmp4.CODE_HOST_PROHIBITED -> "host unreachable - admin prohibited";
      case Icmp4.CODE_NET_TOS -> "net unreachable - tos";
      case Icmp4.CODE_HOST_TOS -> "host unreachable - tos";
      case Icmp4.CODE_ADMIN_PROHIBITED -> "unreachable - admin prohibited filter";
      default -> "unreachable - code " + code;
    };
  }
}
