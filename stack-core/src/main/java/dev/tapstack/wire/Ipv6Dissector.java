package dev.tapstack.wire;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.wire.Dissection.Layer;
import io.netty.buffer.ByteBuf;

/**
 * The fixed IPv6 header (RFC 8200 3) for {@link Dissector}. Extension headers and ICMPv6 are named
 * and not entered.
 */
final class Ipv6Dissector {
  private static final int HEADER_LENGTH = 40;
  private static final int ADDRESS_LENGTH = 16;
  private static final int VERSION = 6;
  private static final int PAYLOAD_LENGTH = 4;
  private static final int NEXT_HEADER = 6;
  private static final int HOP_LIMIT = 7;
  private static final int SOURCE = 8;
  private static final int DESTINATION = 24;

  private Ipv6Dissector() {}

  /** Returns where the packet ends. */
  static int dissect(Dissection into, int at, int end) {
    ByteBuf frame = into.frame();
    if (end - at < HEADER_LENGTH) {
      into.say("IPv6");
      into.truncated(into.begin("IPv6", at, end - at));
      return end;
    }
    Layer layer = into.begin("IPv6", at, HEADER_LENGTH);
    int first = frame.getInt(at);
    int payloadLength = frame.getUnsignedShort(at + PAYLOAD_LENGTH);
    int nextHeader = frame.getUnsignedByte(at + NEXT_HEADER);
    int hopLimit = frame.getUnsignedByte(at + HOP_LIMIT);
    String source = addressText(frame, at + SOURCE);
    String destination = addressText(frame, at + DESTINATION);
    layer.add("version", 0, 1, first >>> 28);
    layer.addHex("trafficClass", 0, 2, first >>> 20 & 0xff);
    layer.addHex("flowLabel", 1, 3, first & 0xf_ffff);
    layer.add("payloadLength", PAYLOAD_LENGTH, 2, payloadLength);
    layer.add("nextHeader", NEXT_HEADER, 1, nextHeader);
    layer.add("hopLimit", HOP_LIMIT, 1, hopLimit);
    layer.add("source", SOURCE, ADDRESS_LENGTH, 0, source);
    layer.add("destination", DESTINATION, ADDRESS_LENGTH, 0, destination);
    into.say("(hlim ").say(hopLimit).say(")");
    if (first >>> 28 != VERSION) {
      into.note(layer, Dissection.BAD_VERSION);
      return end;
    }
    int payload = at + HEADER_LENGTH;
    int declaredEnd = payload + payloadLength;
    int packetEnd = Math.min(end, declaredEnd);
    if (packetEnd < declaredEnd) {
      into.truncated(layer);
    }
    into.say(" ");
    long addressSum = Checksum.sum(frame, at + SOURCE, 2 * ADDRESS_LENGTH);
    IpDatagram datagram =
        new IpDatagram(source, destination, addressSum, declaredEnd, packetEnd == declaredEnd);
    TransportDissector.dissect(into, layer, nextHeader, payload, packetEnd, datagram);
    return packetEnd;
  }

  private static String addressText(ByteBuf frame, int at) {
    return IpAddress.of(frame.getLong(at), frame.getLong(at + 8)).toString();
  }
}
