package dev.tapstack.link;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.packet.Packet;
import java.util.List;

/**
 * A network interface: a device, its addresses, and the link that frames packets for it. The loop's
 * thread only.
 */
public interface NetInterface {
  /** Its number in its stack, from 0; what a {@link Packet} carries. */
  int index();

  String name();

  MacAddress mac();

  /** The largest IP packet in bytes. */
  int mtu();

  /** The largest IP packet with a {@link Packet#gsoSize} that it takes whole; 0 if none. */
  default int maxGsoBytes() {
    return 0;
  }

  /** Its addresses with their subnets, the primary first. */
  List<IpPrefix> addresses();

  boolean isUp();

  /** Whether it is the loopback interface: martian checks do not apply to it. */
  boolean isLoopback();

  /** Whether it takes only packets from where packets back would leave by it (RFC 3704 2.2). */
  default boolean checksReversePath() {
    return false;
  }

  /**
   * Sends a packet, given, whose network header begins at {@link Packet#start}, to the neighbour
   * {@code nextHop}; a broadcast or multicast address of the family goes to its group. Waits for
   * the neighbour's address if need be.
   */
  void output(Packet packet, long nextHopHi, long nextHopLo);

  /**
   * Receives frames to a multicast group too, until {@link #leaveGroup}. What every host of the
   * link listens to is always received; so is everything by an interface without a filter.
   *
   * @return false if too many groups are joined already
   */
  default boolean joinGroup(long hi, long lo) {
    return true;
  }

  /** Takes back one {@link #joinGroup}. */
  default void leaveGroup(long hi, long lo) {}

  /**
   * TCP made progress with a peer behind this neighbour: it is reachable (RFC 4861 7.3.1, RFC 1122
   * 2.3.2.1).
   */
  void confirmNeighbor(long nextHopHi, long nextHopLo);

  /**
   * TCP has heard nothing for a while from a peer behind this neighbour, which may be the reason:
   * it is asked whether it is there when it is next used (RFC 1122 3.3.1.4, negative advice).
   */
  void doubtNeighbor(long nextHopHi, long nextHopLo);
}
