package dev.tapstack.socket;

import java.time.Duration;

/**
 * How a connection or a listener behaves. Immutable: start from {@link #DEFAULTS} and use the
 * {@code with} methods.
 *
 * @param noDelay no Nagle (RFC 9293 3.7.4)
 * @param sendBufferBytes bytes that writes may queue, unacknowledged ones included
 * @param receiveBufferBytes bytes offered to the peer as window; also what is held for the
 *     application
 * @param maxSegmentBytes MSS that is offered at most; 0 for what the interface's MTU allows
 * @param timestamps offer timestamps (RFC 7323)
 * @param windowScaling offer window scaling (RFC 7323)
 * @param minRto lower bound of the retransmission timeout. Default 200 ms, as on Linux; RFC 6298
 *     2.4 says 1 s
 * @param delayedAck longest wait before in-order data is acknowledged (RFC 9293 3.8.6.3: below 0.5
 *     s). Default 40 ms, Linux's TCP_DELACK_MIN
 * @param timeWait how long TIME-WAIT lasts. Default 60 s, as on Linux; RFC 9293 3.4.2 says 2 MSL
 * @param finWait2 how long FIN-WAIT-2 lasts once the application has closed. Default 60 s, as on
 *     Linux
 * @param synRetries SYN and SYN-ACK retransmissions before giving up. Default 7: with a first
 *     timeout of 1 s that is more than 3 minutes (RFC 9293 MUST-23)
 * @param dataRetries retransmissions of data before giving up: R2 (RFC 9293 3.8.3). Default 15, as
 *     on Linux
 * @param initialWindowSegments initial congestion window in segments (RFC 6928: 10)
 * @param synQueue half-open connections of a listener; the oldest goes when it is full
 * @param acceptQueue connections that wait for the application
 */
public record TcpOptions(
    boolean noDelay,
    int sendBufferBytes,
    int receiveBufferBytes,
    int maxSegmentBytes,
    boolean timestamps,
    boolean windowScaling,
    Duration minRto,
    Duration delayedAck,
    Duration timeWait,
    Duration finWait2,
    int synRetries,
    int dataRetries,
    int initialWindowSegments,
    int synQueue,
    int acceptQueue) {
  /** The defaults; each is explained at its component. */
  public static final TcpOptions DEFAULTS =
      new TcpOptions(
          false,
          4 << 20,
          4 << 20,
          0,
          true,
          true,
          Duration.ofMillis(200),
          Duration.ofMillis(40),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          7,
          15,
          10,
          1024,
          1024);

  public TcpOptions withNoDelay(boolean noDelay) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }

  public TcpOptions withSendBufferBytes(int sendBufferBytes) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }

  public TcpOptions withReceiveBufferBytes(int receiveBufferBytes) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }

  public TcpOptions withMaxSegmentBytes(int maxSegmentBytes) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }

  public TcpOptions withTimestamps(boolean timestamps) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }

  public TcpOptions withWindowScaling(boolean windowScaling) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }

  public TcpOptions withMinRto(Duration minRto) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }

  public TcpOptions withDelayedAck(Duration delayedAck) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }

  public TcpOptions withTimeWait(Duration timeWait) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }

  public TcpOptions withFinWait2(Duration finWait2) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }

  public TcpOptions withSynRetries(int synRetries) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }

  public TcpOptions withDataRetries(int dataRetries) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }

  public TcpOptions withInitialWindowSegments(int initialWindowSegments) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }

  public TcpOptions withSynQueue(int synQueue) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }

  public TcpOptions withAcceptQueue(int acceptQueue) {
    return new TcpOptions(
        noDelay,
        sendBufferBytes,
        receiveBufferBytes,
        maxSegmentBytes,
        timestamps,
        windowScaling,
        minRto,
        delayedAck,
        timeWait,
        finWait2,
        synRetries,
        dataRetries,
        initialWindowSegments,
        synQueue,
        acceptQueue);
  }
}
