package dev.tapstack.filter;

import dev.tapstack.conntrack.FlowState;
import dev.tapstack.conntrack.Side;
import dev.tapstack.conntrack.Tracked;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.IpFamily;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Icmp4;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.Udp;
import org.jspecify.annotations.Nullable;

/**
 * What rules ask of the packet that is being judged, read once for all of them. One object for all
 * packets; the loop's thread only.
 */
final class PacketView {
  /** An interface or an ICMP type that the packet does not have. */
  static final int NONE = -1;

  /** Both ports lie in the first four bytes of TCP and UDP. */
  private static final int PORTS_LENGTH = 4;

  int point;
  int in;
  int out;
  int protocol;
  int length;
  long sourceHi;
  long sourceLo;
  long destinationHi;
  long destinationLo;
  boolean hasPorts;
  int sourcePort;
  int destinationPort;

  /** Type and code, the type in the upper octet. */
  int icmp;

  int stateBit;
  boolean isTranslated;

  void read(IpLayer ip, HookPoint at, Packet packet) {
    point = at.ordinal();
    protocol = packet.protocol();
    length = packet.end() - packet.network() + packet.piecesBytes();
    sourceHi = packet.sourceHi();
    sourceLo = packet.sourceLo();
    destinationHi = packet.destinationHi();
    destinationLo = packet.destinationLo();
    in = packet.receivedIndex();
    out = at == HookPoint.INPUT ? NONE : packet.interfaceIndex();
    readTransport(ip, packet);
    stateBit = bit(FlowState.of(packet));
    isTranslated = isTranslated(Tracked.of(packet));
  }

  /** The bit of a state in a set of states. */
  static int bit(FlowState state) {
    return 1 << state.ordinal();
  }

  private static boolean isTranslated(@Nullable Tracked flow) {
    return flow != null
        && (flow.destinationHi(Side.ORIGINAL) != flow.sourceHi(Side.REPLY)
            || flow.destinationLo(Side.ORIGINAL) != flow.sourceLo(Side.REPLY)
            || flow.destinationPort(Side.ORIGINAL) != flow.sourcePort(Side.REPLY));
  }

  /** A later fragment has no ports: what its rules ask for cannot be seen, and does not match. */
  private void readTransport(IpLayer ip, Packet packet) {
    int at = packet.transport();
    int bytes = packet.end() - at;
    IpFamily family = ip.family(destinationHi, destinationLo);
    boolean isFirst = !family.isFragment(packet) || family.fragmentOffset(packet) == 0;
    hasPorts =
        isFirst
            && bytes >= PORTS_LENGTH
            && (protocol == Ipv4.PROTOCOL_TCP || protocol == Ipv4.PROTOCOL_UDP);
    if (hasPorts) {
      // TCP has its ports where UDP has them.
      sourcePort = Udp.sourcePort(packet.buf(), at);
      destinationPort = Udp.destinationPort(packet.buf(), at);
    }
    boolean hasType = isFirst && protocol == Ipv4.PROTOCOL_ICMP && bytes >= Icmp4.HEADER_LENGTH;
    icmp = hasType ? Icmp4.type(packet.buf(), at) << 8 | Icmp4.code(packet.buf(), at) : NONE;
  }
}
