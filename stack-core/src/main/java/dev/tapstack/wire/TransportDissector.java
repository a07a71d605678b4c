package dev.tapstack.wire;

import dev.tapstack.wire.Dissection.ChecksumState;
import dev.tapstack.wire.Dissection.Layer;
import io.netty.buffer.ByteBuf;

/**
 * What follows an IP header, of either version, for {@link Dissector}: UDP here, TCP and IGMP
 * called.
 */
final class TransportDissector {
  /** Both ports: what every transport header here begins with. */
  private static final int PORTS_LENGTH = 4;

  private TransportDissector() {}

  /**
   * @param ip the layer of the IP header, which gets the payload if the protocol is unknown
   */
  static void dissect(
      Dissection into, Layer ip, int protocol, int at, int end, IpDatagram datagram) {
    switch (protocol) {
      case Ipv4.PROTOCOL_TCP -> TcpDissector.dissect(into, at, end, datagram);
      case Ipv4.PROTOCOL_IGMP -> IgmpDissector.dissect(into, at, end, datagram);
      case Ipv4.PROTOCOL_UDP -> dissectUdp(into, at, end, datagram);
      default -> {
        datagram.sayAddresses(into);
        into.say(protocolName(protocol)).say(", length ").say(datagram.declaredEnd() - at);
        ip.add("payload", at - ip.offset(), end - at, 0, (end - at) + " bytes");
      }
    }
  }

  /** Name of an IP protocol or next header (IANA Protocol Numbers), or "protocol N". */
  static String protocolName(int protocol) {
    return switch (protocol) {
      case 0 -> "hop-by-hop options";
      case Ipv4.PROTOCOL_ICMP -> "ICMP";
      case Ipv4.PROTOCOL_IGMP -> "IGMP";
      case Ipv4.PROTOCOL_TCP -> "TCP";
      case Ipv4.PROTOCOL_UDP -> "UDP";
      case 43 -> "routing header";
      case 44 -> "fragment header";
      case 47 -> "GRE";
      case 50 -> "ESP";
      case 51 -> "AH";
      case 58 -> "ICMPv6";
      case 59 -> "no next header";
      case 60 -> "destination options";
      case 89 -> "OSPF";
      case 132 -> "SCTP";
      default -> "protocol " + protocol;
    };
  }

  private static void dissectUdp(Dissection into, int at, int end, IpDatagram datagram) {
    ByteBuf frame = into.frame();
    if (end - at < Udp.HEADER_LENGTH) {
      cutShort(into, "UDP", at, end, datagram);
      return;
    }
    Layer layer = into.begin("UDP", at, Udp.HEADER_LENGTH);
    int length = Udp.length(frame, at);
    layer.add("sourcePort", 0, 2, Udp.sourcePort(frame, at));
    layer.add("destinationPort", 2, 2, Udp.destinationPort(frame, at));
    layer.add("length", 4, 2, length);
    layer.addHex("checksum", 6, 2, Udp.checksum(frame, at));
    datagram.sayEndpoints(into, Udp.sourcePort(frame, at), Udp.destinationPort(frame, at));
    into.say("UDP, length ").say(length - Udp.HEADER_LENGTH);
    boolean fits = length <= end - at;
    if (length < Udp.HEADER_LENGTH || datagram.whole() && !fits) {
      into.note(layer, Dissection.BAD_LENGTH);
      return;
    }
    int dataEnd = Math.min(end, at + length);
    int data = at + Udp.HEADER_LENGTH;
    layer.add("payload", Udp.HEADER_LENGTH, dataEnd - data, 0, (dataEnd - data) + " bytes");
    if (Udp.checksum(frame, at) == 0) {
      layer.checksum(ChecksumState.NONE);
    } else if (datagram.whole()) {
      long pseudo = datagram.pseudoHeader(Ipv4.PROTOCOL_UDP, length);
      into.checksum(layer, Checksum.verify(pseudo, frame, at, length));
    } else {
      layer.checksum(ChecksumState.UNCHECKED);
    }
  }

  /** A transport header of which only the beginning is there: the ports, if they are. */
  static Layer cutShort(Dissection into, String protocol, int at, int end, IpDatagram datagram) {
    Layer layer = into.begin(protocol, at, end - at);
    if (end - at >= PORTS_LENGTH) {
      ByteBuf frame = into.frame();
      int sourcePort = frame.getUnsignedShort(at);
      int destinationPort = frame.getUnsignedShort(at + 2);
      layer.add("sourcePort", 0, 2, sourcePort);
      layer.add("destinationPort", 2, 2, destinationPort);
      datagram.sayEndpoints(into, sourcePort, destinationPort);
    } else {
      datagram.sayAddresses(into);
    }
    into.say(protocol);
    layer.checksum(ChecksumState.UNCHECKED);
    datagram.noteShort(into, layer);
    return layer;
  }
}
