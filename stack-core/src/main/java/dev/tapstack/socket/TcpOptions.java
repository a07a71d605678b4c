package dev.tapstack.socket;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * How a connection or a listener behaves. Immutable: start from {@link #DEFAULTS} and use the
 * {@code with} methods, which give a changed copy. Any thread.
 */
public final class TcpOptions {
  /** The defaults; each is explained at its accessor. */
  public static final TcpOptions DEFAULTS = new TcpOptions();

  // Changed only in a copy that nobody else has seen yet: see with().
  private boolean noDelay = false;
  private int sendBufferBytes = 4 << 20;
  private int receiveBufferBytes = 4 << 20;
  private int maxSegmentBytes = 0;
  private boolean timestamps = true;
  private boolean windowScaling = true;
  private Duration minRto = Duration.ofMillis(200);
  private Duration delayedAck = Duration.ofMillis(40);
  private Duration timeWait = Duration.ofSeconds(60);
  private Duration finWait2 = Duration.ofSeconds(60);
  private int synRetries = 7;
  private int dataRetries = 15;
  private boolean keepalive = false;
  private Duration keepaliveIdle = Duration.ofSeconds(7200);
  private Duration keepaliveInterval = Duration.ofSeconds(75);
  private int keepaliveProbes = 9;
  private Duration connectTimeout = Duration.ZERO;
  private Duration userTimeout = Duration.ZERO;
  private int initialWindowSegments = 10;
  private int synQueue = 1024;
  private int acceptQueue = 1024;

  private TcpOptions() {}

  private TcpOptions(TcpOptions other) {
    noDelay = other.noDelay;
    sendBufferBytes = other.sendBufferBytes;
    receiveBufferBytes = other.receiveBufferBytes;
    maxSegmentBytes = other.maxSegmentBytes;
    timestamps = other.timestamps;
    windowScaling = other.windowScaling;
    minRto = other.minRto;
    delayedAck = other.delayedAck;
    timeWait = other.timeWait;
    finWait2 = other.finWait2;
    synRetries = other.synRetries;
    dataRetries = other.dataRetries;
    connectTimeout = other.connectTimeout;
    userTimeout = other.userTimeout;
    keepalive = other.keepalive;
    keepaliveIdle = other.keepaliveIdle;
    keepaliveInterval = other.keepaliveInterval;
    keepaliveProbes = other.keepaliveProbes;
    initialWindowSegments = other.initialWindowSegments;
    synQueue = other.synQueue;
    acceptQueue = other.acceptQueue;
  }

  private TcpOptions with(Consumer<TcpOptions> change) {
    TcpOptions copy = new TcpOptions(this);
    change.accept(copy);
    return copy;
  }

  private static int atLeast(int least, int value, String name) {
    if (value < least) {
      throw new IllegalArgumentException(name + " " + value + " is less than " + least);
    }
    return value;
  }

  private static Duration notNegative(Duration value, String name) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(name + " " + value + " is negative");
    }
    return value;
  }

  private static Duration positive(Duration value, String name) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + " " + value + " is not positive");
    }
    return value;
  }

  /** No Nagle (RFC 9293 3.7.4). Default false. */
  public boolean noDelay() {
    return noDelay;
  }

  /** A copy with another {@link #noDelay}. */
  public TcpOptions withNoDelay(boolean noDelay) {
    return with(copy -> copy.noDelay = noDelay);
  }

  /** Bytes that writes may queue, unacknowledged ones included. Default 4 MB. */
  public int sendBufferBytes() {
    return sendBufferBytes;
  }

  /** A copy with another {@link #sendBufferBytes}. */
  public TcpOptions withSendBufferBytes(int sendBufferBytes) {
    return with(copy -> copy.sendBufferBytes = atLeast(1, sendBufferBytes, "sendBufferBytes"));
  }

  /**
   * Bytes offered to the peer as window, which is also what is held for the application. Default 4
   * MB.
   */
  public int receiveBufferBytes() {
    return receiveBufferBytes;
  }

  /** A copy with another {@link #receiveBufferBytes}. */
  public TcpOptions withReceiveBufferBytes(int receiveBufferBytes) {
    return with(
        copy -> copy.receiveBufferBytes = atLeast(1, receiveBufferBytes, "receiveBufferBytes"));
  }

  /** MSS that is offered at most; 0, the default, for what the interface's MTU allows. */
  public int maxSegmentBytes() {
    return maxSegmentBytes;
  }

  /** A copy with another {@link #maxSegmentBytes}. */
  public TcpOptions withMaxSegmentBytes(int maxSegmentBytes) {
    return with(copy -> copy.maxSegmentBytes = atLeast(0, maxSegmentBytes, "maxSegmentBytes"));
  }

  /** Offer timestamps (RFC 7323). Default true. */
  public boolean timestamps() {
    return timestamps;
  }

  /** A copy with another {@link #timestamps}. */
  public TcpOptions withTimestamps(boolean timestamps) {
    return with(copy -> copy.timestamps = timestamps);
  }

  /** Offer window scaling (RFC 7323). Default true. */
  public boolean windowScaling() {
    return windowScaling;
  }

  /** A copy with another {@link #windowScaling}. */
  public TcpOptions withWindowScaling(boolean windowScaling) {
    return with(copy -> copy.windowScaling = windowScaling);
  }

  /**
   * Lower bound of the retransmission timeout. Default 200 ms, as on Linux; RFC 6298 2.4 says 1 s.
   */
  public Duration minRto() {
    return minRto;
  }

  /** A copy with another {@link #minRto}. */
  public TcpOptions withMinRto(Duration minRto) {
    return with(copy -> copy.minRto = notNegative(minRto, "minRto"));
  }

  /**
   * Longest wait before in-order data is acknowledged (RFC 9293 3.8.6.3: below 0.5 s). Default 40
   * ms, Linux's TCP_DELACK_MIN.
   */
  public Duration delayedAck() {
    return delayedAck;
  }

  /** A copy with another {@link #delayedAck}. */
  public TcpOptions withDelayedAck(Duration delayedAck) {
    return with(copy -> copy.delayedAck = notNegative(delayedAck, "delayedAck"));
  }

  /** How long TIME-WAIT lasts. Default 60 s, as on Linux; RFC 9293 3.4.2 says 2 MSL. */
  public Duration timeWait() {
    return timeWait;
  }

  /** A copy with another {@link #timeWait}. */
  public TcpOptions withTimeWait(Duration timeWait) {
    return with(copy -> copy.timeWait = notNegative(timeWait, "timeWait"));
  }

  /** How long FIN-WAIT-2 lasts once the application has closed. Default 60 s, as on Linux. */
  public Duration finWait2() {
    return finWait2;
  }

  /** A copy with another {@link #finWait2}. */
  public TcpOptions withFinWait2(Duration finWait2) {
    return with(copy -> copy.finWait2 = notNegative(finWait2, "finWait2"));
  }

  /**
   * SYN and SYN-ACK retransmissions before giving up. Default 7: with a first timeout of 1 s more
   * than 3 minutes (RFC 9293 MUST-23).
   */
  public int synRetries() {
    return synRetries;
  }

  /** A copy with another {@link #synRetries}. */
  public TcpOptions withSynRetries(int synRetries) {
    return with(copy -> copy.synRetries = atLeast(0, synRetries, "synRetries"));
  }

  /**
   * Retransmissions of data before giving up: R2 (RFC 9293 3.8.3). Default 15, as on Linux; with
   * the timeout's bound of 60 s that is 522 s at least.
   */
  public int dataRetries() {
    return dataRetries;
  }

  /** A copy with another {@link #dataRetries}. */
  public TcpOptions withDataRetries(int dataRetries) {
    return with(copy -> copy.dataRetries = atLeast(0, dataRetries, "dataRetries"));
  }

  /**
   * How long {@code connect} waits for the peer at most, however many retransmissions are left; 0,
   * the default, for as long as {@link #synRetries} says.
   */
  public Duration connectTimeout() {
    return connectTimeout;
  }

  /** A copy with another {@link #connectTimeout}. */
  public TcpOptions withConnectTimeout(Duration connectTimeout) {
    return with(copy -> copy.connectTimeout = notNegative(connectTimeout, "connectTimeout"));
  }

  /**
   * The user timeout (RFC 9293 3.8.3): how long data may be unacknowledged by a silent peer at
   * most, however many retransmissions are left; 0, the default, for as long as {@link
   * #dataRetries} says. A peer that answers with a closed window is not silent (MUST-36).
   */
  public Duration userTimeout() {
    return userTimeout;
  }

  /** A copy with another {@link #userTimeout}. */
  public TcpOptions withUserTimeout(Duration userTimeout) {
    return with(copy -> copy.userTimeout = notNegative(userTimeout, "userTimeout"));
  }

  /**
   * Whether a connection that is idle is asked now and then whether its peer is still there (RFC
   * 9293 3.8.4). Default false (MUST-25).
   */
  public boolean keepalive() {
    return keepalive;
  }

  /** A copy with another {@link #keepalive}. */
  public TcpOptions withKeepalive(boolean keepalive) {
    return with(copy -> copy.keepalive = keepalive);
  }

  /** How long the peer is silent before the first keep-alive. Default 7,200 s (MUST-28). */
  public Duration keepaliveIdle() {
    return keepaliveIdle;
  }

  /** A copy with another {@link #keepaliveIdle}. */
  public TcpOptions withKeepaliveIdle(Duration keepaliveIdle) {
    return with(copy -> copy.keepaliveIdle = positive(keepaliveIdle, "keepaliveIdle"));
  }

  /** From one unanswered keep-alive to the next. Default 75 s, as on Linux. */
  public Duration keepaliveInterval() {
    return keepaliveInterval;
  }

  /** A copy with another {@link #keepaliveInterval}. */
  public TcpOptions withKeepaliveInterval(Duration keepaliveInterval) {
    return with(copy -> copy.keepaliveInterval = positive(keepaliveInterval, "keepaliveInterval"));
  }

  /** Unanswered keep-alives after which the connection is over. Default 9, as on Linux. */
  public int keepaliveProbes() {
    return keepaliveProbes;
  }

  /** A copy with another {@link #keepaliveProbes}. */
  public TcpOptions withKeepaliveProbes(int keepaliveProbes) {
    return with(copy -> copy.keepaliveProbes = atLeast(1, keepaliveProbes, "keepaliveProbes"));
  }

  /** Initial congestion window in segments. Default 10 (RFC 6928). */
  public int initialWindowSegments() {
    return initialWindowSegments;
  }

  /** A copy with another {@link #initialWindowSegments}. */
  public TcpOptions withInitialWindowSegments(int initialWindowSegments) {
    return with(copy ->
        copy.initialWindowSegments = atLeast(1, initialWindowSegments, "initialWindowSegments"));
  }

  /** Half-open connections of a listener; the oldest goes when there are more. Default 1,024. */
  public int synQueue() {
    return synQueue;
  }

  /** A copy with another {@link #synQueue}. */
  public TcpOptions withSynQueue(int synQueue) {
    return with(copy -> copy.synQueue = atLeast(1, synQueue, "synQueue"));
  }

  /** Connections that wait for the application. Default 1,024. */
  public int acceptQueue() {
    return acceptQueue;
  }

  /** A copy with another {@link #acceptQueue}. */
  public TcpOptions withAcceptQueue(int acceptQueue) {
    return with(copy -> copy.acceptQueue = atLeast(1, acceptQueue, "acceptQueue"));
  }
}
