package dev.tapstack.tcp;

import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpState;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.TcpOptionSet;

/**
 * SEGMENT ARRIVES in SYN-SENT (RFC 9293 3.10.7.3) and "otherwise" (3.10.7.4): one method for each
 * step, in the RFC's order. CLOSED and LISTEN, where there is no connection yet, are {@link
 * TcpLayer}'s and {@link SynArrives}'s.
 *
 * <p>The loop's thread only. The text step calls the application, which may do anything to the
 * connection: what follows it checks the state again.
 */
final class SegmentArrives {
  /** RFC 7323 5.5: timestamps of a connection that was idle for 24 days prove nothing. */
  private static final long TIMESTAMP_VALID_NANOS = 24L * 24 * 3600 * 1_000_000_000L;

  private final TcpLayer layer;
  private final AckArrives ackArrives;
  private final TextArrives textArrives;

  SegmentArrives(TcpLayer layer) {
    this.layer = layer;
    this.ackArrives = new AckArrives(layer);
    this.textArrives = new TextArrives(layer);
  }

  void arrives(Tcb tcb, Segment seg) {
    if (tcb.state() == TcpState.SYN_SENT) {
      synSent(tcb, seg);
    } else if (first(tcb, seg)
        && second(tcb, seg)
        && fourth(tcb, seg)
        && ackArrives.fifth(tcb, seg)) {
      // Sixth, the URG bit: urgent data is read in line, as RFC 6093 6 recommends; nothing to do.
      textArrives.seventhAndEighth(tcb, seg);
    }
  }

  // RFC 9293 3.10.7.3.

  private void synSent(Tcb tcb, Segment seg) {
    boolean isAckAcceptable = seg.isAck() && seg.ack == tcb.sndMax;
    if (seg.isAck() && !isAckAcceptable) {
      if (!seg.isRst()) {
        layer.writer().resetFor(seg);
      }
      layer.drop(seg, DropReason.TCP_UNACCEPTABLE);
    } else if (seg.isRst()) {
      if (isAckAcceptable) {
        layer.counters().increment(TcpCounter.RESETS_IN);
        layer.finish(tcb, CloseReason.REFUSED);
      } else {
        layer.drop(seg, DropReason.TCP_UNACCEPTABLE);
      }
    } else if (!seg.isSyn()) {
      layer.drop(seg, DropReason.TCP_UNACCEPTABLE);
    } else {
      synchronize(tcb, seg);
      if (isAckAcceptable) {
        ackArrives.establish(tcb, seg);
        seg.trimFront(1); // the SYN; text may follow it
        layer.ackPolicy().atTurnEnd(tcb);
        layer.upcalls().connected(tcb);
        if (tcb.state() != TcpState.CLOSED) {
          textArrives.seventhAndEighth(tcb, seg);
        }
      } else {
        // Simultaneous open, RFC 9293 3.5. Text on such a SYN will be sent again.
        tcb.enter(TcpState.SYN_RECEIVED);
        layer.writer().syn(tcb, true);
        layer.retransmit().arm(tcb);
      }
    }
  }

  /** Takes IRS and the options from the peer's SYN. */
  void synchronize(Tcb tcb, Segment seg) {
    tcb.irs = seg.seq;
    tcb.rcvNxt = seg.seq + 1;
    tcb.rcvAdv = tcb.rcvNxt + Math.min(tcb.options.receiveBufferBytes(), 65_535);
    TcpOptionSet options = seg.options;
    if (options.mss() >= 0) {
      tcb.peerMss = Math.max(options.mss(), TcpLayer.MIN_MSS);
    }
    tcb.isScaled = tcb.options.windowScaling() && options.windowScale() >= 0;
    if (tcb.isScaled) {
      tcb.sndWndShift = Math.min(options.windowScale(), Tcb.MAX_WINDOW_SHIFT);
    } else {
      tcb.rcvWndShift = 0;
    }
    tcb.hasTimestamps = tcb.options.timestamps() && options.hasTimestamps();
    if (tcb.hasTimestamps) {
      tcb.tsRecent = options.tsVal();
      tcb.tsRecentNanos = layer.nowNanos();
    }
  }

  // RFC 9293 3.10.7.4.

  /**
   * First, the sequence number; with RFC 7323 5.3's steps R1 to R3 before. Trims the segment to the
   * window.
   */
  private boolean first(Tcb tcb, Segment seg) {
    if (!checkTimestamps(tcb, seg)) {
      return false;
    }
    if (isCrossingSynAck(tcb, seg)) {
      seg.trimFront(1); // the SYN, known from before: what it acknowledges is what counts
    }
    recordTimestamp(tcb, seg);
    if (!isAcceptable(tcb, seg)) {
      unacceptable(tcb, seg);
      return false;
    }
    if (seg.isSyn() && tcb.isSynchronized()) {
      return true; // the fourth step wants to see it whole
    }
    if (Seq.lt(seg.seq, tcb.rcvNxt)) {
      seg.trimFront(tcb.rcvNxt - seg.seq);
    }
    if (Seq.gt(seg.end(), tcb.rcvAdv)) {
      boolean isWindowClosed = tcb.rcvWnd() == 0;
      seg.trimBack(seg.end() - tcb.rcvAdv);
      if (isWindowClosed) {
        layer.ackPolicy().now(tcb); // a probe: tells that the window is closed still
      }
    }
    return true;
  }

  /**
   * In a simultaneous open both sides answer SYN by SYN-ACK, and these establish the connection
   * (RFC 9293 3.5, figure 8), though 3.10.7.4's first step would find them left of the window.
   */
  private static boolean isCrossingSynAck(Tcb tcb, Segment seg) {
    return tcb.state() == TcpState.SYN_RECEIVED
        && tcb.listener == null
        && seg.isSyn()
        && seg.isAck()
        && seg.seq == tcb.irs;
  }

