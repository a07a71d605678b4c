package dev.tapstack.apps.cli;

import dev.tapstack.StackConfig;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The host that a command was asked to be, checked as far as that can be done without looking at
 * the machine.
 *
 * @param tap the device
 * @param addresses the stack's address with its subnet, then those that are tried when somebody has
 *     it
 * @param bridge the Linux bridge that the device is put on, or null
 * @param hostAddress address of the kernel's end, or null to leave that alone
 * @param gateway where packets for other subnets go, or null
 * @param mac the stack's MAC address, or null for {@link StackConfig#macFor} the TAP and the
 *     address
 * @param mtu MTU in bytes, 0 for the device's
 * @param probes whether it is asked first if somebody else has the address
 * @param pcap file for a capture, {@code -} for standard output, or null
 * @param verbosity 0, 1 (connections) or 2 (frames)
 */
record HostConfig(
    TapName tap,
    List<IpPrefix> addresses,
    @Nullable String bridge,
    @Nullable IpPrefix hostAddress,
    @Nullable Ipv4Address gateway,
    @Nullable MacAddress mac,
    int mtu,
    boolean probes,
    @Nullable String pcap,
    int verbosity) {
  /** {@link #pcap} for standard output. */
  static final String STANDARD_OUTPUT = "-";

  /** Refuses, as {@link IllegalArgumentException}, what contradicts itself. */
  HostConfig {
    addresses = List.copyOf(addresses);
    IpPrefix address = addresses.get(0);
    if (hostAddress != null && !address.contains(hostAddress.address())) {
      throw new IllegalArgumentException(
          "--host-address " + hostAddress + " is not in the subnet of --address " + address);
    }
    if (hostAddress != null && hostAddress.address().equals(address.address())) {
      throw new IllegalArgumentException(
          "--host-address is the stack's own: give the kernel's end another one of that subnet");
    }
    if (gateway != null && (!address.contains(gateway) || gateway.equals(address.address()))) {
      throw new IllegalArgumentException(
          "--gateway " + gateway + " is no neighbour: take another address within " + address);
    }
    if (mac != null && (mac.equals(MacAddress.ZERO) || MacAddress.isGroup(mac.bits()))) {
      throw new IllegalArgumentException(
          "--mac " + mac + " is no single host's: the first octet must be even, as in 02:...");
    }
  }

  /** The stack's address with its subnet. */
  IpPrefix address() {
    return addresses.get(0);
  }

  /** The same with the next of the addresses, or null if this is the last. */
  @Nullable HostConfig withNextAddress() {
    return addresses.size() == 1
        ? null
        : new HostConfig(
            tap,
            addresses.subList(1, addresses.size()),
            bridge,
            hostAddress,
            gateway,
            mac,
            mtu,
            probes,
            pcap,
            verbosity);
  }

  /** The stack's MAC address: the one that was asked for, or one drawn from names. */
  MacAddress stackMac() {
    return mac != null ? mac : StackConfig.macFor(tap.name(), address().address());
  }

  boolean capturesToStandardOutput() {
    return STANDARD_OUTPUT.equals(pcap);
  }
}
