package dev.tapstack.link;

/**
 * What is known of a neighbour's reachability (RFC 4861 7.3.2), used for IPv4 too. RFC 1122 2.3.2.1
 * asks of ARP what these states give: out-of-date entries go, and who answers is not asked often.
 */
public enum NeighborState {
  /** Asked for and not answered yet; packets wait. */
  INCOMPLETE,
  /** Answered, or made progress with us, a short while ago. */
  REACHABLE,
  /** Not confirmed for a while; used as it is when the next packet comes. */
  STALE,
  /** Used since it became stale; a confirmation from above may still come. */
  DELAY,
  /** Being asked directly. */
  PROBE,
  /** Did not answer: packets fail at once for a moment. Beyond the RFC. */
  FAILED
}
