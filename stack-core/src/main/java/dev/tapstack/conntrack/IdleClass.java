package dev.tapstack.conntrack;

/** Flows that may be idle equally long; {@link ConntrackConfig} says how long. */
enum IdleClass {
  TCP_ESTABLISHED,
  TCP_TRANSITORY,
  UDP,
  ICMP,
  OTHER
}
