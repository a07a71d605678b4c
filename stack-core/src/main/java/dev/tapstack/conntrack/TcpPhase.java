package dev.tapstack.conntrack;

/** How far one sender of a TCP connection has got, as seen from the middle. In their order. */
enum TcpPhase {
  /** Has sent no SYN. */
  NOTHING,
  SYN_SENT,
  /** Its SYN was acknowledged. */
  ESTABLISHED,
  FIN_SENT,
  /** Its FIN was acknowledged. */
  FIN_ACKED
}
