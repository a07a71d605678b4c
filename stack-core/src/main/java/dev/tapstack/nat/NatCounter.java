package dev.tapstack.nat;

/** What a {@link Nat} counts; what it drops has names of its own. */
public enum NatCounter {
  MAPPINGS_MADE,
  MAPPINGS_ENDED,
  /** Flows whose source is shown as an outside endpoint. */
  SOURCE_FLOWS,
  /** Flows to a forward, a mapping or a one-to-one address. */
  DESTINATION_FLOWS,
  /** Flows from inside back to inside (RFC 4787 REQ-9). */
  HAIRPIN_FLOWS,
  /** New flows refused because there are as many mappings as may be. */
  MAPPINGS_EXHAUSTED,
  /** New flows refused because no port was left. */
  PORTS_EXHAUSTED,
  /** New flows refused because their host has as many ports as it may have (RFC 6888 REQ-4). */
  HOST_PORTS_EXHAUSTED,
  /** New flows refused because their host has no block of ports (RFC 7422). */
  HOSTS_WITHOUT_BLOCK,
  /** SYNs that were held to be answered later (RFC 5382 REQ-4). */
  SYNS_HELD,
  /** Of these, those that were answered. */
  SYNS_ANSWERED
}