  private boolean checkTimestamps(Tcb tcb, Segment seg) {
    if (!tcb.hasTimestamps || seg.isRst()) {
      return true;
    }
    if (!seg.options.hasTimestamps()) {
      // A SYN of a peer that has forgotten the connection is let through to be challenged.
      if (!seg.isSyn()) {
        layer.drop(seg, DropReason.TCP_NO_TIMESTAMP);
      }
      return seg.isSyn();
    }
    if (seg.options.tsVal() - tcb.tsRecent < 0 && !isRecentOutdated(tcb)) {
      answerUnacceptable(tcb, seg);
      layer.drop(seg, DropReason.TCP_PAWS);
      return false;
    }
    return true;
  }

  private boolean isRecentOutdated(Tcb tcb) {
    return layer.nowNanos() - tcb.tsRecentNanos >= TIMESTAMP_VALID_NANOS;
  }

  /**
   * TS.Recent, RFC 7323 4.3. A segment that ends at Last.ACK.sent is a duplicate, whose first ACK
   * was lost perhaps; RFC 7323 5.3 would reject it before. Recorded (as on Linux), its answer times
   * the retransmission; else it would time the loss too, and the peer's RTO would grow with each.
   */
  private void recordTimestamp(Tcb tcb, Segment seg) {
    if (tcb.hasTimestamps
        && seg.options.hasTimestamps()
        && !(seg.isSyn() && tcb.isSynchronized())
        && Seq.leq(seg.seq, tcb.lastAckSent)
        && Seq.geq(seg.end(), tcb.lastAckSent)
        && (seg.options.tsVal() - tcb.tsRecent >= 0 || isRecentOutdated(tcb))) {
      tcb.tsRecent = seg.options.tsVal();
      tcb.tsRecentNanos = layer.nowNanos();
    }
  }

  /**
   * RFC 9293 3.10.7.4's table, with three allowances. A segment that covers the whole window is
   * acceptable, though neither its first nor its last byte is in it. One without text may stand at
   * the window's right edge, where the ACKs of a peer are that has used all of it and lost some (as
   * on Linux). A closed window lets through a segment at RCV.NXT, for its ACK and RST (MUST-66).
   */
  private static boolean isAcceptable(Tcb tcb, Segment seg) {
    int edge = tcb.rcvAdv;
    if (seg.isRst() && tcb.rcvWnd() > 0) {
      return Seq.geq(seg.seq, tcb.rcvNxt) && Seq.lt(seg.seq, edge);
    }
    if (tcb.rcvWnd() == 0) {
      return seg.seq == tcb.rcvNxt;
    }
    if (seg.len() == 0) {
      return Seq.geq(seg.seq, tcb.rcvNxt) && Seq.leq(seg.seq, edge);
    }
    return Seq.lt(seg.seq, edge) && Seq.gt(seg.end(), tcb.rcvNxt);
  }

  private void unacceptable(Tcb tcb, Segment seg) {
    if (!seg.isRst()) {
      boolean isSynAgain =
          tcb.state() == TcpState.SYN_RECEIVED && seg.isSyn() && seg.seq == tcb.irs;
      if (isSynAgain && !seg.isAck()) {
        layer.writer().syn(tcb, true);
      } else {
        if (tcb.state() == TcpState.TIME_WAIT && seg.isFin()) {
          layer.restartTimeWait(tcb); // RFC 9293 3.10.7.4, eighth step: the FIN again
        }
        answerUnacceptable(tcb, seg);
      }
    }
    layer.drop(seg, DropReason.TCP_OUT_OF_WINDOW);
  }

  /**
   * The peer's loss recovery counts the answers to its data; without data, two confused ends must
   * not answer forever.
   */
  private void answerUnacceptable(Tcb tcb, Segment seg) {
    if (seg.len() > 0) {
      layer.ackPolicy().now(tcb);
    } else {
      layer.ackPolicy().limited(tcb, TcpCounter.DUPLICATE_ACKS_OUT);
    }
  }

  /**
   * Second, the RST bit, with RFC 5961 3.2's check. (Third, security, is not done: RFC 9293 A.1.)
   */
  private boolean second(Tcb tcb, Segment seg) {
    if (!seg.isRst()) {
      return true;
    }
    if (seg.seq != tcb.rcvNxt) {
      challenge(tcb, seg);
    } else {
      layer.counters().increment(TcpCounter.RESETS_IN);
      if (tcb.state() == TcpState.SYN_RECEIVED && tcb.listener != null) {
        layer.discard(tcb); // back to LISTEN, which has its own state here
      } else {
        layer.finish(
            tcb, tcb.state() == TcpState.SYN_RECEIVED ? CloseReason.REFUSED : CloseReason.RESET);
      }
    }
    return false;
  }

  /** Fourth, the SYN bit, with RFC 5961 4.2's challenge. */
  private boolean fourth(Tcb tcb, Segment seg) {
    if (!seg.isSyn()) {
      return true;
    }
    if (tcb.state() == TcpState.SYN_RECEIVED && tcb.listener != null) {
      layer.discard(tcb);
      layer.drop(seg, DropReason.TCP_UNACCEPTABLE);
    } else {
      challenge(tcb, seg);
    }
    return false;
  }

  private void challenge(Tcb tcb, Segment seg) {
    layer.ackPolicy().limited(tcb, TcpCounter.CHALLENGE_ACKS);
    layer.drop(seg, DropReason.TCP_CHALLENGED);
  }
}
