package dev.tapstack.tcp;

import dev.tapstack.addr.FlowKey;
import dev.tapstack.ip.IpFamily;
import dev.tapstack.loop.Timer;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.TcpState;
import dev.tapstack.tcp.cc.CongestionControl;
import dev.tapstack.tcp.cc.NewReno;
import dev.tapstack.wire.TcpHeader;
import org.jspecify.annotations.Nullable;

/**
 * Transmission control block: the state of one connection, in the names of RFC 9293 3.3.1. Data and
 * what follows from it; what happens to it stands in {@link SegmentArrives}, {@link Transmitter},
 * {@link RetransmitTimer}, {@link AckPolicy} and {@link UserCalls}. The loop's thread only.
 */
final class Tcb {
  final FlowKey key;
  final IpFamily family;
  final TcpOptions options;
  private TcpState state = TcpState.CLOSED;

  /** Whether the local port was reserved for it (an active open). */
  boolean ownsPort;

  /** The listener that it came from, while it is half-open or waits to be accepted. */
  @Nullable Listener listener;

  // Send sequence variables. SND.NXT falls back to SND.UNA after a timeout; SND.MAX does not.
  int iss;
  int sndUna;
  int sndNxt;
  int sndMax;
  long sndWnd;
  int sndWl1;
  int sndWl2;

  /**
   * MAX.SND.WND of RFC 5961 5.2 and RFC 9293 3.8.6.2.1: the largest window the peer has offered.
   */
  long maxSndWnd;

  // Receive sequence variables.
  int irs;
  int rcvNxt;

  /** The right edge that we have offered: it never moves left (RFC 9293 3.8.6). */
  int rcvAdv;

  /** Last.ACK.sent of RFC 7323 4.3. */
  int lastAckSent;

  // Options in use.
  int peerMss;
  int ourMss;
  int sndWndShift;
  int rcvWndShift;
  boolean isScaled;
  boolean hasTimestamps;
  int timestampOffset;
  int tsRecent;
  long tsRecentNanos;

  // Ending.
  boolean isFinQueued;

  /** The FIN's sequence number, once it is queued. */
  int finSeq;

  boolean isFinReceived;

  /** A FIN that arrived beyond a gap waits here. */
  boolean hasEarlyFin;

  int earlyFinSeq;

  /** The application has closed both directions: data that arrives now is answered by a reset. */
  boolean isAppClosed;

  boolean isResetOnClose;

  /** The SYN is to be sent at the end of the turn. */
  boolean isSynOwed;

  /** A RST is to be sent at the end of the turn. */
  boolean isResetOwed;

  boolean noDelay;

  // Parts.
  final RttEstimator rtt;
  final CongestionControl congestion = new NewReno();
  final LossRecovery recovery = new LossRecovery();
  final SendBuffer sendBuffer;
  final ReceiveBuffer receiveBuffer;
  final AckPolicy.State acks = new AckPolicy.State();
  final PathMtuDiscovery.State path = new PathMtuDiscovery.State();

  // Timing one segment in a window (RFC 6298 3).
  boolean isTiming;
  int timedSeq;
  long timedNanos;

  // Retransmission.

  /** TSval of the last segment sent again; valid while {@link #hasRetransmitted}. */
  int retransmitTimestamp;

  boolean hasRetransmitted;
  final Timer retransmitTimer;
  int backoffs;

  /** Timeouts in a row without an acknowledgment of new data: what R2 counts (RFC 9293 3.8.3). */
  int retries;

  /** When the peer was first asked for what it has not acknowledged since. */
  long silentSinceNanos;

  boolean isProbing;
  boolean wasSynRetransmitted;

  /** When text or a FIN was last sent: ACKs do not count (RFC 5681 4.1). */
  long lastSendNanos;

  /** When the peer last sent what is acceptable: see {@link Keepalive}. */
  long lastHeardNanos;

  /** When the neighbour was last told reachable. */
  long confirmedNanos;

  /** DELAYED-ACK; and in FIN-WAIT-2 and TIME-WAIT the end of the state. */
  final Timer delayedAckTimer;

  final Timer stateTimer;

  // Keep-alives.
  boolean isKeepalive;

  /** Made when it is first needed. */
  @Nullable Timer keepaliveTimer;

  /** Sent since the peer was last heard. */
  int keepaliveProbes;

  // The application.
  @Nullable TcpHandler handler;
  final UserCalls user;
  boolean wantsWritable;
  boolean isInHandler;
  boolean hasUnseenInput;
  @Nullable CloseReason softError;
  @Nullable CloseReason closeReason;

  // Lists.
  boolean isMarked;
  boolean isInUnread;
  @Nullable Tcb previousInQueue;
  @Nullable Tcb nextInQueue;

  // Counts.
  long bytesSent;
  long bytesReceived;
  long bytesAcked;
  long segmentsRetransmitted;
  long timeouts;

