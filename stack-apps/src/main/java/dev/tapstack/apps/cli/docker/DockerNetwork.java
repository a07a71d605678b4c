package dev.tapstack.apps.cli.docker;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Docker network that is a Linux bridge, as it was when the engine was asked. Immutable.
 *
 * @param name its name
 * @param bridge the bridge's name, in the engine's network namespace
 * @param subnet its IPv4 subnet
 * @param gateway the kernel's address on the bridge, or null if the engine does not say
 * @param isInternal whether it leads nowhere else
 * @param containers those that run on it
 */
public record DockerNetwork(
    String name,
    String bridge,
    IpPrefix subnet,
    @Nullable Ipv4Address gateway,
    boolean isInternal,
    List<Container> containers) {
  /** Digits of a network's ID in its bridge's name: libnetwork, drivers/bridge. */
  private static final int ID_DIGITS = 12;

  public DockerNetwork {
    containers = List.copyOf(containers);
  }

  /** A container's place on a network. */
  public record Container(String name, IpAddress address) {}

  /** From the engine's answer. */
  static DockerNetwork of(Map<String, Object> answer) {
    String name = AnswerFields.text(answer, "Name");
    String driver = AnswerFields.text(answer, "Driver");
    if (!driver.equals("bridge")) {
      throw new DockerException(
          "Docker network %s has driver %s: only one with driver bridge can be joined"
              .formatted(name, driver));
    }
    Map<String, Object> options = AnswerFields.object(answer, "Options");
    String bridge = AnswerFields.text(options, "com.docker.network.bridge.name");
    if (bridge.isEmpty()) {
      String id = AnswerFields.text(answer, "Id");
      bridge = "br-" + id.substring(0, Math.min(ID_DIGITS, id.length()));
    }
    for (Map<String, Object> range :
        AnswerFields.objectsIn(AnswerFields.object(answer, "IPAM").get("Config"))) {
      IpPrefix subnet = AnswerFields.prefix(AnswerFields.text(range, "Subnet"));
      String gateway = AnswerFields.text(range, "Gateway");
      if (subnet.address().isV4()) {
        return new DockerNetwork(
            name,
            bridge,
            subnet,
            gateway.isEmpty() ? null : AnswerFields.address(gateway),
            AnswerFields.flag(answer, "Internal"),
            containers(answer));
      }
    }
    throw new DockerException("Docker network " + name + " has no IPv4 subnet");
  }

  private static List<Container> containers(Map<String, Object> answer) {
    List<Container> containers = new ArrayList<>();
    for (Map<String, Object> each : AnswerFields.objectsIn(answer.get("Containers"))) {
      String address = AnswerFields.text(each, "IPv4Address");
      if (!address.isEmpty()) {
        containers.add(
            new Container(AnswerFields.text(each, "Name"), AnswerFields.prefix(address).address()));
      }
    }
    return containers;
  }

  /**
   * Refuses an address that is not of this network, or that somebody is known to have.
   *
   * @throws DockerException naming the remedy
   */
  public void checkFree(IpPrefix address) {
    if (address.length() != subnet.length() || !subnet.contains(address.address())) {
      throw new DockerException(
          "%s is not of Docker network %s, whose subnet is %s: choose one of that subnet, or none"
              .formatted(address, name, subnet));
    }
    if (isGateway(address.address())) {
      throw new DockerException(
          "%s is the gateway of Docker network %s: choose another address, or none"
              .formatted(address.address(), name));
    }
    for (Container each : containers) {
      if (each.address().equals(address.address())) {
        throw new DockerException(
            "%s is container %s's on Docker network %s: choose another address, or none"
                .formatted(address.address(), each.name(), name));
      }
    }
  }

  private boolean isGateway(IpAddress address) {
    return gateway != null && gateway.equals(address);
  }

  /**
   * Addresses that nobody is known to have, from the top of the range down: the engine gives its
   * own from the bottom up.
   *
   * @param most so many at most
   * @throws DockerException if there is none
   */
  public List<IpPrefix> freeAddresses(int most) {
    List<IpPrefix> free = new ArrayList<>();
    long first = Integer.toUnsignedLong((int) subnet.network().lo()) + 1;
    long last = Integer.toUnsignedLong((int) subnet.last().lo()) - 1;
    for (long bits = last; bits >= first && free.size() < most; bits--) {
      Ipv4Address candidate = Ipv4Address.of((int) bits);
      if (!isGateway(candidate)
          && containers.stream().noneMatch(each -> each.address().equals(candidate))) {
        free.add(new IpPrefix(candidate, subnet.length()));
      }
    }
    if (free.isEmpty()) {
      throw new DockerException("Docker network " + name + " (" + subnet + ") has no free address");
    }
    return free;
  }
}
