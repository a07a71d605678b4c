package dev.tapstack.socket;

/** Why a connection ended. */
public enum CloseReason {
  /** Both sides finished: FIN sent and acknowledged, FIN received. */
  NORMAL("closed"),
  /** The peer sent a RST. */
  RESET("Connection reset"),
  /** The peer refused the connection: RST in SYN-SENT. */
  REFUSED("Connection refused"),
  /** This side aborted: {@code abort}, linger 0, or data that came after close. */
  ABORTED("Connection aborted"),
  /** The peer stopped answering (RFC 9293 3.8.3). */
  TIMED_OUT("Connection timed out"),
  /** The peer stopped answering, and ICMP had said that the network is unreachable. */
  NET_UNREACHABLE("Network is unreachable"),
  /**
   * The peer stopped answering, and ICMP or the neighbour's silence had said that the host is
   * unreachable.
   */
  HOST_UNREACHABLE("No route to host"),
  /** ICMP said that the protocol or port is unreachable, in SYN-SENT. */
  PORT_UNREACHABLE("Connection refused"),
  /** The peer's FIN-WAIT-2 time ran out after this side had closed. */
  FIN_WAIT_TIMEOUT("closed"),
  /** The stack closed. */
  STACK_CLOSED("Stack closed");

  private final String text;

  CloseReason(String text) {
    this.text = text;
  }

  /** In the words that java.net's exceptions use. */
  public String text() {
    return text;
  }
}
