package dev.tapstack.conntrack;

/** Is told what becomes of flows in the table, to show it. The loop's thread. */
@FunctionalInterface
public interface FlowWatcher {
  /** What has become of a flow. */
  enum Event {
    /** It has entered the table. */
    NEW,
    /** Its state is another one, as {@link FlowInfo#state} has it. */
    CHANGED,
    /** It has left the table. */
    ENDED
  }

  /** A flow as it is now; of one that has ended, as it was last. */
  void told(Event event, FlowInfo flow);
}
