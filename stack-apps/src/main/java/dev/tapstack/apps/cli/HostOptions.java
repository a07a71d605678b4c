package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.apps.cli.docker.DockerException;
import dev.tapstack.apps.cli.docker.DockerNetwork;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that runs a stack: on which TAP, and as which host. */
final class HostOptions {
  /** Of a Docker network: so many stacks that the engine does not know may have the others. */
  private static final int MAX_TRIED_ADDRESSES = 16;

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
      paramLabel = "CIDR",
      description =
          "The stack's address with its subnet, as 192.168.77.2/24. On a Docker network it may be"
              + " left out: one that is free is taken from the top of the range.")
  private @Nullable IpPrefix address;

  @Option(
      names = "--bridge",
      paramLabel = "NAME",
      description =
          "Puts the TAP on a bridge until the end: "
              + BridgeTarget.EXPLAINED
              + ". There the address is probed, and the network's gateway is used, unless told"
              + " otherwise.")
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
      negatable = true,
      description =
          "Asks the network first if somebody else has the address (RFC 5227), which takes 4 to 7"
              + " seconds.")
  private @Nullable Boolean probe;

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
   * What was asked for; a Docker network is asked of its engine.
   *
   * @throws IllegalArgumentException if it contradicts itself
   * @throws CommandException if there is no such bridge
   * @throws DockerException if the address is not to be had on that Docker network
   */
  HostConfig config(int verbosity) {
    if (hostAddress != null && bridge != null) {
      throw new IllegalArgumentException(
          "--host-address is for a TAP that is on no bridge: give it to the bridge, with"
              + " 'ip address add %s dev %s'".formatted(hostAddress, bridge));
    }
    BridgeTarget on = bridge == null ? null : BridgeTarget.find(bridge, tap.namespace());
    DockerNetwork network = on == null ? null : on.network();
    return new HostConfig(
        tap,
        addresses(network),
        on == null ? null : on.bridge(),
        hostAddress,
        gateway != null || on == null ? gateway : on.gateway(tap.namespace()),
        mac,
        mtu,
        probe != null ? probe : network != null,
        pcap,
        verbosity);
  }

  private List<IpPrefix> addresses(@Nullable DockerNetwork network) {
    IpPrefix wanted = address;
    if (wanted == null) {
      if (network == null) {
        throw new IllegalArgumentException("Missing required option: '--address=CIDR'");
      }
      return network.freeAddresses(MAX_TRIED_ADDRESSES);
    }
    if (network != null) {
      network.checkFree(wanted);
    }
    return List.of(wanted);
  }
}
