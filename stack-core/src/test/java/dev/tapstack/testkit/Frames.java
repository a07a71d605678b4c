package dev.tapstack.testkit;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.wire.Arp;
import dev.tapstack.wire.Ethernet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Ethernet frames of a test's own hosts; a MAC address is its 48 bits. */
public final class Frames {
  private Frames() {}

  /** An IPv4 packet on its way from one host to another. */
  public static byte[] ipv4(long from, long to, byte[] packet) {
    byte[] frame = new byte[Ethernet.HEADER_LENGTH + packet.length];
    ByteBuf buf = Unpooled.wrappedBuffer(frame);
    Ethernet.write(buf, 0, to, from, Ethernet.TYPE_IPV4);
    buf.setBytes(Ethernet.HEADER_LENGTH, packet);
    return frame;
  }

  /** Asks everybody who {@code target} is, and tells who {@code sender} is. */
  public static byte[] arpRequest(long from, String sender, String target) {
    byte[] frame = new byte[Ethernet.HEADER_LENGTH + Arp.LENGTH];
    ByteBuf buf = Unpooled.wrappedBuffer(frame);
    Ethernet.write(buf, 0, Ethernet.BROADCAST, from, Ethernet.TYPE_ARP);
    int senderBits = Ipv4Address.parse(sender).intBits();
    int targetBits = Ipv4Address.parse(target).intBits();
    Arp.write(buf, Ethernet.HEADER_LENGTH, Arp.REQUEST, from, senderBits, 0, targetBits);
    return frame;
  }
}
