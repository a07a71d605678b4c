package dev.tapstack.apps.cli;

import dev.tapstack.StackConfig;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code tapstack serve} was asked for, checked as far as that can be done without looking at
 * the machine.
 *
 * @param tap the device
 * @param address the stack's address with its subnet
 * @param hostAddress address of the kernel's end, or null to leave that alone
 * @param gateway where packets for other subnets go, or null
 * @param mac the stack's MAC address, or null for {@link StackConfig#macFor} the TAP and the
 *     address
 * @param mtu MTU in bytes, 0 for the device's
 * @param services what listens
 * @param pcap file for a capture, {@code -} for standard output, or null
 * @param readyFd descriptor for the ready line, or -1
 * @param verbosity 0, 1 (connections) or 2 (frames)
 */
record ServeConfig(
    TapName tap,
    IpPrefix address,
    @Nullable IpPrefix hostAddress,
    @Nullable Ipv4Address gateway,
    @Nullable MacAddress mac,
    int mtu,
    Services services,
    @Nullable String pcap,
    int readyFd,
    int verbosity) {
  /** {@link #pcap} for standard output. */
  static final String STANDARD_OUTPUT = "-";

  /** Refuses, as {@link IllegalArgumentException}, what contradicts itself. */
  ServeConfig {
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

  /** The stack's MAC address: the one that was asked for, or one drawn from names. */
  MacAddress stackMac() {
    return mac != null ? mac : StackConfig.macFor(tap.name(), address.address());
  }

  boolean capturesToStandardOutput() {
    return STANDARD_OUTPUT.equals(pcap);
  }

  /**
   * Which services listen.
   *
   * @param http web servers
   * @param echo port of the echo service (RFC 862, TCP and UDP), or null
   * @param discard port of the discard service (RFC 863, TCP and UDP), or null
   * @param chargen port of the character generator (RFC 864, TCP), or null
   */
  record Services(
      List<HttpSite> http, @Nullable Port echo, @Nullable Port discard, @Nullable Port chargen) {
    /** RFC 9110 4.2.1, RFC 862, RFC 863, RFC 864. */
    private static final Services ALL =
        new Services(
            List.of(new HttpSite(new Port(80), null)), new Port(7), new Port(9), new Port(19));

    /** Refuses, as {@link IllegalArgumentException}, a port that is given twice. */
    Services {
      List<Port> ports = new ArrayList<>();
      http.forEach(site -> ports.add(site.port()));
      for (Port port : new @Nullable Port[] {echo, discard, chargen}) {
        if (port != null) {
          ports.add(port);
        }
      }
      for (Port port : ports) {
        if (ports.indexOf(port) != ports.lastIndexOf(port)) {
          throw new IllegalArgumentException(
              "port " + port.number() + " is given to two services: choose another for one");
        }
      }
    }

    /** These, or all of them on their own ports if none was asked for. */
    Services orAll() {
      return http.isEmpty() && echo == null && discard == null && chargen == null ? ALL : this;
    }

    @Override
    public String toString() {
      List<String> parts = new ArrayList<>();
      for (HttpSite site : http) {
        parts.add(
            "http "
                + site.port().number()
                + (site.directory() == null ? "" : "=" + site.directory()));
      }
      if (echo != null) {
        parts.add("echo " + echo.number());
      }
      if (discard != null) {
        parts.add("discard " + discard.number());
      }
      if (chargen != null) {
        parts.add("chargen " + chargen.number());
      }
      return String.join(", ", parts);
    }
  }
}
