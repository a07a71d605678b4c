package dev.tapstack.conntrack;

/** What connection tracking counts; how many flows there are is {@link Conntrack#size}. */
public enum ConntrackCounter {
  /** Flows that entered the table. */
  CONFIRMED,
  /** Flows that were idle for too long. */
  EXPIRED,
  /** Flows that were deleted on request. */
  DELETED,
  /** TCP flows that a new SYN began afresh, with the same tuples. */
  RESTARTED,
  /** Flows without a reply, half-open ones or queries that had to go because the table was full. */
  EVICTED_TABLE_FULL,
  /** The same because their host had too many. */
  EVICTED_HOST_FULL,
  /** New flows that found the table full of others. */
  REFUSED_TABLE_FULL,
  /** New flows of a host that had as many others as it may. */
  REFUSED_HOST_FULL,
  /** New flows whose replies could not be told from those of another. */
  REFUSED_CLASH,
  /** Packets without a flow, and none could begin. */
  INVALID,
  /** ICMP errors about a flow. */
  RELATED,
  /** RSTs in answer to segments from the inside that have no flow. */
  RESETS_SENT
}
