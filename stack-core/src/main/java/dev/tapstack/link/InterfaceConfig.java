package dev.tapstack.link;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.MacAddress;
import java.util.List;

/**
 * What an interface is given by its stack.
 *
 * @param index its number in the stack, from 0
 * @param mac its link address; {@link MacAddress#ZERO} for loopback
 * @param addresses its addresses with their subnets, the primary first; none for one that only
 *     listens
 * @param probesAddresses whether it asks the link, each time it comes up, if somebody else has one
 *     of the addresses, and uses them only 4 to 7 seconds later (RFC 5227 2.1.1)
 */
public record InterfaceConfig(
    int index, MacAddress mac, List<IpPrefix> addresses, boolean probesAddresses) {
  public InterfaceConfig {
    if (MacAddress.isGroup(mac.bits())) {
      throw new IllegalArgumentException(mac + " is a group address, no interface can have it");
    }
    addresses = List.copyOf(addresses);
  }

  /** An interface that uses its addresses at once. */
  public InterfaceConfig(int index, MacAddress mac, List<IpPrefix> addresses) {
    this(index, mac, addresses, false);
  }
}
