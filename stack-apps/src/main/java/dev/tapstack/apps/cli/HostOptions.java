package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that runs a stack: on which TAP, and as which host. */
final class HostOptions {
  @Option(
      names = "--tap",
      required = true,
      paramLabel = "NAME[@NETNS]",
      description =
          "The TAP, in a network namespace of ip-netns if one is named. One that does not exist is"
              + " created, and gone again at the end; an existing one is left as it is.")
  private TapName tap;

  @Option(
      names = "--address",
      required = true,
      paramLabel = "CIDR",
      description = "The stack's address with its subnet, as 192.168.77.2/24.")
  private IpPrefix address;

  @Option(
      names = "--bridge",
      paramLabel = "NAME",
      description =
          "Puts the TAP on this Linux bridge, in the TAP's network namespace, until the end.")
  private @Nullable String bridge;

  @Option(
      names = "--host-address",
      paramLabel = "CIDR",
      description = "Gives the kernel's end of the TAP this address.")
  private @Nullable IpPrefix hostAddress;

  @Option(
      names = "--gateway",
      paramLabel = "IP",
      description = "Where packets for other subnets go.")
  private @Nullable Ipv4Address gateway;

  @Option(
      names = "--mac",
      paramLabel = "MAC",
      description = "The stack's MAC address; by default drawn from the TAP's name and --address.")
  private @Nullable MacAddress mac;

  @Option(names = "--mtu", paramLabel = "BYTES", description = "MTU; by default the TAP's.")
  private int mtu;

  @Option(
      names = "--probe",
      description =
          "Asks the network first if somebody else has the address (RFC 5227), which takes 4 to 7"
              + " seconds.")
  private boolean probe;

  @Option(
      names = "--pcap",
      paramLabel = "FILE",
      description = "Writes every frame, both ways, as a .pcap file; - for standard output.")
  private @Nullable String pcap;

  @Option(
      names = "--no-offload",
      description = "Plain frames, whatever the device can do (there is no offload yet).")
  @SuppressWarnings("UnusedVariable") // there is nothing to switch off yet
  private boolean noOffload;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  HostOptions() {}

  /**
   * What was asked for.
   *
   * @throws IllegalArgumentException if it contradicts itself
   */
  HostConfig config(int verbosity) {
    return new HostConfig(
        tap, address, bridge, hostAddress, gateway, mac, mtu, probe, pcap, verbosity);
  }
}
