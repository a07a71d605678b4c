package dev.tapstack.tcp;

/**
 * Duplicate ACKs, limited transmit, fast retransmit and fast recovery without SACK (RFC 3042, RFC
 * 5681 3.2, RFC 6582 3.2). Decides when; {@link Transmitter} sends. The state of one connection;
 * the loop's thread only.
 */
final class LossRecovery {
  /** RFC 5681 3.2: the third duplicate ACK. */
  private static final int DUP_THRESHOLD = 3;

  private int dupAcks;

  /** Bytes in flight when the first duplicate ACK came: before limited transmit added to them. */
  private long flightAtFirstDupAck;

  private boolean isRecovering;

  /**
   * RFC 6582 3.2: SND.MAX when the last recovery or timeout began; valid once {@link #hasRecover}.
   */
  private int recover;

  private boolean hasRecover;
  private boolean isFirstPartialAck;
  private long fastRetransmits;

  boolean isRecovering() {
    return isRecovering;
  }

  long fastRetransmits() {
    return fastRetransmits;
  }

  /**
   * A duplicate ACK as RFC 5681 2 defines it arrived.
   *
   * @return whether the segment at SND.UNA is to be sent again now
   */
  boolean duplicateAck(Tcb tcb) {
    dupAcks++;
    if (dupAcks == 1) {
      flightAtFirstDupAck = tcb.flight();
    }
    if (isRecovering) {
      tcb.congestion.duplicateAck(tcb.effSndMss());
      return false;
    }
    // RFC 6582 3.2, step 2: no second recovery for what was in flight at the last one.
    if (dupAcks != DUP_THRESHOLD || hasRecover && !coversMoreThanRecover(tcb)) {
      return false;
    }
    isRecovering = true;
    isFirstPartialAck = true;
    fastRetransmits++;
    begin(tcb);
    tcb.congestion.enterRecovery(flightAtFirstDupAck, tcb.effSndMss());
    return true;
  }

  /**
   * What may be in flight beyond the congestion window: a segment for each of the first two
   * duplicate ACKs (RFC 5681 3.2, step 1), so that small windows see a third.
   */
  long limitedTransmitBytes(Tcb tcb) {
    boolean isNew = tcb.sndNxt == tcb.sndMax; // not for what is sent again after a timeout
    return dupAcks < DUP_THRESHOLD && !isRecovering && isNew ? (long) dupAcks * tcb.effSndMss() : 0;
  }

  /**
   * SND.UNA moved by {@code acked} bytes; it is set already.
   *
   * @param flightBefore bytes in flight before
   * @return whether the segment at SND.UNA is to be sent again now (a partial acknowledgment)
   */
  boolean acked(Tcb tcb, int acked, long flightBefore) {
    dupAcks = 0;
    int smss = tcb.effSndMss();
    if (!isRecovering) {
      // An old RECOVER must not look new again once the numbers have gone half around.
      hasRecover &= !coversMoreThanRecover(tcb);
      tcb.congestion.acked(acked, flightBefore, smss);
      return false;
    }
    if (Seq.gt(tcb.sndUna, recover)) {
      isRecovering = false;
      tcb.congestion.exitRecovery(tcb.flight(), smss);
      return false;
    }
    tcb.congestion.partialAck(acked, smss);
    return true;
  }

  /**
   * Whether this partial ACK is the recovery's first, which alone restarts the timer (RFC 6582 4:
   * the "impatient" variant).
   */
  boolean takeFirstPartialAck() {
    boolean first = isFirstPartialAck;
    isFirstPartialAck = false;
    return first;
  }

  /** The retransmission timer expired: recovery ends, slow start begins (RFC 6582 3.2, step 4). */
  void timeout(Tcb tcb) {
    isRecovering = false;
    dupAcks = 0;
    begin(tcb);
  }

  /**
   * All in flight is about to be sent again, without a timeout: recovery ends, and the duplicate
   * ACKs that this brings begin none.
   */
  void sendAgain(Tcb tcb) {
    if (isRecovering) {
      tcb.congestion.exitRecovery(tcb.flight(), tcb.effSndMss());
    }
    isRecovering = false;
    dupAcks = 0;
    begin(tcb);
  }

  private void begin(Tcb tcb) {
    recover = tcb.sndMax - 1;
    hasRecover = true;
  }

  private boolean coversMoreThanRecover(Tcb tcb) {
    return Seq.gt(tcb.sndUna - 1, recover);
  }
}
