package dev.tapstack.ip;

/**
 * In which order the hooks of a point see a packet, the first named first; so modules can be added
 * in any order. After netfilter's priorities.
 */
public enum HookPriority {
  /** Finds or prepares the flow, before anything is rewritten. */
  CONNTRACK,
  /** Rewrites destinations, before a route is chosen. */
  NAT_DESTINATION,
  /** Sees destinations after they were rewritten, and sources before. */
  FILTER,
  /** Rewrites sources, when the way out is known. */
  NAT_SOURCE,
  /** The flow of a packet that nobody refused enters its table. */
  CONFIRM,
  /** Sees the packet as it leaves the point. */
  LAST
}