  Tcb(TcpLayer layer, FlowKey key, IpFamily family, TcpOptions options) {
    this.key = key;
    this.family = family;
    this.options = options;
    this.noDelay = options.noDelay();
    this.isKeepalive = options.keepalive();
    this.rtt = new RttEstimator(options.minRto().toNanos());
    this.sendBuffer = new SendBuffer(layer.chunks(), options.sendBufferBytes());
    this.receiveBuffer = new ReceiveBuffer(layer.chunks());
    this.retransmitTimer = new Timer(now -> layer.retransmit().expired(this, now));
    this.delayedAckTimer = new Timer(now -> layer.ackPolicy().expired(this));
    this.stateTimer = new Timer(now -> layer.stateTimeout(this));
    this.user = new UserCalls(layer, this);
    this.rcvWndShift = windowShift(options.receiveBufferBytes());
    this.peerMss = family.defaultMss();
  }

  /** RFC 7323 2.3. */
  static final int MAX_WINDOW_SHIFT = 14;

  /** A unit of the largest scale; with a smaller one, some hundred ACKs' worth of rounding. */
  private static final int ROUNDING_BYTES = 1 << MAX_WINDOW_SHIFT;

  /** What the header's window field holds. */
  static final int MAX_UNSCALED_WINDOW = 65_535;

  /** The least scale with which 16 bits tell of {@code bytes} (RFC 7323 2.3). */
  private static int windowShift(int bytes) {
    int shift = 0;
    while (shift < MAX_WINDOW_SHIFT && bytes >> shift > MAX_UNSCALED_WINDOW) {
      shift++;
    }
    return shift;
  }

  TcpState state() {
    return state;
  }

  /** The only mutator of the state. */
  void enter(TcpState next) {
    state = next;
  }

  /** ESTABLISHED or later: both sides' SYNs are acknowledged. */
  boolean isSynchronized() {
    return switch (state) {
      case CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED -> false;
      default -> true;
    };
  }

  /** Whether data or a FIN may be sent in this state. */
  boolean maySend() {
    return switch (state) {
      case ESTABLISHED, CLOSE_WAIT, FIN_WAIT_1, CLOSING, LAST_ACK -> true;
      default -> false;
    };
  }

  /** Whether text that arrives is taken (RFC 9293 3.10.7.4, seventh step). */
  boolean mayReceive() {
    return switch (state) {
      case ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2 -> true;
      default -> false;
    };
  }

  boolean isFinAcked() {
    return isFinQueued && Seq.gt(sndUna, finSeq);
  }

  /** Sequence numbers sent and not acknowledged. */
  long flight() {
    return Integer.toUnsignedLong(sndMax - sndUna);
  }

  /** The sequence number of the stream's {@code position}; position 0 follows the SYN. */
  int seqOf(long position) {
    return iss + 1 + (int) position;
  }

  /** The stream's position of {@code seq}, which lies at or after SND.UNA's. */
  long positionOf(int seq) {
    return sendBuffer.una() + (seq - seqOf(sendBuffer.una()));
  }

  /**
   * Largest text that we send in a segment: what the peer, our own limit and the path allow, less
   * options (RFC 9293 3.7.1, RFC 6691).
   */
  int effSndMss() {
    int pathMss = path.mtu() - family.headerLength() - TcpHeader.HEADER_LENGTH;
    int most = Math.min(Math.min(peerMss, ourMss), pathMss);
    return Math.max(1, most - (hasTimestamps ? SegmentWriter.TIMESTAMPS_BYTES : 0));
  }

  /** RFC 6928 2 in segments of ours; one segment after the loss of a SYN (RFC 5681 3.1). */
  int initialWindowBytes() {
    return wasSynRetransmitted ? effSndMss() : options.initialWindowSegments() * effSndMss();
  }

  /** The window that the peer may still use: RCV.WND. */
  int rcvWnd() {
    return rcvAdv - rcvNxt;
  }

  /**
   * The window that could be offered: the buffer less what waits to be read, as far as 16 scaled
   * bits can tell.
   */
  int possibleWindow() {
    int free = Math.max(0, options.receiveBufferBytes() - receiveBuffer.readableBytes());
    return Math.min(free, MAX_UNSCALED_WINDOW << rcvWndShift);
  }

  /**
   * Bytes from RCV.NXT on that are taken at most: the buffer, and what rounding the window costs.
   */
  int receiveMemory() {
    int rounding = rcvWndShift == 0 ? 0 : ROUNDING_BYTES;
    return options.receiveBufferBytes() + rounding - receiveBuffer.readableBytes();
  }

  /**
   * The least by which the window is opened (RFC 9293 3.8.6.2.2): a segment, or half of a small
   * buffer.
   */
  int leastWindowGain() {
    return Math.min(options.receiveBufferBytes() / 2, effSndMss());
  }

  /** The invariants of the design's section 6, for an assertion at the end of each turn. */
  boolean isConsistent() {
    boolean hasWork = sndUna != sndMax || sendBuffer.una() != sendBuffer.end();
    return Seq.leq(sndUna, sndNxt)
        && Seq.leq(sndNxt, sndMax)
        && Seq.leq(rcvNxt, rcvAdv)
        && (!maySend() || !hasWork || retransmitTimer.isArmed());
  }
}
