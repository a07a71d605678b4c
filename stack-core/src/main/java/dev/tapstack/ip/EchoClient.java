package dev.tapstack.ip;

import dev.tapstack.packet.Packet;

/** Who sends echo requests, as ICMP sees it. The loop's thread only. */
public interface EchoClient {
  /**
   * A checked echo reply; borrowed.
   *
   * @return false if nobody asked for it
   */
  boolean reply(Packet packet);

  /**
   * An ICMP error about an echo request of this host, or a neighbour that does not answer; valid
   * until the call returns.
   *
   * @return false if nobody sent it
   */
  boolean error(IcmpError kind, QuotedPacket about);
}
