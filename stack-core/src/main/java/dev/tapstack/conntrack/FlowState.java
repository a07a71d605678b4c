package dev.tapstack.conntrack;

import dev.tapstack.packet.Packet;

/** What connection tracking says of a packet; a firewall's rules ask for it. */
public enum FlowState {
  /** Belongs to a flow of which no reply has been seen, this packet included. */
  NEW,
  /** Belongs to a flow of which a reply has been seen, this packet included. */
  ESTABLISHED,
  /** An ICMP error about a packet of a flow. */
  RELATED,
  /** Belongs to no flow, and begins none: malformed, out of place, or not tracked yet. */
  INVALID,
  /** Left alone: what a host says to itself over loopback. */
  UNTRACKED;

  /** The state of a packet that has passed conntrack's hook at PREROUTING or OUTPUT. */
  public static FlowState of(Packet packet) {
    Tracked flow = Tracked.of(packet);
    if (flow == null) {
      return packet.has(Packet.UNTRACKED) ? UNTRACKED : INVALID;
    }
    if (packet.has(Packet.RELATED)) {
      return RELATED;
    }
    return flow.isReplied() ? ESTABLISHED : NEW;
  }
}
