package dev.tapstack.conntrack;

/** The direction of a packet within its {@link Tracked} flow. */
public enum Side {
  /** From the host that sent the flow's first packet. */
  ORIGINAL,
  /** Back to it. */
  REPLY;

  public Side other() {
    return this == ORIGINAL ? REPLY : ORIGINAL;
  }
}
