package dev.tapstack.tcp;

import dev.tapstack.ip.IpLayer;
import dev.tapstack.wire.TcpHeader;

/**
 * Path MTU discovery (RFC 1191, RFC 9293 3.7.2): segments go with DF, and a router for which one is
 * too large reports the MTU of its next link.
 *
 * <p>Theory of operation. Anybody can send such a report, and one that is believed makes a
 * connection slow (RFC 5927 7). It must name a sequence number in flight (4.1, checked by {@link
 * ErrorArrives}) and an MTU smaller than what was sent (7.2). At the beginning, before segments of
 * that size were acknowledged, it is acted on at once: what is in flight is sent again in smaller
 * segments, without a timeout, and the congestion window stays, for this was no congestion (RFC
 * 1191 6.4). Later it contradicts what has been seen, and waits: if the segment that it is about is
 * acknowledged, it was forged; if it times out, the path has changed (7.2).
 *
 * <p>A report below the family's least path MTU counts as that, and from there on segments go
 * without DF, for routers to fragment, as on Linux: no report makes segments tiny. The old routers
 * that report no MTU get the same. After ten minutes larger segments are tried again (RFC 1191
 * 6.3). The loop's thread only.
 */
final class PathMtuDiscovery {
  /** As long as an entry of {@code PathMtuCache} lives; RFC 1191 6.3. */
  private static final long AGAIN_NANOS = 600 * 1_000_000_000L;

  /** What is known of a connection's path. Sizes are bytes of text in a segment. */
  static final class State {
    private int mtu;
    private boolean isLowered;

    /** When larger segments are tried again, if {@link #isLowered}. */
    private long againNanos;

    /** The largest that was sent since the MTU is what it is, and where the first such ended. */
    private int sizeSent;

    private int sizeSentEnd;

    /** The largest that is known to have arrived. */
    private int sizeAcked;

    // A report that waits for proof.
    private boolean isPending;
    private int pendingMtu;
    private int pendingSeq;

    int mtu() {
      return mtu;
    }
  }

  private final TcpLayer layer;

  PathMtuDiscovery(TcpLayer layer) {
    this.layer = layer;
  }

  /** A connection begins with what others have learned of its path. */
  void begin(Tcb tcb) {
    IpLayer ip = layer.ip();
    long hi = tcb.key.remoteHi();
    long lo = tcb.key.remoteLo();
    State state = tcb.path;
    state.mtu = ip.mtu(hi, lo);
    state.isLowered = state.mtu < ip.linkMtu(hi, lo);
    state.againNanos = layer.nowNanos() + AGAIN_NANOS;
  }

  /** Before something is sent: tries larger segments again once it is time. */
  void refresh(Tcb tcb) {
    if (tcb.path.isLowered && layer.nowNanos() - tcb.path.againNanos >= 0) {
      begin(tcb);
    }
  }

  /** Whether routers may not cut this connection's segments. */
  static boolean isDiscovering(Tcb tcb) {
    return !tcb.path.isLowered || tcb.path.mtu > tcb.family.minPathMtu();
  }

  /** A segment with {@code length} bytes of text, which ends before {@code end}, was sent. */
  void sent(Tcb tcb, int length, int end) {
    State state = tcb.path;
    if (length > state.sizeSent) {
      state.sizeSent = length;
      state.sizeSentEnd = end;
    }
  }

  /** SND.UNA has moved. */
  void acked(Tcb tcb) {
    State state = tcb.path;
    if (state.sizeSent > state.sizeAcked && Seq.geq(tcb.sndUna, state.sizeSentEnd)) {
      state.sizeAcked = state.sizeSent;
    }
    state.isPending &= Seq.leq(tcb.sndUna, state.pendingSeq);
  }

  /**
   * A router reports an MTU of {@code claimed} about the segment at {@code seq}, which is in
   * flight.
   *
   * @return false if it cannot be true
   */
  boolean tooBig(Tcb tcb, int claimed, int seq) {
    State state = tcb.path;
    int mtu = Math.max(claimed, tcb.family.minPathMtu());
    int size = sizeOf(tcb, mtu);
    if (mtu >= state.mtu || size >= state.sizeSent) {
      return false;
    }
    if (size >= state.sizeAcked || tcb.retries > 0) {
      lower(tcb, mtu);
      layer.transmitter().sendAgain(tcb);
    } else {
      state.isPending = true;
      state.pendingMtu = mtu;
      state.pendingSeq = seq;
      layer.counters().increment(TcpCounter.PATH_MTU_REPORTS_PENDING);
    }
    return true;
  }

  /** The retransmission timer expired: proof enough for a report that waits for it. */
  void timeout(Tcb tcb) {
    if (tcb.path.isPending) {
      lower(tcb, tcb.path.pendingMtu);
    }
  }

  private void lower(Tcb tcb, int mtu) {
    layer.counters().increment(TcpCounter.PATH_MTU_LOWERED);
    layer.ip().learnMtu(tcb.key.remoteHi(), tcb.key.remoteLo(), mtu);
    State state = tcb.path;
    state.mtu = mtu;
    state.isLowered = true;
    state.againNanos = layer.nowNanos() + AGAIN_NANOS;
    state.isPending = false;
    state.sizeSent = 0;
    state.sizeAcked = Math.min(state.sizeAcked, tcb.effSndMss());
  }

  private static int sizeOf(Tcb tcb, int mtu) {
    int options = tcb.hasTimestamps ? SegmentWriter.TIMESTAMPS_BYTES : 0;
    return mtu - tcb.family.headerLength() - TcpHeader.HEADER_LENGTH - options;
  }
}
