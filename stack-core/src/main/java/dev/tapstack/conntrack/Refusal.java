package dev.tapstack.conntrack;

import dev.tapstack.packet.Flow;
import dev.tapstack.stats.DropReason;

/**
 * Why a packet has no flow; it stands in the flow's place until FORWARD drops the packet. This
 * host's own transports get such packets all the same, and judge for themselves.
 */
enum Refusal implements Flow {
  MALFORMED(DropReason.CONNTRACK_MALFORMED),
  BAD_CHECKSUM(DropReason.CONNTRACK_BAD_CHECKSUM),
  NO_FLOW(DropReason.CONNTRACK_NO_FLOW),
  /** A TCP segment from the inside: its sender is told. */
  NO_FLOW_FROM_INSIDE(DropReason.CONNTRACK_NO_FLOW),
  UNRELATED(DropReason.CONNTRACK_UNRELATED),
  OUT_OF_WINDOW(DropReason.CONNTRACK_OUT_OF_WINDOW),
  BAD_RESET(DropReason.CONNTRACK_BAD_RESET);

  private final DropReason reason;

  Refusal(DropReason reason) {
    this.reason = reason;
  }

  DropReason reason() {
    return reason;
  }
}
