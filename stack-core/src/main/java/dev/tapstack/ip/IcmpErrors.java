package dev.tapstack.ip;

import dev.tapstack.packet.Packet;

/**
 * Sends ICMP errors about packets that came from the wire. Implemented by each family's ICMP; it
 * decides whether an error may be sent at all (RFC 1122 3.2.2: never about errors, groups, later
 * fragments) and at which rate.
 */
@FunctionalInterface
public interface IcmpErrors {
  /**
   * Reports {@code kind} to the source of {@code packet}. The packet is only read and stays the
   * caller's: drop it afterwards.
   *
   * @param info the next hop's MTU for {@link IcmpError#TOO_BIG}, the offending octet for {@link
   *     IcmpError#PARAMETER_PROBLEM}, else 0
   */
  void report(IcmpError kind, Packet packet, int info);
}
