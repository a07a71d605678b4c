package dev.tapstack.udp;

/** What UDP counts besides drops; after the UDP group of RFC 4113. */
enum UdpCounter {
  /** Datagrams put into a socket's queue. */
  RECEIVED,
  SENT,
  /** Datagrams that a socket could not send: no way there, or too large. */
  NOT_SENT,
  /** Errors given to the socket that had sent what they are about. */
  ERRORS_RECEIVED
}
