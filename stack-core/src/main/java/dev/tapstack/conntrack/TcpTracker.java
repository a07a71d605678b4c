package dev.tapstack.conntrack;

import dev.tapstack.packet.Packet;
import dev.tapstack.wire.TcpHeader;
import dev.tapstack.wire.TcpOption;
import dev.tapstack.wire.TcpOptionSet;
import io.netty.buffer.ByteBuf;

/**
 * Follows TCP connections as a third party that sees all segments of both senders: which may pass,
 * and how far the connection has got.
 *
 * <p>Theory of operation (after Guido van Rooij, "Real Stateful TCP Packet Filtering in IP Filter",
 * 2001). Of each sender three numbers are kept:
 *
 * <ul>
 *   <li>{@code end}: the number behind the last that it has sent, its next sequence number;
 *   <li>{@code maxEnd}: how far the other has let it send, the largest ACK + window seen;
 *   <li>{@code maxWindow}: the largest window that it has offered.
 * </ul>
 *
 * A segment of sender s to receiver r may pass if
 *
 * <ol>
 *   <li>it begins at {@code s.maxEnd} or before, which lets a zero-window probe pass;
 *   <li>it ends at {@code s.end - r.maxWindow} or after: what is older r has taken already;
 *   <li>it acknowledges nothing beyond {@code r.end};
 *   <li>its ACK is not older than the largest window of s, or a fixed slack, before {@code r.end}.
 * </ol>
 *
 * What was lost before this point has not been seen, and what is lost behind it only makes the
 * bounds wider than the receivers', so nothing that a receiver would take is refused. Only segments
 * with a right checksum come here.
 *
 * <p>A SYN of the originator to a connection that is open passes without a change, and is
 * remembered: a host that was started again asks so, or one that uses a port again of which only
 * this router still knows. If the other end knows the old connection, it answers with a challenge
 * ACK (RFC 5961 4), and the originator's RST ends it. If not, its SYN-ACK or RST acknowledges the
 * SYN that is remembered, and the connection begins anew or is refused. The loop's thread only.
 */
final class TcpTracker {
  /** An unscaled window and some segments: ACKs are reordered by so much (van Rooij, section 5). */
  private static final int ACK_SLACK = 66_000;

  /** RFC 7323 2.3: a larger shift counts as this. */
  private static final int MAX_SHIFT = 14;

  /** In place of {@link Tracked#pendingScale}: no SYN to an open connection waits for an answer. */
  static final byte NOTHING_PENDING = Byte.MIN_VALUE;

  /** What becomes of a segment. */
  enum Outcome {
    /** Passes, and counts as traffic of its flow. */
    PASS,
    /** Passes, but does not keep the flow alive: nothing that it says is believed. */
    PASS_UNSEEN,
    /** The originator begins the connection anew: {@link #begin} with this segment. */
    RESTART,
    /** Passes: the other end has begun the connection anew, as a SYN before had asked. */
    RESTARTED,
    OUT_OF_WINDOW,
    BAD_RESET
  }

  private final TcpOptionSet options = new TcpOptionSet();
  private int flags;
  private int seq;
  private int end; // SEG.SEQ + SEG.LEN
  private int ack;
  private int windowField;
  private int shift;

  /** Reads a segment whose header has been checked; everything else asks about this one. */
  void read(Packet packet) {
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    long second = buf.getLong(at + Long.BYTES); // one read in place of four
    int headerLength = TcpHeader.dataOffsetIn(second);
    int text = packet.end() - at - headerLength + packet.piecesBytes();
    flags = TcpHeader.flagsIn(second);
    seq = TcpHeader.seq(buf, at);
    end = seq + text + (has(TcpHeader.SYN) ? 1 : 0) + (has(TcpHeader.FIN) ? 1 : 0);
    ack = TcpHeader.ackIn(second);
    windowField = TcpHeader.windowIn(second);
    if (has(TcpHeader.SYN)) {
      int length = headerLength - TcpHeader.HEADER_LENGTH;
      TcpOption.parse(buf, at + TcpHeader.HEADER_LENGTH, length, options);
      shift = Math.min(options.windowScale(), MAX_SHIFT);
    }
  }

