package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.apps.cli.docker.DockerEngine;
import dev.tapstack.apps.cli.docker.DockerException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/**
 * Whom a client is to talk to: a literal address, or a name from the command line, of a Docker
 * container, or that the machine itself resolves, in this order.
 */
final class NameOptions {
  /** What {@code --help} says of a host's name. */
  static final String EXPLAINED =
      "an IPv4 address, or a name: of --add-host, of a Docker container, or one that this machine's"
          + " kernel side resolves";

  @Option(
      names = "--add-host",
      paramLabel = "NAME=IP",
      description = "Gives that address a name, which counts before all others. May be repeated.")
  private List<NamedHost> hosts = new ArrayList<>();

  /** Made by picocli, which injects the annotated fields. */
  NameOptions() {}

  /**
   * The IPv4 address of {@code text}. May block, and so is not for the loop.
   *
   * @param own the stack's address: of a container's addresses, that in its subnet is meant
   * @throws CommandException if there is none
   * @throws DockerException if there is such a container, and it has none
   */
  Ipv4Address resolve(String text, IpPrefix own) {
    for (NamedHost each : hosts) {
      if (each.name().equalsIgnoreCase(text)) {
        return each.address();
      }
    }
    if (text.matches("[0-9.]+")) {
      try {
        return Ipv4Address.parse(text);
      } catch (IllegalArgumentException e) {
        throw new CommandException(e.getMessage(), e);
      }
    }
    DockerEngine docker = DockerEngine.ofEnvironment();
    Ipv4Address container = docker.isThere() ? docker.container(text, own) : null;
    return container != null ? container : resolvedByMachine(text);
  }

  private static Ipv4Address resolvedByMachine(String text) {
    try {
      for (InetAddress each : InetAddress.getAllByName(text)) {
        if (each instanceof Inet4Address v4) {
          return Ipv4Address.parse(v4.getHostAddress());
        }
      }
    } catch (UnknownHostException e) {
      throw new CommandException(
          text + ": this machine knows no such host: name its address, or give it by --add-host",
          e);
    }
    throw new CommandException(text + ": has no IPv4 address, which is all there is yet");
  }
}
