package dev.tapstack.tcp;

/** What TCP counts, beside the drops that {@link dev.tapstack.stats.DropReason} names. */
enum TcpCounter {
  SEGMENTS_IN,
  SEGMENTS_OUT,
  /** Connections opened by {@code connect}. */
  ACTIVE_OPENS,
  /** Connections accepted by a listener. */
  PASSIVE_OPENS,
  /** Connections that reached ESTABLISHED. */
  ESTABLISHED,
  /** Connections that ended by a RST or a timeout. */
  FAILED,
  RESETS_IN,
  RESETS_OUT,
  SEGMENTS_RETRANSMITTED,
  /** Retransmission timeouts (RFC 6298 5.4). */
  TIMEOUTS,
  /** Fast retransmits (RFC 5681 3.2). */
  FAST_RETRANSMITS,
  DUPLICATE_ACKS_IN,
  OUT_OF_ORDER_IN,
  /** ACKs that answered something unacceptable without text. */
  DUPLICATE_ACKS_OUT,
  ZERO_WINDOW_PROBES,
  /** Keep-alives (RFC 9293 3.8.4). */
  KEEPALIVE_PROBES,
  /** Connections whose peer answered no keep-alive. */
  KEEPALIVE_TIMEOUTS,
  DELAYED_ACKS,
  CHALLENGE_ACKS,
  /** Challenge or repeated ACKs that a limit held back (RFC 5961 7). */
  ACKS_LIMITED,
  /** Path MTUs lowered because of an ICMP report (RFC 1191). */
  PATH_MTU_LOWERED,
  /** Such reports that wait for a timeout to prove them (RFC 5927 7.2). */
  PATH_MTU_REPORTS_PENDING,
  /** Half-open connections that went because the SYN queue was full. */
  SYN_QUEUE_EVICTIONS,
  /** TIME-WAITs that ended early because there were too many. */
  TIME_WAIT_EVICTIONS,
  /** Segments with options that could not be read to their end. */
  MALFORMED_OPTIONS,
  /** Handlers of an application that threw. */
  HANDLER_FAILURES
}
