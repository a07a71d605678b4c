package dev.tapstack.tcp;

import dev.tapstack.socket.TcpState;
import dev.tapstack.stats.DropReason;

/**
 * The fifth step of RFC 9293 3.10.7.4, the ACK field: what it acknowledges, the peer's window,
 * round-trip samples (RFC 6298, RFC 7323 4.1) and duplicate ACKs (RFC 5681 2). The loop's thread
 * only.
 */
final class AckArrives {
  /**
   * A neighbour counts as reachable for 15 s at least (RFC 4861 6.3.2): confirming it once a second
   * is plenty.
   */
  private static final long CONFIRM_NANOS = 1_000_000_000L;

  private static final long MAX_ECHO_MILLIS = RttEstimator.MAX_RTO_NANOS / 1_000_000;

  private final TcpLayer layer;

  AckArrives(TcpLayer layer) {
    this.layer = layer;
  }

  /** Returns whether the following steps are taken. */
  boolean fifth(Tcb tcb, Segment seg) {
    if (!seg.isAck()) {
      layer.drop(seg, DropReason.TCP_UNACCEPTABLE);
      return false;
    }
    if (tcb.state() == TcpState.SYN_RECEIVED && !synReceived(tcb, seg)) {
      return false;
    }
    // RFC 5961 5.2: neither older than the peer's largest window nor of what was never sent.
    if (Seq.gt(seg.ack, tcb.sndMax)
        || Integer.toUnsignedLong(tcb.sndUna - seg.ack) > tcb.maxSndWnd
            && Seq.lt(seg.ack, tcb.sndUna)) {
      layer.ackPolicy().limited(tcb, TcpCounter.CHALLENGE_ACKS);
      layer.drop(seg, DropReason.TCP_CHALLENGED);
      return false;
    }
    layer.keepalive().heard(tcb);
    boolean isNew = Seq.gt(seg.ack, tcb.sndUna);
    if (isNew) {
      newData(tcb, seg);
    } else if (isDuplicate(tcb, seg)) {
      layer.counters().increment(TcpCounter.DUPLICATE_ACKS_IN);
      if (tcb.recovery.duplicateAck(tcb)) {
        layer.counters().increment(TcpCounter.FAST_RETRANSMITS);
        layer.transmitter().retransmitFirst(tcb);
      }
      layer.mark(tcb);
    }
    updateWindow(tcb, seg, isNew);
    return afterFin(tcb);
  }

  private boolean synReceived(Tcb tcb, Segment seg) {
    if (!(Seq.lt(tcb.sndUna, seg.ack) && Seq.leq(seg.ack, tcb.sndMax))) {
      layer.writer().resetFor(seg);
      layer.drop(seg, DropReason.TCP_UNACCEPTABLE);
      return false;
    }
    Listener listener = tcb.listener;
    if (listener != null && !listener.hasRoom()) {
      layer.drop(seg, DropReason.TCP_ACCEPT_QUEUE_FULL);
      return false;
    }
    establish(tcb, seg);
    if (listener != null) {
      layer.counters().increment(TcpCounter.PASSIVE_OPENS);
      listener.established(tcb);
    } else {
      layer.upcalls().connected(tcb);
    }
    return tcb.state() != TcpState.CLOSED;
  }

  /** Our SYN is acknowledged: ESTABLISHED. */
  void establish(Tcb tcb, Segment seg) {
    sampleRtt(tcb, seg);
    if (tcb.wasSynRetransmitted) {
      tcb.rtt.synWasLost();
    }
    tcb.sndUna = tcb.iss + 1;
    tcb.sndNxt = Seq.max(tcb.sndNxt, tcb.sndUna);
    tcb.sndWnd = seg.wnd(tcb.sndWndShift);
    tcb.maxSndWnd = Math.max(tcb.maxSndWnd, tcb.sndWnd);
    tcb.sndWl1 = seg.seq;
    tcb.sndWl2 = seg.ack;
    tcb.retries = 0;
    tcb.backoffs = 0;
    tcb.softError = null;
    tcb.congestion.open(tcb.effSndMss(), tcb.initialWindowBytes());
    tcb.enter(TcpState.ESTABLISHED);
    layer.retransmit().restart(tcb);
    layer.counters().increment(TcpCounter.ESTABLISHED);
    layer.keepalive().heard(tcb);
    layer.keepalive().start(tcb);
    if (tcb.isFinQueued) {
      tcb.enter(TcpState.FIN_WAIT_1); // closed while the handshake went on
    }
    confirmNeighbor(tcb);
    layer.mark(tcb);
  }