  private boolean has(int flag) {
    return (flags & flag) != 0;
  }

  /** Whether the segment may be the first of a connection. */
  boolean isFirst() {
    return (flags & (TcpHeader.SYN | TcpHeader.ACK | TcpHeader.RST)) == TcpHeader.SYN;
  }

  /** Begins a connection with this segment, or begins it anew. */
  void begin(Tracked flow) {
    flow.phase(Side.REPLY, TcpPhase.NOTHING);
    flow.end(Side.REPLY, 0);
    flow.maxEnd(Side.REPLY, 0);
    flow.maxWindow(Side.REPLY, 0);
    flow.isReset = false;
    flow.isResetDoubtful = false;
    flow.pendingScale = NOTHING_PENDING;
    synchronize(flow, Side.ORIGINAL);
  }

  /** Takes a sender's first numbers from its SYN, which is never scaled (RFC 7323 2.2). */
  private void synchronize(Tracked flow, Side sender) {
    flow.phase(sender, TcpPhase.SYN_SENT);
    flow.end(sender, end);
    // Beyond its SYN it may send what the other's SYN has offered; until then nothing.
    flow.maxEnd(sender, seq + 1 + flow.maxWindow(sender.other()));
    flow.maxWindow(sender, Math.max(1, windowField));
    flow.scale(sender, shift);
  }

  /** Judges the segment, of a flow that exists, and follows what it says if it passes. */
  Outcome judge(Tracked flow, Side sender) {
    if (has(TcpHeader.RST)) {
      return reset(flow, sender);
    }
    if (has(TcpHeader.SYN)) {
      if (!has(TcpHeader.ACK) && sender == Side.ORIGINAL) {
        return originatorSyn(flow);
      }
      if (flow.phase(sender).compareTo(TcpPhase.SYN_SENT) <= 0) {
        return answeringSyn(flow, sender);
      }
      if (isAckOfPendingSyn(flow, sender) && !isInWindow(flow, sender)) {
        return answeringPendingSyn(flow);
      }
    } else if (flow.phase(sender) == TcpPhase.NOTHING) {
      // A connection that only this end remembers: the originator will answer with a RST.
      return Outcome.PASS_UNSEEN;
    }
    if (!isInWindow(flow, sender)) {
      return Outcome.OUT_OF_WINDOW;
    }
    follow(flow, sender);
    return Outcome.PASS;
  }

  private Outcome originatorSyn(Tracked flow) {
    if (flow.isReset || flow.isResetDoubtful || isClosing(flow)) {
      return Outcome.RESTART;
    }
    if (flow.phase(Side.REPLY) == TcpPhase.NOTHING) {
      synchronize(flow, Side.ORIGINAL); // the same again, or another attempt
      return Outcome.PASS;
    }
    if (end == flow.end(Side.ORIGINAL)) {
      return Outcome.PASS;
    }
    flow.pendingEnd = end;
    flow.pendingScale = (byte) shift;
    return Outcome.PASS_UNSEEN;
  }

  /** Whether the segment answers a SYN that was let through to an open connection. */
  private boolean isAckOfPendingSyn(Tracked flow, Side sender) {
    return flow.pendingScale != NOTHING_PENDING
        && sender == Side.REPLY
        && has(TcpHeader.ACK)
        && ack == flow.pendingEnd;
  }

