package dev.tapstack.tcp;

import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpState;

/**
 * What happens when the peer is silent: retransmission (RFC 6298 5), zero-window probes (RFC 9293
 * 3.8.6.1), and giving up (RFC 9293 3.8.3). One timer a connection serves all three: it runs while
 * anything is unacknowledged, or while data waits and nothing in flight would bring an ACK.
 *
 * <p>Giving up. After R1 retransmissions the internet layer is told to doubt the way there. R2 is a
 * number of retransmissions in the options, and the time that they take from a timeout of {@link
 * #R2_RTO_NANOS} on: where the options allow a smaller one, they go on for that time. By default
 * the 15 of data take 0.2 + 0.4 + ... + 51.2 = 102.2 s and six times the bound of 60 s, and with
 * the wait after the last it is 522 s (RFC 9293 3.8.3: at least 100 s). A SYN's first timeout is
 * always 1 s, and its 7 retransmissions end after 1 + 2 + ... + 32 + 60 + 60 = 183 s (MUST-23: at
 * least 3 minutes). The application may want to know sooner: its timeouts for connecting and for
 * data end the wait whatever the numbers say.
 *
 * <p>The loop's thread only.
 */
final class RetransmitTimer {
  /** The least timeout that R2 is counted with: the default of the options, and of Linux. */
  private static final long R2_RTO_NANOS = 200_000_000L;

  /** R1, RFC 9293 3.8.3: at least three. Linux: net.ipv4.tcp_retries1. */
  private static final int R1 = 3;

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

  /** The SYN or SYN-ACK goes for the first time. */
  void begin(Tcb tcb) {
    tcb.silentSinceNanos = layer.nowNanos();
    arm(tcb);
  }

  void arm(Tcb tcb) {
    if (tcb.retries == 0 && tcb.isSynchronized()) {
      tcb.silentSinceNanos = layer.nowNanos();
    }
    long delay = tcb.rtt.rtoNanos(tcb.backoffs);
    long most = mostSilenceNanos(tcb);
    if (most > 0) {
      delay = Math.min(delay, Math.max(0, most - silentNanos(tcb)));
    }
    layer.armIn(tcb.retransmitTimer, delay);
  }

  private long silentNanos(Tcb tcb) {
    return layer.nowNanos() - tcb.silentSinceNanos;
  }

  /** The application's limit, which comes before R2, or 0. */
  private static long mostSilenceNanos(Tcb tcb) {
    if (tcb.isSynchronized()) {
      return tcb.options.userTimeout().toNanos();
    }
    return tcb.listener == null ? tcb.options.connectTimeout().toNanos() : 0;
  }

  /** Whether the peer owes an answer: a closed window that it has just told is one. */
  private static boolean isAsked(Tcb tcb) {
    return tcb.retries > 0 || !tcb.isSynchronized() || tcb.sndUna != tcb.sndMax && tcb.sndWnd > 0;
  }

  private boolean isOver(Tcb tcb) {
    long most = mostSilenceNanos(tcb);
    if (most > 0 && isAsked(tcb) && silentNanos(tcb) >= most) {
      return true;
    }
    if (!tcb.isSynchronized()) {
      return tcb.retries >= tcb.options.synRetries();
    }
    int r2 = tcb.options.dataRetries();
    return tcb.retries >= r2 && silentNanos(tcb) >= r2Nanos(r2);
  }

  /** How long {@code retries} retransmissions take; the wait after the last comes on top. */
  private static long r2Nanos(int retries) {
    long total = 0;
    long rto = R2_RTO_NANOS;
    for (int i = 0; i < retries; i++) {
      total += rto;
      rto = Math.min(2 * rto, RttEstimator.MAX_RTO_NANOS);
    }
    return total;
  }

  /** The timer's action. */
  void expired(Tcb tcb, long nowNanos) {
    boolean isHandshake = !tcb.isSynchronized();
    if (isOver(tcb)) {
      CloseReason soft = tcb.softError;
      layer.counters().increment(TcpCounter.TIMEOUTS);
      layer.finish(tcb, soft != null ? soft : CloseReason.TIMED_OUT);
      return;
    }
    if (!isAsked(tcb)) {
      tcb.silentSinceNanos = nowNanos; // the silence begins with this probe
    }
    tcb.retries++;
    if (tcb.retries == R1) {
      layer.ip().doubt(tcb.key.remoteHi(), tcb.key.remoteLo()); // MUST-20
    }
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
    layer.pathMtu().timeout(tcb);
    tcb.congestion.timeout(tcb.flight(), tcb.effSndMss(), tcb.retries == 1);
    tcb.recovery.timeout(tcb);
    tcb.backoffs++;
    tcb.sndNxt = tcb.sndUna;
    layer.mark(tcb); // the loss window lets one segment go at the end of this turn
  }
}
