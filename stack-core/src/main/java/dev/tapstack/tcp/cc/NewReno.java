package dev.tapstack.tcp.cc;

/**
 * Slow start, congestion avoidance and recovery of RFC 5681 with NewReno's partial acknowledgments
 * (RFC 6582) and growth by bytes acknowledged (RFC 3465).
 */
public final class NewReno implements CongestionControl {
  /** RFC 3465 2.2: L = 2 segments an ACK in slow start. */
  private static final int L = 2;

  private long cwnd;
  private long ssthresh = Long.MAX_VALUE;
  private long bytesAcked;
  private boolean isAfterTimeout;

  @Override
  public String name() {
    return "newreno";
  }

  @Override
  public long cwnd() {
    return cwnd;
  }

  @Override
  public long ssthresh() {
    return ssthresh;
  }

  @Override
  public void open(int smss, int initialWindowBytes) {
    cwnd = initialWindowBytes;
  }

  @Override
  public void acked(long acked, long flight, int smss) {
    if (cwnd < ssthresh) {
      // RFC 3465 2.3: after a timeout L is 1, as one ACK may cover much that was sent before.
      // A window that the application does not fill is no proof of the path (RFC 7661 4.4.2).
      if (flight * 2 > cwnd) {
        cwnd += Math.min(acked, isAfterTimeout ? smss : (long) L * smss);
      }
    } else {
      isAfterTimeout = false;
      if (flight + (long) L * smss >= cwnd) {
        bytesAcked += acked;
        if (bytesAcked >= cwnd) {
          bytesAcked -= cwnd;
          cwnd += smss;
        }
      }
    }
  }

  @Override
  public void enterRecovery(long flight, int smss) {
    ssthresh = Math.max(flight / 2, 2L * smss);
    cwnd = ssthresh + 3L * smss;
    bytesAcked = 0;
  }

  @Override
  public void duplicateAck(int smss) {
    cwnd += smss;
  }

  @Override
  public void partialAck(long acked, int smss) {
    cwnd = Math.max(cwnd - acked, 0);
    if (acked >= smss) {
      cwnd += smss;
    }
    cwnd = Math.max(cwnd, smss);
  }

  @Override
  public void exitRecovery(long flight, int smss) {
    cwnd = Math.min(ssthresh, Math.max(flight, smss) + smss);
    bytesAcked = 0;
  }

  @Override
  public void timeout(long flight, int smss, boolean isFirst) {
    if (isFirst) {
      ssthresh = Math.max(flight / 2, 2L * smss);
    }
    cwnd = smss; // the loss window, RFC 5681 3.1
    bytesAcked = 0;
    isAfterTimeout = true;
  }

  @Override
  public void idle(int initialWindowBytes) {
    cwnd = Math.min(cwnd, initialWindowBytes);
  }
}
