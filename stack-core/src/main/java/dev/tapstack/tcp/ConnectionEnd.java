package dev.tapstack.tcp;

import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpState;
import org.jspecify.annotations.Nullable;

/**
 * How connections end: FIN-WAIT-2 and TIME-WAIT with their times, resets, and telling the
 * application.
 *
 * <p>A connection ends in two steps. {@link #finish} changes the state and frees what the wire
 * sees, at once, wherever it is called from; the RST, the application's last call and its buffers
 * wait for the end of the turn. The loop's thread only.
 */
final class ConnectionEnd {
  /**
   * TIME-WAITs that are kept: half of what the ports of one peer can make. The oldest goes first.
   */
  private static final int MAX_TIME_WAITS = 32_768;

  private final TcpLayer layer;
  private final TcbQueue timeWaits = new TcbQueue();

  /** Ended in order and gone from the tables, with input that the application has not read yet. */
  private final TcbQueue unread = new TcbQueue();

  ConnectionEnd(TcpLayer layer) {
    this.layer = layer;
  }

  int timeWaits() {
    return timeWaits.count();
  }

  /** Ends {@code tcb} for {@code reason} without another segment; idempotent. */
  void finish(Tcb tcb, CloseReason reason) {
    if (tcb.state() == TcpState.CLOSED) {
      return;
    }
    if (tcb.closeReason == null) {
      tcb.closeReason = reason;
      if (reason != CloseReason.NORMAL) {
        layer.counters().increment(TcpCounter.FAILED);
      }
    }
    release(tcb);
    layer.mark(tcb);
  }

  /** Ends {@code tcb} with a RST, if the peer knows of the connection (RFC 9293 3.10.5). */
  void abort(Tcb tcb, CloseReason reason) {
    tcb.isResetOwed |= // a second abort must not take back the first one's
        switch (tcb.state()) {
          case SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT -> true;
          // Linux sends one here too; the peer then need not retransmit to nobody.
          case CLOSING, LAST_ACK -> true;
          default -> false;
        };
    finish(tcb, reason);
  }

  /** Forgets a half-open connection: its listener is in LISTEN as before, nobody is told. */
  void discard(Tcb tcb) {
    tcb.closeReason = CloseReason.ABORTED;
    release(tcb);
  }

  /** Leaves the tables and stops the timers: CLOSED. */
  void release(Tcb tcb) {
    TcpState was = tcb.state();
    Listener listener = tcb.listener;
    if (listener != null) {
      listener.remove(tcb, was);
    }
    if (was == TcpState.TIME_WAIT) {
      timeWaits.remove(tcb);
    }
    tcb.enter(TcpState.CLOSED);
    layer.demux().remove(tcb);
    layer.timers().cancel(tcb.retransmitTimer);
    layer.timers().cancel(tcb.delayedAckTimer);
    layer.timers().cancel(tcb.stateTimer);
    layer.keepalive().stop(tcb);
    tcb.sendBuffer.abort();
    if (isUnread(tcb)) {
      tcb.isInUnread = true;
      unread.add(tcb);
    }
    if (tcb.ownsPort) {
      tcb.ownsPort = false;
      layer
          .ip()
          .ports()
          .release(
              TcpLayer.PROTOCOL, tcb.key.localHi(), tcb.key.localLo(), tcb.key.localPort(), layer);
    }
  }

  /**
   * Our FIN is acknowledged. The state is left after a while if nobody waits for the peer's data.
   */
  void enterFinWait2(Tcb tcb) {
    tcb.enter(TcpState.FIN_WAIT_2);
    if (tcb.isAppClosed) {
      layer.armIn(tcb.stateTimer, tcb.options.finWait2().toNanos());
    }
  }

  /** Both FINs are exchanged (RFC 9293 3.6): the connection is over for its application. */
  void enterTimeWait(Tcb tcb) {
    tcb.enter(TcpState.TIME_WAIT);
    tcb.closeReason = CloseReason.NORMAL;
    layer.timers().cancel(tcb.retransmitTimer);
    layer.keepalive().stop(tcb);
    if (timeWaits.count() >= MAX_TIME_WAITS) {
      Tcb oldest = timeWaits.first();
      if (oldest != null) {
        layer.counters().increment(TcpCounter.TIME_WAIT_EVICTIONS);
        release(oldest);
      }
    }
    timeWaits.add(tcb);
    layer.armIn(tcb.stateTimer, tcb.options.timeWait().toNanos());
    layer.mark(tcb);
  }

  void restartTimeWait(Tcb tcb) {
    layer.armIn(tcb.stateTimer, tcb.options.timeWait().toNanos());
  }

  /** The time of FIN-WAIT-2 or TIME-WAIT is over. */
  void stateTimeout(Tcb tcb) {
    if (tcb.state() == TcpState.TIME_WAIT) {
      release(tcb);
    } else {
      finish(tcb, CloseReason.FIN_WAIT_TIMEOUT);
    }
  }

  /** What an end left for the end of the turn. */
  void turnEnd(Tcb tcb) {
    if (tcb.isResetOwed) {
      tcb.isResetOwed = false;
      layer.writer().reset(tcb);
    }
    @Nullable CloseReason reason = tcb.closeReason;
    if (reason == null) {
      return;
    }
    layer.upcalls().returnBuffers(tcb);
    if (!isUnread(tcb)) {
      tell(tcb, reason);
    }
  }

  /** An orderly end is told once the application has read everything. */
  private static boolean isUnread(Tcb tcb) {
    return tcb.closeReason == CloseReason.NORMAL
        && tcb.receiveBuffer.readableBytes() > 0
        && !tcb.isAppClosed
        && tcb.handler != null;
  }

  private void tell(Tcb tcb, CloseReason reason) {
    if (tcb.isInUnread) {
      tcb.isInUnread = false;
      unread.remove(tcb);
    }
    tcb.receiveBuffer.clear();
    layer.upcalls().closed(tcb, reason);
  }

  /** The stack closes: what was not read is lost. */
  void closeUnread() {
    for (@Nullable Tcb tcb = unread.first(); tcb != null; tcb = unread.first()) {
      tell(tcb, CloseReason.STACK_CLOSED);
    }
  }
}
