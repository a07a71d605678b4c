package dev.tapstack.ip;

import dev.tapstack.packet.Packet;

/** A protocol above IP, as the internet layer sees it. The loop's thread only. */
public interface TransportProtocol {
  /** Its IP protocol number. */
  int protocol();

  /**
   * A whole datagram for this host; borrowed. {@link Packet#transport} is the transport header's
   * first byte, {@link Packet#end} the datagram's end (padding cut off), the addresses are set, the
   * checksum of the transport is not checked.
   */
  void input(Packet packet);

  /**
   * An ICMP error about a datagram of ours, or a neighbour that does not answer (then {@link
   * IcmpError#HOST_UNREACHABLE} from ourselves). The report is valid until the call returns.
   *
   * @return false if there is no such flow, or it must not believe the report (counted as {@code
   *     ICMP_NO_SOCKET})
   */
  boolean error(IcmpError kind, QuotedPacket about);
}
