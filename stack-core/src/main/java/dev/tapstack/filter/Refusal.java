package dev.tapstack.filter;

import dev.tapstack.conntrack.Resets;
import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.IpFamily;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import io.netty.buffer.ByteBuf;

/**
 * Tells the sender of a packet that it was refused: in TCP's name by a RST (RFC 9293 3.10.7.1),
 * else by ICMP (RFC 1812 5.2.7.1). The loop's thread only.
 */
final class Refusal {
  private final IpLayer ip;

  Refusal(IpLayer ip) {
    this.ip = ip;
  }

  /** Answers {@code packet}, which stays the caller's. */
  void answer(Packet packet) {
    IpFamily family = ip.family(packet.sourceHi(), packet.sourceLo());
    if (packet.protocol() != Ipv4.PROTOCOL_TCP) {
      ip.report(IcmpError.PROHIBITED, packet, 0);
    } else if (mayReset(family, packet)) {
      reset(packet);
    }
  }

  /** Whether it is a whole segment, right, and no RST: that is never answered. */
  private boolean mayReset(IpFamily family, Packet packet) {
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    int bytes = packet.end() - at;
    return !family.isFragment(packet)
        && !packet.has(Packet.LINK_BROADCAST | Packet.LINK_MULTICAST)
        && !ip.isGroup(packet.destinationHi(), packet.destinationLo())
        && bytes >= TcpHeader.HEADER_LENGTH
        && TcpHeader.dataOffset(buf, at) >= TcpHeader.HEADER_LENGTH
        && TcpHeader.dataOffset(buf, at) <= bytes
        && (TcpHeader.flags(buf, at) & TcpHeader.RST) == 0
        && (ip.isLocal(packet.sourceHi(), packet.sourceLo())
            || Checksum.verify(family.pseudoHeader(packet, bytes), buf, at, bytes));
  }

  private void reset(Packet packet) {
    Packet reset = Resets.answerTo(packet, ip);
    reset.flow(packet.flow()); // so that NAT turns it as it turns the flow's replies
    if (!packet.has(Packet.REPLY)) {
      reset.set(Packet.REPLY);
    }
    ip.output(reset);
  }
}
