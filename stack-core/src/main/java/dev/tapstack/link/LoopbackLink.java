package dev.tapstack.link;

import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;

/** A link without a link header, to oneself. The loop's thread only. */
final class LoopbackLink implements Link {
  private static final int IPV4 = 4;

  private final DeviceInterface owner;
  private final NetworkProtocol network;

  LoopbackLink(DeviceInterface owner, NetworkProtocol network) {
    this.owner = owner;
    this.network = network;
  }

  @Override
  public void input(Packet packet) {
    if (packet.length() == 0) {
      packet.drop(DropReason.ETHERNET_RUNT);
    } else if (packet.buf().getUnsignedByte(packet.start()) >>> 4 != IPV4) {
      packet.drop(DropReason.ETHERNET_UNKNOWN_TYPE);
    } else {
      packet.network(packet.start());
      network.input(owner, packet);
    }
  }

  @Override
  public void output(Packet packet, long nextHopHi, long nextHopLo) {
    owner.transmit(packet);
  }

  @Override
  public void confirmNeighbor(long nextHopHi, long nextHopLo) {}

  @Override
  public void doubtNeighbor(long nextHopHi, long nextHopLo) {}

  @Override
  public void up() {}

  @Override
  public void down(DropReason reason) {}
}
