package dev.tapstack.tcp;

import dev.tapstack.socket.TcpState;
import dev.tapstack.wire.TcpHeader;

/**
 * The one place that decides what a connection sends: new data, data again, FIN, probes.
 *
 * <p>Theory of operation. Everything between SND.NXT and the end of the send buffer waits to be
 * sent. A segment goes if the peer's window and the congestion window have room for it, and if it
 * is worth sending: full, or the last of what there is (RFC 9293 3.8.6.2.1, Nagle 3.7.4). After a
 * timeout SND.NXT falls back to SND.UNA and the same rules send it all again, as the window grows
 * from one segment; a fast retransmit sends the one segment at SND.UNA and leaves SND.NXT where it
 * is.
 *
 * <p>Runs at the end of a turn for each marked connection; the loop's thread only.
 */
final class Transmitter {
  /**
   * Segments that one connection sends in a turn, so that others, and ACKs that wait, get theirs.
   */
  private static final int BURST_SEGMENTS = 128;

  private final TcpLayer layer;

  Transmitter(TcpLayer layer) {
    this.layer = layer;
  }

  /** Sends what may be sent now and sees to the timer. */
  void transmit(Tcb tcb) {
    if (tcb.isSynOwed && tcb.state() == TcpState.SYN_SENT) {
      tcb.isSynOwed = false;
      layer.writer().syn(tcb, false);
    }
    if (!tcb.maySend()) {
      return;
    }
    layer.pathMtu().refresh(tcb);
    restartAfterIdle(tcb);
    int segments = 0;
    while (segments < BURST_SEGMENTS && sendNext(tcb)) {
      segments++;
    }
    if (segments == BURST_SEGMENTS) {
      layer.continueNextTurn(tcb);
    }
    layer.retransmit().update(tcb);
  }

  /**
   * RFC 5681 4.1: after a pause longer than the timeout the old window says nothing about the path.
   */
  private void restartAfterIdle(Tcb tcb) {
    if (tcb.sndUna == tcb.sndMax
        && tcb.sendBuffer.una() != tcb.sendBuffer.end()
        && layer.nowNanos() - tcb.lastSendNanos > tcb.rtt.rtoNanos()) {
      tcb.congestion.idle(tcb.initialWindowBytes());
    }
  }

  private boolean sendNext(Tcb tcb) {
    long waiting = tcb.sendBuffer.end() - tcb.positionOf(tcb.sndNxt); // -1 behind a FIN
    long cwnd = tcb.congestion.cwnd() + tcb.recovery.limitedTransmitBytes(tcb);
    long usable = Math.min(cwnd, tcb.sndWnd) - (tcb.sndNxt - tcb.sndUna);
    if (usable <= 0 || waiting < 0) {
      return false;
    }
    int length = (int) Math.min(Math.min(waiting, tcb.effSndMss()), usable);
    boolean isLast = length == waiting;
    boolean fin = isLast && tcb.isFinQueued && usable > length;
    if (length == 0 ? !fin : !isWorthSending(tcb, length, isLast)) {
      return false;
    }
    send(tcb, tcb.sndNxt, length, fin, isLast);
    return true;
  }

  /** Sender's silly window avoidance and Nagle's algorithm, RFC 9293 3.8.6.2.1 and 3.7.4. */
  private static boolean isWorthSending(Tcb tcb, int length, boolean isLast) {
    boolean isRetransmission = Seq.leq(tcb.sndNxt + length, tcb.sndMax);
    boolean isFull = length == tcb.effSndMss();
    boolean isAllNow = isLast && (tcb.noDelay || tcb.isFinQueued || tcb.sndNxt == tcb.sndUna);
    return isRetransmission || isFull || isAllNow || length >= tcb.maxSndWnd / 2;
  }

  /**
   * Whether the peer's window is closed, or has room for no segment that is worth sending, so that
   * only the timer sends (the override timeout of RFC 9293 3.8.6.2.1).
   */
  static boolean isWindowSilly(Tcb tcb) {
    long wnd = tcb.sndWnd;
    return wnd == 0 || tcb.flight() < wnd && wnd < tcb.effSndMss() && wnd < tcb.maxSndWnd / 2;
  }

  /**
   * Sends {@code length} bytes from {@code seq} on, perhaps with FIN; fewer and no FIN if they lie
   * in more pieces than a packet can name. Moves SND.NXT if that is where it began.
   */
  private void send(Tcb tcb, int seq, int length, boolean fin, boolean push) {
    int flags =
        TcpHeader.ACK | (fin ? TcpHeader.FIN : 0) | (push && length > 0 ? TcpHeader.PSH : 0);
    int sent = layer.writer().text(tcb, seq, length, flags);
    tcb.lastSendNanos = layer.nowNanos();
    int end = seq + sent + (fin && sent == length ? 1 : 0);
    layer.pathMtu().sent(tcb, sent, end);
    if (Seq.lt(seq, tcb.sndMax)) {
      tcb.segmentsRetransmitted++;
      layer.counters().increment(TcpCounter.SEGMENTS_RETRANSMITTED);
      tcb.isTiming = false; // Karn: RFC 6298 3
      tcb.hasRetransmitted = true;
      tcb.retransmitTimestamp = layer.timestamp(tcb);
    } else if (!tcb.isTiming) {
      tcb.isTiming = true;
      tcb.timedSeq = end;
      tcb.timedNanos = layer.nowNanos();
    }
    if (Seq.gt(end, tcb.sndMax)) {
      tcb.bytesSent += sent - Math.max(0, tcb.sndMax - seq);
      tcb.sndMax = end;
    }
    if (seq == tcb.sndNxt) {
      tcb.sndNxt = end;
    }
  }

  /**
   * Segments in flight were lost, not because of congestion: all is sent again at the end of the
   * turn, as the windows allow.
   */
  void sendAgain(Tcb tcb) {
    tcb.recovery.sendAgain(tcb);
    tcb.isTiming = false; // Karn: RFC 6298 3
    tcb.sndNxt = tcb.sndUna;
    layer.retransmit().restart(tcb);
    layer.mark(tcb);
  }

  /**
   * Sends the segment at SND.UNA again, whatever the congestion window says, and nothing that has
   * not been sent: the peer's window may have no room for it. SND.NXT stays where it is beyond it.
   */
  void retransmitFirst(Tcb tcb) {
    sendFirst(tcb, (int) Math.min(tcb.flight(), tcb.effSndMss()));
  }

  /**
   * Makes the peer tell its window (RFC 9293 3.8.6.1): one byte where it is closed, else what fits,
   * though it would not be worth sending (3.8.6.2.1, the override timeout). At a closed window
   * SND.NXT stays, so that all is sent again when it opens.
   */
  void probe(Tcb tcb) {
    layer.counters().increment(TcpCounter.ZERO_WINDOW_PROBES);
    long room = Math.max(1, Math.min(tcb.sndWnd, tcb.effSndMss()));
    sendFirst(tcb, (int) room);
    if (tcb.sndWnd == 0) {
      tcb.sndNxt = tcb.sndUna;
    }
  }

  private void sendFirst(Tcb tcb, int most) {
    long waiting = tcb.sendBuffer.end() - tcb.sendBuffer.una();
    int length = (int) Math.min(waiting, most);
    boolean isLast = length == waiting;
    // A FIN that has never been sent waits for its turn behind new data.
    boolean fin = isLast && tcb.isFinQueued && (length == 0 || Seq.gt(tcb.sndMax, tcb.finSeq));
    if (length > 0 || fin) {
      send(tcb, tcb.sndUna, length, fin, isLast);
    }
  }
}
