package dev.tapstack.ip;

/** What an ICMP error says, in the words of both families (RFC 792, RFC 1122 3.2.2, RFC 4443). */
public enum IcmpError {
  NET_UNREACHABLE,
  HOST_UNREACHABLE,
  PROTOCOL_UNREACHABLE,
  PORT_UNREACHABLE,
  /** Larger than a link and not to be fragmented; the MTU comes with it (RFC 1191). */
  TOO_BIG,
  /** Communication administratively prohibited (RFC 1812 5.2.7.1). */
  PROHIBITED,
  TTL_EXCEEDED,
  REASSEMBLY_EXCEEDED,
  PARAMETER_PROBLEM
}
