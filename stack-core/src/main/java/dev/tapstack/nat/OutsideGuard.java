package dev.tapstack.nat;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.ip.Hook;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.Verdict;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.Icmp4;
import dev.tapstack.wire.Ipv4;
import io.netty.buffer.ByteBuf;

/**
 * The last hook of POSTROUTING: nothing leaves on the outside that shows an inside address, neither
 * as its source nor in the packet that an ICMP error quotes. Nothing should come here that does;
 * what does is dropped by name. Only to networks that the configuration excepts it may go. The
 * loop's thread only.
 */
final class OutsideGuard extends Hook {
  private static final Verdict INSIDE_ADDRESS = Verdict.drop(DropReason.NAT_INSIDE_ADDRESS);

  private final OutsideAddresses outside;
  private final NatConfig config;

  OutsideGuard(OutsideAddresses outside, NatConfig config) {
    this.outside = outside;
    this.config = config;
  }

  @Override
  public Verdict judge(HookPoint point, Packet packet) {
    if (!outside.leavesOutside(packet)
        || !Ipv4Address.isMapped(packet.sourceHi(), packet.sourceLo())
        || config.isUntranslated(packet.destinationHi(), packet.destinationLo())) {
      return Verdict.ACCEPT;
    }
    // What passes from outside to outside has a source that is known there.
    boolean isSourceKnown =
        outside.contains(packet.sourceHi(), packet.sourceLo()) || outside.arrivedOutside(packet);
    return isSourceKnown && isQuoteKnown(packet) ? Verdict.ACCEPT : INSIDE_ADDRESS;
  }

  /** An error that goes outside is about a packet from there, to an address that is known there. */
  private boolean isQuoteKnown(Packet packet) {
    ByteBuf buf = packet.buf();
    int icmp = packet.transport();
    int quote = icmp + Icmp4.HEADER_LENGTH;
    if (packet.protocol() != Ipv4.PROTOCOL_ICMP
        || outside.arrivedOutside(packet)
        || packet.end() - quote < Ipv4.HEADER_LENGTH
        || !Icmp4.isError(Icmp4.type(buf, icmp))) {
      return true;
    }
    return outside.contains(0, Ipv4Address.mapped(Ipv4.destination(buf, quote)));
  }
}
