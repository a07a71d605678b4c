package dev.tapstack.ip.v4;

/** What ICMP counts besides drops. */
public enum IcmpCounter {
  ECHO_REQUESTS_RECEIVED,
  ECHO_REPLIES_SENT,
  /** Errors received and believed by a transport. */
  ERRORS_RECEIVED,
  ERRORS_SENT,
  /** Of the errors sent. */
  REDIRECTS_SENT,
  /** Errors not sent: the bucket was empty. */
  ERRORS_RATE_LIMITED
}
