package dev.tapstack.conntrack;

/** Flows that may be idle equally long; {@link ConntrackConfig} says how long. */
public enum IdleClass {
  /** An open TCP connection; half-closed is open (RFC 5382 REQ-5). */
  TCP_ESTABLISHED,
  /** One that opens, after both FINs, and after a RST (RFC 5382 REQ-5). */
  TCP_TRANSITORY,
  /** 2 minutes at least (RFC 4787 REQ-5). */
  UDP,
  /** An ICMP query that waits for more of its identifier (RFC 5508 REQ-2). */
  ICMP,
  /** A pair of addresses that speak another protocol. */
  OTHER
}
