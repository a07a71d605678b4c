package dev.tapstack.conntrack;

/** Learns of the end of flows, so that what was kept for them is released. The loop's thread. */
@FunctionalInterface
public interface FlowListener {
  /**
   * A flow that has a {@link Tracked#mapping} is over: it has expired, was evicted or deleted, or
   * was refused when it was to enter the table. Called once for each; no packet finds the flow any
   * more. A flow whose first packet is dropped before POSTROUTING ends without a call: nothing may
   * be reserved for it before.
   */
  void ended(Tracked flow);
}
