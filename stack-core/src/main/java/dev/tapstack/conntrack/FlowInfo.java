package dev.tapstack.conntrack;

import dev.tapstack.addr.Endpoint;
import java.util.Comparator;

/**
 * A flow as {@code tapstack conntrack} shows it. Immutable.
 *
 * @param protocol the IP protocol number
 * @param original where the originator's packets come from and go to
 * @param reply the same for the packets that come back
 * @param state of TCP the connection's, of others {@code NEW} or {@code ESTABLISHED}
 * @param isReplied whether a reply has been seen
 * @param remainingNanos how long it stays if no packet comes
 */
public record FlowInfo(
    int protocol,
    Direction original,
    Direction reply,
    String state,
    boolean isReplied,
    long remainingNanos) {
  /** One side: its tuple, and what has passed in that direction. */
  public record Direction(Endpoint source, Endpoint destination, long packets, long bytes) {
    private static Direction of(Tracked flow, Side side) {
      return new Direction(
          flow.source(side), flow.destination(side), flow.packets(side), flow.bytes(side));
    }
  }

  private static final Comparator<Endpoint> BY_ENDPOINT =
      Comparator.comparing(Endpoint::address).thenComparingInt(Endpoint::port);

  /** By protocol, source and destination of the original side: the order in which it is shown. */
  static final Comparator<FlowInfo> ORDER =
      Comparator.comparingInt(FlowInfo::protocol)
          .thenComparing(info -> info.original().source(), BY_ENDPOINT)
          .thenComparing(info -> info.original().destination(), BY_ENDPOINT);

  static FlowInfo of(Tracked flow, String state, long remainingNanos) {
    return new FlowInfo(
        flow.protocol(),
        Direction.of(flow, Side.ORIGINAL),
        Direction.of(flow, Side.REPLY),
        state,
        flow.isReplied(),
        remainingNanos);
  }
}
