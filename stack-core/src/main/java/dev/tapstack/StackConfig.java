package dev.tapstack;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.addr.SipHash;
import dev.tapstack.device.Device;
import dev.tapstack.ip.IpConfig;
import dev.tapstack.link.InterfaceListener;
import dev.tapstack.link.InterfaceOptions;
import dev.tapstack.loop.Rng;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Stack} is made of. Immutable but for the devices, which the stack owns once it is
 * open: so a configuration is for one stack.
 *
 * <pre>{@code
 * StackConfig config = StackConfig.named("host")
 *     .attach(tap, IpPrefix.parse("10.1.0.2/24"))
 *     .gateway(IpAddress.parse("10.1.0.1"))
 *     .build();
 * }</pre>
 *
 * @param name what the stack is called in messages; with a seed it also decides its randomness
 * @param interfaces its devices besides loopback, in the order of their indices from 1
 * @param routes what is reached through routers
 * @param forwards whether it is a router (RFC 1812): packets of others are sent on
 * @param seed for a run that repeats exactly, or null for the machine's secure randomness
 * @param ip limits of the internet layer
 * @param udpReceiveBufferBytes memory that the queue of a UDP socket may hold
 * @param listener who wants to know what becomes of links, devices and probed addresses, or null
 */
public record StackConfig(
    String name,
    List<Attachment> interfaces,
    List<GatewayRoute> routes,
    boolean forwards,
    @Nullable Long seed,
    IpConfig ip,
    int udpReceiveBufferBytes,
    @Nullable InterfaceListener listener) {
  /** Linux's net.core.rmem_default is 208 KiB; this holds three of the largest datagrams. */
  public static final int DEFAULT_UDP_RECEIVE_BUFFER_BYTES = 256 << 10;

  public StackConfig {
    interfaces = List.copyOf(interfaces);
    routes = List.copyOf(routes);
  }

  /**
   * A device and what its interface is given.
   *
   * @param addresses with their subnets, the primary first
   * @param options what else the interface is to do
   */
  public record Attachment(
      Device device, MacAddress mac, List<IpPrefix> addresses, InterfaceOptions options) {
    public Attachment {
      addresses = List.copyOf(addresses);
    }
  }

  /** A route to {@code destination} through {@code gateway}, which is on an attached subnet. */
  public record GatewayRoute(IpPrefix destination, IpAddress gateway) {}

  /** Begins the configuration of a stack with that name. */
  public static Builder named(String name) {
    return new Builder(name);
  }

  /** The stack's source of randomness. */
  Rng rng() {
    return seed == null ? Rng.secure() : Rng.seeded(seed, name);
  }

  /**
   * A locally administered MAC address (IEEE 802 8.4) that is always the same for the same device
   * name and address, so that neighbours' caches stay right when a stack is started again.
   */
  public static MacAddress macFor(String device, IpAddress address) {
    long hash = 0;
    SipHash mix = new SipHash(address.hi(), address.lo());
    for (int i = 0; i < device.length(); i++) {
      hash = mix.hash(hash, device.charAt(i), i, 0);
    }
    long isLocal = 0x0200_0000_0000L;
    long isGroup = 0x0100_0000_0000L;
    return new MacAddress(hash >>> 16 & ~isGroup | isLocal);
  }

  /** Gathers a configuration. Not thread-safe. */
  public static final class Builder {
    private final String name;
    private final List<Attachment> interfaces = new ArrayList<>();
    private final List<GatewayRoute> routes = new ArrayList<>();
    private boolean forwards;
    private @Nullable Long seed;
    private IpConfig ip = IpConfig.DEFAULTS;
    private int udpReceiveBufferBytes = DEFAULT_UDP_RECEIVE_BUFFER_BYTES;
    private @Nullable InterfaceListener listener;
    private InterfaceOptions options = InterfaceOptions.NONE;

    private Builder(String name) {
      this.name = Objects.requireNonNull(name);
    }

    /** Adds a device, with {@link #macFor} its name and first address. */
    public Builder attach(Device device, IpPrefix primary, IpPrefix... others) {
      List<IpPrefix> addresses = new ArrayList<>();
      addresses.add(primary);
      addresses.addAll(List.of(others));
      return attach(device, macFor(device.name(), primary.address()), addresses);
    }

    /** Adds a device with a MAC address of the caller's choice. */
    public Builder attach(Device device, MacAddress mac, List<IpPrefix> addresses) {
      interfaces.add(new Attachment(device, mac, addresses, options));
      return this;
    }

    /**
     * Has the addresses of devices that are attached from now on probed before they are used (RFC
     * 5227 2.1.1), which takes 4 to 7 seconds each time a link comes up: until then packets both
     * ways are dropped. The listener is told what came of it. By default they are used at once.
     */
    public Builder probeAddresses(boolean probes) {
      options = options.withProbing(probes);
      return this;
    }

    /**
     * Has devices that are attached from now on take only packets from where packets back would
     * leave by them (RFC 3704 2.2, strict). Off by default, and right where there is one way to
     * each network.
     */
    public Builder checkReversePath(boolean checks) {
      options = options.withReversePathCheck(checks);
      return this;
    }

    /**
     * Has the router answer, at devices that are attached from now on, for hosts that it reaches by
     * another (RFC 1027): for neighbours whose prefix is too short. Off by default.
     */
    public Builder proxyArp(boolean answers) {
      options = options.withProxyArp(answers);
      return this;
    }

    /** Has everything that is on no attached subnet sent through {@code gateway}. */
    public Builder gateway(IpAddress gateway) {
      return route(IpPrefix.parse(gateway.isV4() ? "0.0.0.0/0" : "::/0"), gateway);
    }

    /** Has {@code destination} reached through {@code gateway}. */
    public Builder route(IpPrefix destination, IpAddress gateway) {
      routes.add(new GatewayRoute(destination, gateway));
      return this;
    }

    /** Makes it a router: packets of others are sent on. Off by default. */
    public Builder forwarding(boolean forwards) {
      this.forwards = forwards;
      return this;
    }

    /** Makes all randomness follow from {@code seed} and the name: for tests and simulation. */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    public Builder ip(IpConfig ip) {
      this.ip = ip;
      return this;
    }

    public Builder udpReceiveBufferBytes(int bytes) {
      udpReceiveBufferBytes = bytes;
      return this;
    }

    public Builder listener(InterfaceListener listener) {
      this.listener = listener;
      return this;
    }

    public StackConfig build() {
      return new StackConfig(
          name, interfaces, routes, forwards, seed, ip, udpReceiveBufferBytes, listener);
    }
  }
}
