package dev.tapstack.conntrack;

import dev.tapstack.addr.SipHash;

/**
 * Addresses, ports and protocol of one packet, to look its flow up by: one object, filled again for
 * each packet. The loop's thread only.
 */
final class Tuple {
  int protocol;
  long sourceHi;
  long sourceLo;
  long destinationHi;
  long destinationLo;
  int ports; // source << 16 | destination

  void addresses(long fromHi, long fromLo, long toHi, long toLo) {
    sourceHi = fromHi;
    sourceLo = fromLo;
    destinationHi = toHi;
    destinationLo = toLo;
  }

  void ports(int source, int destination) {
    ports = source << 16 | destination;
  }

  int sourcePort() {
    return ports >>> 16;
  }

  int destinationPort() {
    return ports & 0xffff;
  }

  /** Takes over the tuple of a flow's side. */
  void setTo(Tracked flow, Side side) {
    protocol = flow.protocol();
    addresses(
        flow.sourceHi(side),
        flow.sourceLo(side),
        flow.destinationHi(side),
        flow.destinationLo(side));
    ports(flow.sourcePort(side), flow.destinationPort(side));
  }

  /** Becomes the tuple of packets in the opposite direction. */
  void turnRound() {
    addresses(destinationHi, destinationLo, sourceHi, sourceLo);
    ports = Integer.rotateLeft(ports, 16);
  }

  boolean isOf(Tracked flow, Side side) {
    return ports == flow.ports(side)
        && sourceLo == flow.sourceLo(side)
        && destinationLo == flow.destinationLo(side)
        && sourceHi == flow.sourceHi(side)
        && destinationHi == flow.destinationHi(side)
        && protocol == flow.protocol();
  }

  /** Keyed, for peers choose what is hashed here. */
  int hash(SipHash sip) {
    long hash =
        sip.hash(
            sourceHi ^ Long.rotateLeft(destinationHi, 32),
            sourceLo,
            destinationLo,
            (long) protocol << 32 | ports & 0xffff_ffffL);
    return (int) (hash >>> 32);
  }
}
