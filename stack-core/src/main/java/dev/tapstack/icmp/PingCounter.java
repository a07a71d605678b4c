package dev.tapstack.icmp;

/** What ping sockets count. */
enum PingCounter {
  REQUESTS_SENT,
  REPLIES_RECEIVED,
  ERRORS_RECEIVED,
  /** Requests that had no way, or were too large. */
  NOT_SENT
}
