package dev.tapstack.nat;

import dev.tapstack.stats.DropReason;

/** Why an inside endpoint gets no mapping. */
enum Shortage {
  TABLE_FULL(
      NatCounter.MAPPINGS_EXHAUSTED, DropReason.NAT_TABLE_FULL, "as many mappings as may be"),
  NO_PORT(NatCounter.PORTS_EXHAUSTED, DropReason.NAT_NO_PORT, "no port is left"),
  /** RFC 6888 REQ-4. */
  HOST_PORTS(NatCounter.HOST_PORTS_EXHAUSTED, DropReason.NAT_HOST_PORTS, "it has all it may have"),
  /** RFC 7422: only the hosts that were configured have ports. */
  NO_BLOCK(NatCounter.HOSTS_WITHOUT_BLOCK, DropReason.NAT_NO_BLOCK, "it has no block of ports");

  final NatCounter counter;
  final DropReason reason;
  final String text;

  Shortage(NatCounter counter, DropReason reason, String text) {
    this.counter = counter;
    this.reason = reason;
    this.text = text;
  }
}
