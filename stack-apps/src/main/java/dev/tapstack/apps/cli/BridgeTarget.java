package dev.tapstack.apps.cli;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.apps.cli.docker.DockerEngine;
import dev.tapstack.apps.cli.docker.DockerException;
import dev.tapstack.apps.cli.docker.DockerNetwork;
import dev.tapstack.tap.HostSubnets;
import dev.tapstack.tap.NetworkNamespace;
import org.jspecify.annotations.Nullable;

/**
 * Where {@code --bridge NAME} puts a TAP.
 *
 * @param bridge the Linux bridge's name, in the TAP's namespace
 * @param network the Docker network whose bridge it is, if it was named by that; else null
 */
record BridgeTarget(String bridge, @Nullable DockerNetwork network) {
  /** What {@code --help} says of NAME. */
  static final String EXPLAINED = "a Linux bridge in the TAP's namespace, or a Docker network";

  /**
   * The Linux bridge {@code name} if {@code namespace} has an interface of that name, else the
   * Docker network {@code name}. May block, and so is not for the loop.
   *
   * @throws CommandException if there is neither
   * @throws DockerException if the Docker network is of no use
   */
  static BridgeTarget find(String name, NetworkNamespace namespace) {
    if (namespace.hasInterface(name)) {
      return new BridgeTarget(name, null);
    }
    DockerNetwork network;
    try {
      network = DockerEngine.ofEnvironment().network(name);
    } catch (DockerException e) {
      throw new CommandException(
          "--bridge " + name + ": no interface here, and " + e.getMessage(), e);
    }
    if (network == null) {
      throw new CommandException(
          "--bridge %s: there is no such bridge, nor such a Docker network: make one with 'ip link add %s type bridge' and 'ip link set %s up', or 'docker network create %s'"
              .formatted(name, name, name, name));
    }
    if (!namespace.hasInterface(network.bridge())) {
      throw new CommandException(
          "--bridge %s: the bridge %s of that Docker network is in another network namespace: run where the engine runs, and with a TAP there"
              .formatted(name, network.bridge()));
    }
    return new BridgeTarget(network.bridge(), network);
  }

  /** Where a Docker network's packets for elsewhere go: the kernel's address; null if nowhere. */
  @Nullable Ipv4Address gateway(NetworkNamespace namespace) {
    DockerNetwork of = network;
    if (of == null || of.isInternal()) {
      return null;
    }
    if (of.gateway() != null) {
      return of.gateway();
    }
    // The engine does not tell the gateway of its default network when it chose that itself.
    for (HostSubnets.Subnet each : HostSubnets.in(namespace)) {
      if (each.interfaceName().equals(bridge)
          && each.prefix().address() instanceof Ipv4Address own
          && of.subnet().contains(own)) {
        return own;
      }
    }
    return null;
  }
}
