package dev.tapstack.tcp;

/**
 * When received data is acknowledged (RFC 9293 3.8.6.3, RFC 5681 4.2, RFC 5961).
 *
 * <p>Theory of operation. In-order data that arrives in one turn is acknowledged once, at its end,
 * if two full segments or more are outstanding, and at least every 64 KB; otherwise a timer of 40
 * ms sends the ACK, unless data going the other way carries it first. (Fewer ACKs than one for
 * every second segment: the deviation that any receive offload makes from RFC 9293 3.8.6.3.) The
 * first segments of a connection get an ACK each, for the peer's slow start. Whatever is out of
 * order, duplicate or unacceptable, and whatever fills a gap, gets its own ACK in the order of
 * arrival, as the peer's loss recovery counts them.
 *
 * <p>The loop's thread only.
 */
final class AckPolicy {
  /**
   * Segments at a connection's start that are acknowledged one by one: Linux's TCP_MAX_QUICKACKS.
   */
  private static final int QUICK_ACKS = 16;

  /**
   * In-order bytes that are acknowledged at the latest within a turn: the largest segment that
   * offload makes.
   */
  private static final int MAX_UNACKED_BYTES = 64 << 10;

  /**
   * Challenge ACKs (RFC 5961 7), and repeated ones for segments without text, of a connection in a
   * second.
   */
  private static final int LIMITED_ACKS_PER_SECOND = 10;

  private static final long SECOND_NANOS = 1_000_000_000L;

  /** What this policy knows of a connection. */
  static final class State {
    private int quickAcks = QUICK_ACKS;

    /** In-order bytes received since the last ACK was sent. */
    private int unackedBytes;

    private boolean isDue;
    private long limitStartNanos;
    private int limitCount;
  }

  private final TcpLayer layer;

  AckPolicy(TcpLayer layer) {
    this.layer = layer;
  }

  /**
   * More in-order text is about to be accepted: one of the connection's first segments that waits
   * for the end of the turn gets its own ACK first.
   */
  void beforeInOrder(Tcb tcb) {
    if (tcb.acks.quickAcks > 0 && tcb.acks.isDue && tcb.acks.unackedBytes > 0) {
      now(tcb);
    }
  }

  /** In-order text of {@code bytes} bytes was accepted. */
  void inOrder(Tcb tcb, int bytes) {
    State state = tcb.acks;
    state.unackedBytes += bytes;
    if (state.quickAcks > 0) {
      state.quickAcks--;
      state.isDue = true;
    }
    if (state.unackedBytes >= MAX_UNACKED_BYTES) {
      now(tcb);
    } else {
      layer.mark(tcb);
    }
  }

  /** An ACK is owed at the end of this turn, if nothing carries it before. */
  void atTurnEnd(Tcb tcb) {
    tcb.acks.isDue = true;
    layer.mark(tcb);
  }

  /** Sends an ACK now. */
  void now(Tcb tcb) {
    layer.writer().ack(tcb);
  }

  /** Sends an ACK that answers something unacceptable, within the connection's limit. */
  void limited(Tcb tcb, TcpCounter counter) {
    State state = tcb.acks;
    long now = layer.nowNanos();
    if (now - state.limitStartNanos >= SECOND_NANOS) {
      state.limitStartNanos = now;
      state.limitCount = 0;
    }
    if (state.limitCount < LIMITED_ACKS_PER_SECOND) {
      state.limitCount++;
      layer.counters().increment(counter);
      now(tcb);
    } else {
      layer.counters().increment(TcpCounter.ACKS_LIMITED);
    }
  }

  /** A segment with an ACK went out: nothing is owed. */
  void sent(Tcb tcb) {
    tcb.acks.unackedBytes = 0;
    tcb.acks.isDue = false;
    layer.timers().cancel(tcb.delayedAckTimer);
  }

  /**
   * The application has read: tells the peer when the window has opened by much (RFC 9293
   * 3.8.6.2.2).
   */
  void windowMayHaveOpened(Tcb tcb) {
    int offered = tcb.rcvWnd();
    int possible = tcb.possibleWindow();
    // A window that is still wide needs no word of its own: the next ACK tells. Twice is Linux's
    // rule.
    if (possible - offered >= tcb.leastWindowGain() && possible / 2 >= offered) {
      atTurnEnd(tcb);
    }
  }

  /** Runs when all that the turn brought is processed and nothing has carried the ACK. */
  void turnEnd(Tcb tcb) {
    State state = tcb.acks;
    if (state.isDue || state.unackedBytes >= 2 * tcb.effSndMss()) {
      now(tcb);
    } else if (state.unackedBytes > 0 && !tcb.delayedAckTimer.isArmed()) {
      layer.armIn(tcb.delayedAckTimer, tcb.options.delayedAck().toNanos());
    }
  }

  /** The delayed ACK's time has come. */
  void expired(Tcb tcb) {
    layer.counters().increment(TcpCounter.DELAYED_ACKS);
    now(tcb);
  }
}