  /** The other end knew nothing of the connection that was open here. */
  private Outcome answeringPendingSyn(Tracked flow) {
    flow.isReset = false;
    flow.isResetDoubtful = false;
    flow.phase(Side.ORIGINAL, TcpPhase.SYN_SENT);
    flow.end(Side.ORIGINAL, flow.pendingEnd);
    flow.maxEnd(Side.ORIGINAL, flow.pendingEnd);
    flow.maxWindow(Side.ORIGINAL, 0xffff); // at most, for a SYN's is not scaled
    flow.scale(Side.ORIGINAL, flow.pendingScale);
    flow.pendingScale = NOTHING_PENDING;
    flow.phase(Side.REPLY, TcpPhase.NOTHING);
    flow.maxWindow(Side.REPLY, 0);
    answeringSyn(flow, Side.REPLY);
    return Outcome.RESTARTED;
  }

  /** The SYN-ACK, or the SYN of a simultaneous open (RFC 5382 REQ-2), or either of them again. */
  private Outcome answeringSyn(Tracked flow, Side sender) {
    Side other = sender.other();
    boolean isOpening = flow.phase(other) != TcpPhase.NOTHING;
    if (!isOpening || has(TcpHeader.ACK) && !isAckOfSyn(flow, other)) {
      return Outcome.OUT_OF_WINDOW;
    }
    if (flow.phase(sender) == TcpPhase.SYN_SENT && isSequenceInWindow(flow, sender)) {
      if (has(TcpHeader.ACK)) {
        follow(flow, sender);
      }
      return Outcome.PASS; // the same again
    }
    synchronize(flow, sender);
    if (options.windowScale() == TcpOptionSet.ABSENT || flow.scale(other) < 0) {
      flow.scale(sender, 0); // RFC 7323 2.2: both or none
      flow.scale(other, 0);
    }
    if (has(TcpHeader.ACK)) {
      follow(flow, sender);
    } else {
      // Now the other, too, may send what this SYN offers.
      flow.maxEnd(other, Seq.max(flow.maxEnd(other), flow.end(other) + windowField));
    }
    return Outcome.PASS;
  }

  /** RFC 9293 3.10.7.3: acknowledges the SYN, and with it perhaps data that came along. */
  private boolean isAckOfSyn(Tracked flow, Side sender) {
    int last = flow.end(sender);
    int first = Seq.min(flow.maxEnd(sender), last); // the peer has offered nothing yet
    return flow.phase(sender) != TcpPhase.SYN_SENT || Seq.geq(ack, first) && Seq.leq(ack, last);
  }

  private boolean isInWindow(Tracked flow, Side sender) {
    Side receiver = sender.other();
    int slack = Math.max(flow.maxWindow(sender), ACK_SLACK);
    return isSequenceInWindow(flow, sender)
        && Seq.leq(ack, flow.end(receiver))
        && Seq.geq(ack, flow.end(receiver) - slack);
  }

  private boolean isSequenceInWindow(Tracked flow, Side sender) {
    return Seq.leq(seq, flow.maxEnd(sender))
        && Seq.geq(end, flow.end(sender) - flow.maxWindow(sender.other()));
  }

  private void follow(Tracked flow, Side sender) {
    Side receiver = sender.other();
    int window = has(TcpHeader.SYN) ? windowField : windowField << flow.scale(sender);
    flow.end(sender, Seq.max(flow.end(sender), end));
    flow.maxEnd(receiver, Seq.max(flow.maxEnd(receiver), ack + window));
    flow.maxWindow(sender, Math.max(flow.maxWindow(sender), window));
    flow.isResetDoubtful = false;
    if (sender == Side.ORIGINAL) {
      flow.pendingScale = NOTHING_PENDING; // it goes on with the connection that is open
    }
    if (has(TcpHeader.FIN) && flow.phase(sender).compareTo(TcpPhase.FIN_SENT) < 0) {
      flow.phase(sender, TcpPhase.FIN_SENT);
    }
    if (flow.phase(receiver) == TcpPhase.SYN_SENT) {
      flow.phase(receiver, TcpPhase.ESTABLISHED);
    } else if (flow.phase(receiver) == TcpPhase.FIN_SENT && Seq.geq(ack, flow.end(receiver))) {
      flow.phase(receiver, TcpPhase.FIN_ACKED);
    }
  }

