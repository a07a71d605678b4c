package dev.tapstack.wire;

import dev.tapstack.addr.MacAddress;
import dev.tapstack.wire.Dissection.Layer;
import io.netty.buffer.ByteBuf;

/**
 * Any Ethernet frame for people: as one line in the wording of tcpdump, or as a tree of named
 * fields that a program can compare with another parser's.
 *
 * <p>It takes any bytes of any length, never throws, and says where a frame is truncated or a
 * checksum is wrong. It allocates freely: it is for captures, traces and tests, not for the packet
 * path. Without state: called from any thread that owns the buffer. This class has the link layer;
 * each other protocol has a file of its own.
 */
public final class Dissector {
  /** A customer tag inside a service tag (IEEE 802.1ad); more are not sent by anybody. */
  private static final int MAX_VLAN_TAGS = 2;

  private static final int VLAN_ID_MASK = 0x0fff;
  private static final int VLAN_PRIORITY_SHIFT = 13;

  private Dissector() {}

  /** The frame of {@code length} bytes at {@code offset} in one line, without a line end. */
  public static String line(ByteBuf buf, int offset, int length) {
    return tree(buf, offset, length).line();
  }

  /** The frame of {@code length} bytes at {@code offset} as a tree. */
  public static Dissection tree(ByteBuf buf, int offset, int length) {
    return tree(buf, offset, length, length);
  }

  /**
   * A frame of which a capture kept the beginning, as a tree.
   *
   * @param length bytes there are
   * @param originalLength bytes there were on the wire
   */
  public static Dissection tree(ByteBuf buf, int offset, int length, int originalLength) {
    ByteBuf frame = buf.slice(offset, length);
    Dissection into = new Dissection(frame);
    dissectEthernet(into, originalLength);
    return into.detached();
  }

  private static void dissectEthernet(Dissection into, int originalLength) {
    ByteBuf frame = into.frame();
    int captured = frame.capacity();
    if (captured < Ethernet.HEADER_LENGTH) {
      Layer layer = into.begin("Ethernet", 0, captured);
      into.say("Ethernet, length ").say(originalLength);
      into.truncated(layer);
      return;
    }
    Layer layer = into.begin("Ethernet", 0, Ethernet.HEADER_LENGTH);
    long destination = Ethernet.destination(frame, 0);
    long source = Ethernet.source(frame, 0);
    int type = Ethernet.type(frame, 0);
    layer.addMac("destination", 0, destination);
    layer.addMac("source", 6, source);
    layer.add("type", 12, 2, type, typeName(type));
    into.say(MacAddress.format(source)).say(" > ").say(MacAddress.format(destination)).say(", ");

    int at = Ethernet.HEADER_LENGTH;
    for (int tags = 0; isVlan(type) && tags < MAX_VLAN_TAGS; tags++) {
      if (at + Ethernet.VLAN_TAG_LENGTH > captured) {
        into.say("vlan, length ").say(originalLength);
        into.truncated(into.begin("VLAN", at, captured - at));
        return;
      }
      type = dissectVlan(into, at);
      at += Ethernet.VLAN_TAG_LENGTH;
    }
    into.say(typeName(type)).say(", length ").say(originalLength);
    if (captured < originalLength) {
      into.truncated(layer);
    }
    into.say(": ");
    int end = dissectPayload(into, layer, type, at);
    if (end < captured) {
      int padding = captured - end;
      layer.add("padding", end, padding, 0, padding + " bytes");
    }
  }

  private static int dissectVlan(Dissection into, int at) {
    Layer layer = into.begin("VLAN", at, Ethernet.VLAN_TAG_LENGTH);
    int control = into.frame().getUnsignedShort(at);
    int type = into.frame().getUnsignedShort(at + 2);
    layer.add("priority", 0, 1, control >>> VLAN_PRIORITY_SHIFT);
    layer.add("dropEligible", 0, 1, control >>> 12 & 1);
    layer.add("id", 0, 2, control & VLAN_ID_MASK);
    layer.add("type", 2, 2, type, typeName(type));
    into.say("vlan ").say(control & VLAN_ID_MASK).say(", ");
    return type;
  }

  /** Returns where the payload ends; what is after it is padding. */
  private static int dissectPayload(Dissection into, Layer ethernet, int type, int at) {
    int end = into.frame().capacity();
    return switch (type) {
      case Ethernet.TYPE_ARP -> ArpDissector.dissect(into, at, end);
      case Ethernet.TYPE_IPV4 -> Ipv4Dissector.dissect(into, at, end);
      case Ethernet.TYPE_IPV6 -> Ipv6Dissector.dissect(into, at, end);
      default -> {
        ethernet.add("payload", at, end - at, 0, (end - at) + " bytes");
        into.say("payload ").say(end - at).say(" bytes");
        yield end;
      }
    };
  }

  private static boolean isVlan(int type) {
    return type == Ethernet.TYPE_VLAN || type == Ethernet.TYPE_SERVICE_VLAN;
  }

  private static String typeName(int type) {
    return switch (type) {
      case Ethernet.TYPE_ARP -> "ARP";
      case Ethernet.TYPE_IPV4 -> "IPv4";
      case Ethernet.TYPE_IPV6 -> "IPv6";
      case Ethernet.TYPE_VLAN -> "802.1Q";
      case Ethernet.TYPE_SERVICE_VLAN -> "802.1ad";
      default ->
          type < Ethernet.MINIMUM_TYPE ? "802.3" : "ethertype 0x" + Integer.toHexString(type);
    };
  }
}