  private void newData(Tcb tcb, Segment seg) {
    int acked = seg.ack - tcb.sndUna;
    long flightBefore = tcb.flight();
    boolean hasSample = sampleRtt(tcb, seg);
    tcb.sndUna = seg.ack;
    tcb.sndNxt = Seq.max(tcb.sndNxt, tcb.sndUna);
    SendBuffer buffer = tcb.sendBuffer;
    long position =
        Math.min(buffer.una() + acked, buffer.end()); // a FIN has no place in the buffer
    tcb.bytesAcked += position - buffer.una();
    buffer.acknowledge(position);
    tcb.retries = 0;
    layer.pathMtu().acked(tcb);
    tcb.silentSinceNanos = layer.nowNanos();
    tcb.softError = null;
    if (hasSample) {
      tcb.backoffs =
          0; // Karn: the back-off stays until a segment is acknowledged that was sent once
    }
    boolean wasRecovering = tcb.recovery.isRecovering();
    boolean isPartial = tcb.recovery.acked(tcb, acked, flightBefore);
    if (isPartial) {
      layer.transmitter().retransmitFirst(tcb);
    }
    if (!wasRecovering || !isPartial || tcb.recovery.takeFirstPartialAck()) {
      layer.retransmit().restart(tcb);
    }
    confirmNeighbor(tcb);
    layer.mark(tcb);
  }

  /**
   * Returns whether there was a sample: from the timed segment, else from a timestamp (RFC 7323
   * 4.1). An echo from before the last retransmission is none (Karn, RFC 6298 3): the ACKs of the
   * first try were lost perhaps, and it would time the timeout, which would grow by that, and so
   * on.
   */
  private boolean sampleRtt(Tcb tcb, Segment seg) {
    if (tcb.isTiming && Seq.geq(seg.ack, tcb.timedSeq)) {
      tcb.isTiming = false;
      tcb.rtt.sample(layer.nowNanos() - tcb.timedNanos);
      return true;
    }
    if (!tcb.isTiming && tcb.hasTimestamps && seg.options.hasTimestamps()) {
      int echo = seg.options.tsEcr();
      int echoMillis = layer.timestamp(tcb) - echo;
      boolean isAmbiguous = tcb.hasRetransmitted && echo - tcb.retransmitTimestamp < 0;
      // A value that we never sent is no sample: the clock cannot have gone that far.
      if (!isAmbiguous && echoMillis >= 0 && echoMillis <= MAX_ECHO_MILLIS) {
        tcb.hasRetransmitted = false;
        tcb.rtt.sample(echoMillis * 1_000_000L);
        return true;
      }
    }
    return false;
  }

  /** RFC 5681 2: DUPLICATE ACKNOWLEDGMENT. */
  private static boolean isDuplicate(Tcb tcb, Segment seg) {
    return seg.ack == tcb.sndUna
        && tcb.sndUna != tcb.sndMax
        && seg.isPureAck()
        && seg.wnd(tcb.sndWndShift) == tcb.sndWnd
        && tcb.sndWnd > 0; // answers to zero-window probes are no sign of loss
  }

  /**
   * RFC 9293 3.10.7.4, fifth step: SND.WND, SND.WL1, SND.WL2. A segment that acknowledges more than
   * any before was sent after them, and counts also if it is text sent again (as on Linux): the old
   * window, counted from the new SND.UNA, would reach beyond the edge that the peer has offered.
   */
  private void updateWindow(Tcb tcb, Segment seg, boolean isNew) {
    if (Seq.lt(seg.ack, tcb.sndUna)) {
      return;
    }
    if (tcb.sndWnd == 0) {
      tcb.retries =
          0; // the peer is there: a closed window is probed for as long as it answers (MUST-36)
    }
    if (isNew
        || Seq.lt(tcb.sndWl1, seg.seq)
        || tcb.sndWl1 == seg.seq && Seq.leq(tcb.sndWl2, seg.ack)) {
      long wnd = seg.wnd(tcb.sndWndShift);
      if (wnd != tcb.sndWnd) {
        if (tcb.sndWnd == 0) {
          tcb.backoffs = 0;
          layer.retransmit().restart(tcb);
        }
        tcb.sndWnd = wnd;
        tcb.maxSndWnd = Math.max(tcb.maxSndWnd, wnd);
        layer.mark(tcb);
      }
      tcb.sndWl1 = seg.seq;
      tcb.sndWl2 = seg.ack;
    }
  }

  /** What the acknowledgment of our FIN does; false if the connection is over. */
  private boolean afterFin(Tcb tcb) {
    if (tcb.isFinAcked()) {
      switch (tcb.state()) {
        case FIN_WAIT_1 -> layer.enterFinWait2(tcb);
        case CLOSING -> layer.enterTimeWait(tcb);
        case LAST_ACK -> {
          layer.finishNormally(tcb);
          return false;
        }
        default -> {}
      }
    }
    return true;
  }

  private void confirmNeighbor(Tcb tcb) {
    long now = layer.nowNanos();
    if (now - tcb.confirmedNanos >= CONFIRM_NANOS || tcb.confirmedNanos == 0) {
      tcb.confirmedNanos = now;
      layer.ip().confirm(tcb.key.remoteHi(), tcb.key.remoteLo());
    }
  }
}