  /**
   * A RST with exactly the next number ends the connection. One merely in the window may be forged,
   * or stale: receivers answer it with a challenge (RFC 5961 3), and if there is more traffic it
   * has not been believed. The first of either kind starts the transitory timer (RFC 7857 2.2),
   * further ones do not start it again (RFC 7857 7.1).
   */
  private Outcome reset(Tracked flow, Side sender) {
    if (flow.phase(sender) == TcpPhase.NOTHING) {
      // The answer to a SYN: its sequence number means nothing (RFC 9293 3.10.7.3).
      if (!has(TcpHeader.ACK) || !isAckOfSyn(flow, sender.other())) {
        return Outcome.BAD_RESET;
      }
      return resets(flow);
    }
    if (seq == flow.end(sender) || isAckOfPendingSyn(flow, sender)) {
      return resets(flow);
    }
    if (flow.phase(sender.other()) == TcpPhase.NOTHING) {
      return Outcome.PASS_UNSEEN; // answers an ACK that only the other end understands
    }
    if (!isSequenceInWindow(flow, sender)) {
      return Outcome.BAD_RESET;
    }
    boolean isFirst = !flow.isReset && !flow.isResetDoubtful;
    flow.isResetDoubtful = true;
    return isFirst ? Outcome.PASS : Outcome.PASS_UNSEEN;
  }

  private static Outcome resets(Tracked flow) {
    boolean isFirst = !flow.isReset;
    flow.isReset = true;
    return isFirst ? Outcome.PASS : Outcome.PASS_UNSEEN;
  }

  private static boolean isClosing(Tracked flow) {
    return flow.phase(Side.ORIGINAL).compareTo(TcpPhase.FIN_SENT) >= 0
        && flow.phase(Side.REPLY).compareTo(TcpPhase.FIN_SENT) >= 0;
  }

  /** Whether each end has acknowledged the other's SYN. */
  static boolean hasOpened(Tracked flow) {
    return flow.phase(Side.ORIGINAL).compareTo(TcpPhase.ESTABLISHED) >= 0
        && flow.phase(Side.REPLY).compareTo(TcpPhase.ESTABLISHED) >= 0;
  }

  /** RFC 5382 REQ-5: open, half-closed included, or else opening, closing or reset. */
  static IdleClass idle(Tracked flow) {
    boolean isOpen = hasOpened(flow) && !isClosing(flow);
    return isOpen && !flow.isReset && !flow.isResetDoubtful
        ? IdleClass.TCP_ESTABLISHED
        : IdleClass.TCP_TRANSITORY;
  }

  /** The state of the connection in one word, as far as RFC 9293 3.3.2 has one for it. */
  static String state(Tracked flow) {
    TcpPhase original = flow.phase(Side.ORIGINAL);
    TcpPhase reply = flow.phase(Side.REPLY);
    TcpPhase behind = original.compareTo(reply) < 0 ? original : reply;
    TcpPhase ahead = behind == original ? reply : original;
    if (flow.isReset) {
      return "RESET";
    }
    return switch (behind) {
      case NOTHING -> "SYN_SENT";
      case SYN_SENT -> "SYN_RECEIVED";
      case ESTABLISHED -> ahead == TcpPhase.ESTABLISHED ? "ESTABLISHED" : "HALF_CLOSED";
      case FIN_SENT -> "CLOSING";
      case FIN_ACKED -> "TIME_WAIT";
    };
  }

  /** Sequence numbers, compared by their distance modulo 2^32 (RFC 9293 3.4). */
  private static final class Seq {
    private Seq() {}

    static boolean leq(int a, int b) {
      return a - b <= 0;
    }

    static boolean geq(int a, int b) {
      return a - b >= 0;
    }

    static int min(int a, int b) {
      return a - b <= 0 ? a : b;
    }

    static int max(int a, int b) {
      return a - b >= 0 ? a : b;
    }
  }
}
