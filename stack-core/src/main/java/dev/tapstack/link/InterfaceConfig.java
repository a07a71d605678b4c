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
 * @param options what else it is to do
 */
public record InterfaceConfig(
    int index, MacAddress mac, List<IpPrefix> addresses, InterfaceOptions options) {
  public InterfaceConfig {
    if (MacAddress.isGroup(mac.bits())) {
      throw new IllegalArgumentException(mac + " is a group address, no interface can have it");
    }
    addresses = List.copyOf(addresses);
  }

  /** An interface without options: it uses its addresses at once. */
  public InterfaceConfig(int index, MacAddress mac, List<IpPrefix> addresses) {
    this(index, mac, addresses, InterfaceOptions.NONE);
  }
}
