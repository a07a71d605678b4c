package dev.tapstack.tcp;

import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpState;

/**
 * What happens when the peer is silent: retransmission (RFC 6298 5), zero-window probes (RFC 9293
 * 3.8.6.1), and giving up (RFC 9293 3.8.3). One timer a connection serves all three: it runs while
 * anything is unacknowledged, or while data waits and nothing in flight would bring an ACK. The
 * loop's thread only.
 */
final class RetransmitTimer {
  private final TcpLayer layer;

  RetransmitTimer(TcpLayer layer) {
    this.layer = layer;
  }

  /** Starts the timer if there is reason to and it does not run; stops it if there is none. */
  void update(Tcb tcb) {
    boolean isInFlight = tcb.sndUna != tcb.sndMax;
    boolean isWaiting =
        tcb.sendBuffer.una() != tcb.sendBuffer.end() || tcb.isFinQueued && !tcb.isFinAcked();
    if (!isInFlight && !isWaiting) {
      layer.timers().cancel(tcb.retransmitTimer);
    } else if (!tcb.retransmitTimer.isArmed() || tcb.isProbing && isInFlight) {
      tcb.isProbing = !isInFlight;
      arm(tcb);
    }
  }

  /** New data was acknowledged: the timer starts afresh (RFC 6298 5.3), or stops. */
  void restart(Tcb tcb) {
    layer.timers().cancel(tcb.retransmitTimer);
    if (tcb.sndUna != tcb.sndMax) {
      tcb.isProbing = false;
      arm(tcb);
    }
  }

  void arm(Tcb tcb) {
    layer.armIn(tcb.retransmitTimer, tcb.rtt.rtoNanos(tcb.backoffs));
  }

  /** The timer's action. */
  void expired(Tcb tcb, long nowNanos) {
    boolean isHandshake = !tcb.isSynchronized();
    int most = isHandshake ? tcb.options.synRetries() : tcb.options.dataRetries();
    if (tcb.retries >= most) {
      CloseReason soft = tcb.softError;
      layer.counters().increment(TcpCounter.TIMEOUTS);
      layer.finish(tcb, soft != null ? soft : CloseReason.TIMED_OUT);
      return;
    }
    tcb.retries++;
    tcb.isTiming = false;
    if (isHandshake) {
      tcb.wasSynRetransmitted = true;
      tcb.backoffs++;
      tcb.timeouts++;
      layer.counters().increment(TcpCounter.TIMEOUTS);
      layer.counters().increment(TcpCounter.SEGMENTS_RETRANSMITTED);
      layer.writer().syn(tcb, tcb.state() == TcpState.SYN_RECEIVED);
    } else if (Transmitter.isWindowSilly(tcb) || tcb.sndUna == tcb.sndMax) {
      tcb.backoffs++;
      layer.transmitter().probe(tcb);
    } else {
      timeout(tcb);
    }
    arm(tcb);
  }

  /** RFC 6298 5.4 to 5.6, RFC 5681 3.1. */
  private void timeout(Tcb tcb) {
    tcb.timeouts++;
    layer.counters().increment(TcpCounter.TIMEOUTS);
    tcb.congestion.timeout(tcb.flight(), tcb.effSndMss(), tcb.retries == 1);
    tcb.recovery.timeout(tcb);
    tcb.backoffs++;
    tcb.sndNxt = tcb.sndUna;
    layer.mark(tcb); // the loss window lets one segment go at the end of this turn
  }
}
