package dev.tapstack.sim;

import dev.tapstack.StackConfig;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link SimHost} is made of: {@code HostSpec.named("a").port("10.0.0.1/24", 9000)}.
 * Immutable.
 *
 * @param name unique in its network; with the network's seed it decides the host's randomness
 * @param ports its Ethernet ports: eth0, eth1 and so on
 * @param gateway where what is on no attached subnet goes, or null
 * @param routes what is reached through other routers
 * @param forwards whether it is a router
 * @param answersForOthers whether it answers ARP for what it reaches by another port
 */
public record HostSpec(
    String name,
    List<Port> ports,
    @Nullable IpAddress gateway,
    List<StackConfig.GatewayRoute> routes,
    boolean forwards,
    boolean answersForOthers) {
  /** The payload of an Ethernet frame (RFC 894). */
  public static final int DEFAULT_MTU = 1500;

  public HostSpec {
    ports = List.copyOf(ports);
    routes = List.copyOf(routes);
  }

  /**
   * A port of a host.
   *
   * @param address with its subnet
   * @param mtu the largest IP packet in bytes
   */
  public record Port(IpPrefix address, int mtu) {}

  /** A host without a port yet. */
  public static HostSpec named(String name) {
    return new HostSpec(name, List.of(), null, List.of(), false, false);
  }

  /** With one more port, such as {@code "10.0.0.1/24"}. */
  public HostSpec port(String cidr) {
    return port(cidr, DEFAULT_MTU);
  }

  /** With one more port. */
  public HostSpec port(String cidr, int mtu) {
    List<Port> more = new ArrayList<>(ports);
    more.add(new Port(IpPrefix.parse(cidr), mtu));
    return new HostSpec(name, more, gateway, routes, forwards, answersForOthers);
  }

  /** With a default gateway, which is on one of its subnets. */
  public HostSpec gateway(String address) {
    return new HostSpec(name, ports, IpAddress.parse(address), routes, forwards, answersForOthers);
  }

  /** With a route, such as {@code "10.2.0.0/16"}, through a router on one of its subnets. */
  public HostSpec route(String prefix, String via) {
    List<StackConfig.GatewayRoute> more = new ArrayList<>(routes);
    more.add(new StackConfig.GatewayRoute(IpPrefix.parse(prefix), IpAddress.parse(via)));
    return new HostSpec(name, ports, gateway, more, forwards, answersForOthers);
  }

  /** As a router: packets of others are sent on. */
  public HostSpec forwarding() {
    return new HostSpec(name, ports, gateway, routes, true, answersForOthers);
  }

  /** As one that answers ARP for what it reaches by another port (RFC 1027). */
  public HostSpec proxyArp() {
    return new HostSpec(name, ports, gateway, routes, forwards, true);
  }
}
