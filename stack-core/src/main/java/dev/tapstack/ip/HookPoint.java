package dev.tapstack.ip;

/** Where a {@link Hook} sees packets; the names are netfilter's (DESIGN: the way of a frame). */
public enum HookPoint {
  /** A packet that was received and checked, before its way is known. */
  PREROUTING,
  /** A packet for this host, before its transport. */
  INPUT,
  /** A packet for somebody else. */
  FORWARD,
  /** A packet of our own, with its header, before its way is final. */
  OUTPUT,
  /** Whatever leaves by an interface, before it is fragmented. */
  POSTROUTING
}
