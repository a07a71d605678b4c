package dev.tapstack.tap;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;

/**
 * The IPv4 subnets that the kernel of this machine has addresses in, and whether a stack's address
 * gets in their way. Any thread.
 */
public final class HostSubnets {
  private HostSubnets() {}

  /**
   * A subnet of the kernel's.
   *
   * @param interfaceName the interface that has it
   * @param prefix the kernel's address there, with the subnet
   */
  public record Subnet(String interfaceName, IpPrefix prefix) {}

  /** All of them in {@code namespace}, in the kernel's order. */
  public static List<Subnet> in(NetworkNamespace namespace) {
    return namespace.call(HostSubnets::here);
  }

  static List<Subnet> here() {
    List<Subnet> subnets = new ArrayList<>();
    try {
      for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
        for (InterfaceAddress address : each.getInterfaceAddresses()) {
          IpAddress ip = IpAddress.of(address.getAddress());
          // The JDK reads IPv6 addresses from /proc/net, which is not this thread's namespace.
          if (ip.isV4()) {
            subnets.add(
                new Subnet(each.getName(), new IpPrefix(ip, address.getNetworkPrefixLength())));
          }
        }
      }
    } catch (SocketException e) {
      // What the JDK throws where nothing has an address: a namespace whose lo is still down.
      if ("No network interfaces configured".equals(e.getMessage())) {
        return List.of();
      }
      throw new TapException("cannot list this machine's addresses: " + e.getMessage(), e);
    }
    return subnets;
  }

  /**
   * Refuses an address for the stack behind {@code tap} whose subnet shares addresses with one that
   * the kernel has elsewhere in {@code namespace}, or that the kernel's end has itself.
   *
   * @throws TapException naming both
   */
  public static void checkFree(NetworkNamespace namespace, String tap, IpPrefix address) {
    checkFree(new TapConfig(tap, namespace, 0, null), address);
  }

  /** The same; the kernel's end may be the bridge that the TAP is to be on. */
  public static void checkFree(TapConfig config, IpPrefix address) {
    for (Subnet subnet : in(config.namespace())) {
      String name = subnet.interfaceName();
      if (name.equals(config.name()) || name.equals(config.bridge())) {
        if (subnet.prefix().address().equals(address.address())) {
          throw new TapException(
              address.address()
                  + " is the kernel's own address on "
                  + name
                  + ": choose another of that subnet for the stack");
        }
      } else if (subnet.prefix().overlaps(address)) {
        throw new TapException(
            address
                + " collides with "
                + subnet.prefix()
                + " of "
                + subnet.interfaceName()
                + ": choose an address in a subnet that this machine does not use");
      }
    }
  }
}
