package dev.tapstack.socket;

/** The states of a connection, RFC 9293 3.3.2. */
public enum TcpState {
  CLOSED,
  LISTEN,
  SYN_SENT,
  SYN_RECEIVED,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  CLOSE_WAIT,
  CLOSING,
  LAST_ACK,
  TIME_WAIT;

  /** The RFC's spelling: SYN-RECEIVED. */
  @Override
  public String toString() {
    return name().replace('_', '-');
  }
}
