package dev.tapstack.tcp;

import dev.tapstack.addr.FlowKey;
import dev.tapstack.addr.SipHash;

/**
 * Initial sequence numbers, RFC 9293 3.4.1: a clock of 4 us plus a keyed hash of the connection, so
 * that they grow for one connection and tell nothing about another. Timestamp offsets (RFC 7323
 * 5.4) are drawn the same way. Open to subclasses so that tests can begin where numbers wrap. The
 * loop's thread only.
 */
class InitialSequence {
  private final SipHash function;
  private final SipHash timestampFunction;

  InitialSequence(SipHash function, SipHash timestampFunction) {
    this.function = function;
    this.timestampFunction = timestampFunction;
  }

  int next(FlowKey key, long nowNanos) {
    return (int) (nowNanos / 4_000) + (int) key.hash(function);
  }

  /** What a connection adds to the clock in its timestamps. */
  int timestampOffset(FlowKey key) {
    return (int) key.hash(timestampFunction);
  }
}
