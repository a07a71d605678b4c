package dev.tapstack.tcp.cc;

/**
 * How much may be in flight (RFC 5681). One instance for each connection; the loop's thread only.
 * All amounts are bytes.
 */
public interface CongestionControl {
  /** The algorithm's name, as shown in tables. */
  String name();

  /** Congestion window. */
  long cwnd();

  /** Slow start threshold; {@link Long#MAX_VALUE} at first. */
  long ssthresh();

  /** The path can carry data: the initial window, for segments of {@code smss} bytes. */
  void open(int smss, int initialWindowBytes);

  /**
   * New data was acknowledged outside of recovery.
   *
   * @param acked bytes newly acknowledged
   * @param flight bytes that were in flight before this acknowledgment
   */
  void acked(long acked, long flight, int smss);

  /** Three duplicate ACKs: recovery begins with the window halved (RFC 5681 3.2, step 2 and 3). */
  void enterRecovery(long flight, int smss);

  /**
   * A further duplicate ACK in recovery: another segment has left the network (RFC 5681 3.2, step
   * 4).
   */
  void duplicateAck(int smss);

  /** A partial acknowledgment in recovery (RFC 6582 3.2, step 3). */
  void partialAck(long acked, int smss);

  /**
   * All that was in flight when recovery began is acknowledged (RFC 6582 3.2, step 3, full
   * acknowledgments).
   */
  void exitRecovery(long flight, int smss);

  /**
   * The retransmission timer expired (RFC 5681 3.1).
   *
   * @param isFirst whether the segment had not timed out before: only then the threshold falls
   */
  void timeout(long flight, int smss, boolean isFirst);

  /** Nothing was sent for longer than a retransmission timeout (RFC 5681 4.1). */
  void idle(int initialWindowBytes);
}
