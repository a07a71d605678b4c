package dev.tapstack.tcp;

import dev.tapstack.loop.Timer;
import dev.tapstack.socket.CloseReason;

/**
 * Keep-alives (RFC 9293 3.8.4): finds out whether the peer of an idle connection is still there.
 * Off unless the application asks for it (MUST-25).
 *
 * <p>Theory of operation. What counts is when the peer was last heard: an acceptable segment with
 * an acceptable ACK, which nobody off the path can forge. Nothing is armed or cancelled when one
 * arrives; the timer, when it is due, looks how long ago that was and sleeps for the rest. Once the
 * peer has been silent for the idle time, and nothing is in flight that would make it speak
 * (MUST-26), it is sent a segment without text from SND.NXT-1: left of its window, hence answered
 * by an ACK. No single probe decides (MUST-29): after as many as the options say without a word the
 * connection ends, with a RST, as on Linux.
 *
 * <p>The loop's thread only.
 */
final class Keepalive {
  private final TcpLayer layer;

  Keepalive(TcpLayer layer) {
    this.layer = layer;
  }

  /** The application switches it. */
  void enable(Tcb tcb, boolean isOn) {
    tcb.isKeepalive = isOn;
    if (isOn) {
      start(tcb);
    } else {
      stop(tcb);
    }
  }

  /** Begins to watch over a connection that wants it, from ESTABLISHED on. */
  void start(Tcb tcb) {
    if (tcb.isKeepalive && tcb.isSynchronized() && tcb.closeReason == null) {
      if (tcb.keepaliveTimer == null) {
        tcb.keepaliveTimer = new Timer(now -> expired(tcb, now));
      }
      tcb.keepaliveProbes = 0;
      layer.armIn(tcb.keepaliveTimer, tcb.options.keepaliveIdle().toNanos());
    }
  }

  void stop(Tcb tcb) {
    if (tcb.keepaliveTimer != null) {
      layer.timers().cancel(tcb.keepaliveTimer);
    }
  }

  /** The peer is there. */
  void heard(Tcb tcb) {
    tcb.lastHeardNanos = layer.nowNanos();
    tcb.keepaliveProbes = 0;
  }

  private void expired(Tcb tcb, long nowNanos) {
    long idleNanos = tcb.options.keepaliveIdle().toNanos();
    long silentNanos = nowNanos - tcb.lastHeardNanos;
    if (tcb.retransmitTimer.isArmed()) {
      tcb.keepaliveProbes = 0; // retransmissions or window probes ask already
      arm(tcb, idleNanos);
    } else if (silentNanos < idleNanos) {
      arm(tcb, idleNanos - silentNanos);
    } else if (tcb.keepaliveProbes >= tcb.options.keepaliveProbes()) {
      CloseReason soft = tcb.softError;
      layer.counters().increment(TcpCounter.KEEPALIVE_TIMEOUTS);
      layer.abort(tcb, soft != null ? soft : CloseReason.TIMED_OUT);
    } else {
      tcb.keepaliveProbes++;
      layer.counters().increment(TcpCounter.KEEPALIVE_PROBES);
      layer.writer().keepalive(tcb);
      arm(tcb, tcb.options.keepaliveInterval().toNanos());
    }
  }

  private void arm(Tcb tcb, long delayNanos) {
    Timer timer = tcb.keepaliveTimer;
    assert timer != null;
    layer.armIn(timer, delayNanos);
  }
}
