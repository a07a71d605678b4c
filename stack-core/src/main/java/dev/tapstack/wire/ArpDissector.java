package dev.tapstack.wire;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.wire.Dissection.Layer;
import io.netty.buffer.ByteBuf;

/** ARP (RFC 826) for {@link Dissector}. */
final class ArpDissector {
  private ArpDissector() {}

  /** Returns where the packet ends. */
  static int dissect(Dissection into, int at, int end) {
    ByteBuf frame = into.frame();
    if (end - at < Arp.LENGTH) {
      into.say("ARP");
      into.truncated(into.begin("ARP", at, end - at));
      return end;
    }
    Layer layer = into.begin("ARP", at, Arp.LENGTH);
    layer.add("hardwareType", 0, 2, Arp.hardwareType(frame, at));
    layer.addHex("protocolType", 2, 2, Arp.protocolType(frame, at));
    layer.add("hardwareLength", 4, 1, Arp.hardwareLength(frame, at));
    layer.add("protocolLength", 5, 1, Arp.protocolLength(frame, at));
    layer.add("operation", 6, 2, Arp.operation(frame, at));
    if (!Arp.isEthernetIpv4(frame, at)) {
      into.say("ARP for another link or protocol, operation ").say(Arp.operation(frame, at));
      return end;
    }
    layer.addMac("senderMac", 8, Arp.senderMac(frame, at));
    layer.addIpv4("senderIp", 14, Arp.senderIp(frame, at));
    layer.addMac("targetMac", 18, Arp.targetMac(frame, at));
    layer.addIpv4("targetIp", 24, Arp.targetIp(frame, at));
    say(into, frame, at);
    return at + Arp.LENGTH;
  }

  private static void say(Dissection into, ByteBuf frame, int at) {
    String sender = Ipv4Address.format(Arp.senderIp(frame, at));
    String target = Ipv4Address.format(Arp.targetIp(frame, at));
    switch (Arp.operation(frame, at)) {
      case Arp.REQUEST -> {
        if (sender.equals(target)) {
          into.say("Announcement ").say(sender);
        } else {
          into.say("Request who-has ").say(target);
          if (Arp.targetMac(frame, at) != 0) {
            into.say(" (").say(MacAddress.format(Arp.targetMac(frame, at))).say(")");
          }
          into.say(" tell ").say(sender);
        }
      }
      case Arp.REPLY ->
          into.say("Reply ")
              .say(sender)
              .say(" is-at ")
              .say(MacAddress.format(Arp.senderMac(frame, at)));
      default -> into.say("operation ").say(Arp.operation(frame, at)).say(" from ").say(sender);
    }
  }
}
