package dev.tapstack.nat;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.wire.Ipv4;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Nat} does. Immutable; any thread.
 *
 * @param outside the names of the outside interfaces, at least one
 * @param pool the addresses that inside hosts share; if there are none, all of the outside
 *     interfaces (masquerade)
 * @param forwards what is let in
 * @param oneToOne inside hosts with an outside address of their own
 * @param untranslated outside networks to which inside hosts show their own addresses (RFC 6888
 *     REQ-6); flows from there begin as others do, with an outside address
 * @param filtering who may send to a mapping from outside
 * @param keepsUdpParity whether an even port stays even (RFC 4787 REQ-4)
 * @param answersSyns whether an unsolicited SYN is answered after 6 s with ICMP port unreachable
 *     instead of never (RFC 5382 REQ-4)
 * @param maxMappings mappings at a time, forwards included
 * @param maxPortsPerHost ports of each protocol that an inside host has at a time, forwards not
 *     counted (RFC 6888 REQ-4)
 * @param blocks gives each inside host a block of ports of its own, or null to give ports as they
 *     come
 */
public record NatConfig(
    List<String> outside,
    List<IpAddress> pool,
    List<Forward> forwards,
    List<OneToOne> oneToOne,
    List<IpPrefix> untranslated,
    Filtering filtering,
    boolean keepsUdpParity,
    boolean answersSyns,
    int maxMappings,
    int maxPortsPerHost,
    @Nullable Blocks blocks) {
  /** No limit but that of an outside address. */
  public static final int ALL_PORTS = 65_536;

  /** As many as connection tracking has flows by default: each may have one of its own. */
  public static final int DEFAULT_MAX_MAPPINGS = 1_000_000;

  public NatConfig {
    outside = List.copyOf(outside);
    pool = List.copyOf(pool);
    forwards = List.copyOf(forwards);
    oneToOne = List.copyOf(oneToOne);
    untranslated = List.copyOf(untranslated);
    if (maxPortsPerHost < 1 || maxPortsPerHost > ALL_PORTS) {
      throw new IllegalArgumentException(
          maxPortsPerHost + " ports for a host: not within 1 to " + ALL_PORTS);
    }
  }

  /** Whether packets to that address keep their sources. */
  boolean isUntranslated(long hi, long lo) {
    for (int i = 0; i < untranslated.size(); i++) {
      if (untranslated.get(i).contains(hi, lo)) {
        return true;
      }
    }
    return false;
  }

  /** Who may send to a mapping from outside (RFC 4787 5). */
  public enum Filtering {
    ENDPOINT_INDEPENDENT,
    /** Whoever the inside host has sent to, from any port. */
    ADDRESS_DEPENDENT,
    /** Only the endpoints that the inside host has sent to. */
    ADDRESS_AND_PORT_DEPENDENT
  }

  /**
   * Outside ports {@code firstPort} to {@code lastPort} stand for as many inside ones.
   *
   * @param protocol TCP's or UDP's number
   * @param outside the outside address, or null for each of them
   * @param inside the inside host, with the port that {@code firstPort} stands for
   */
  public record Forward(
      int protocol, @Nullable IpAddress outside, int firstPort, int lastPort, Endpoint inside) {
    public Forward {
      if (protocol != Ipv4.PROTOCOL_TCP && protocol != Ipv4.PROTOCOL_UDP) {
        throw new IllegalArgumentException("protocol " + protocol + " has no ports to forward");
      }
      if (firstPort < 1 || lastPort < firstPort || lastPort > 65_535) {
        throw new IllegalArgumentException(
            "ports " + firstPort + " to " + lastPort + " are no range within 1 to 65535");
      }
      if (inside.port() < 1 || inside.port() + lastPort - firstPort > 65_535) {
        throw new IllegalArgumentException(
            "forward to "
                + inside
                + " leaves 1 to 65535: choose a port that the range fits behind");
      }
    }
  }

  /** All ports of {@code outside}, an address of this host, stand for those of {@code inside}. */
  public record OneToOne(IpAddress outside, IpAddress inside) {}

  /**
   * Blocks of ports as {@link PortBlocks} computes them, of the addresses that inside hosts share.
   *
   * @param subscribers the inside hosts that have one; others have no ports
   * @param portsEach how many ports of each protocol
   */
  public record Blocks(IpPrefix subscribers, int portsEach) {}

  /** Begins a configuration with that outside interface. */
  public static Builder outside(String interfaceName) {
    return new Builder().andOutside(interfaceName);
  }

  /** Gathers a configuration. Not thread-safe. */
  public static final class Builder {
    private final List<String> outside = new ArrayList<>();
    private final List<IpAddress> pool = new ArrayList<>();
    private final List<Forward> forwards = new ArrayList<>();
    private final List<OneToOne> oneToOne = new ArrayList<>();
    private final List<IpPrefix> untranslated = new ArrayList<>();
    private Filtering filtering = Filtering.ADDRESS_AND_PORT_DEPENDENT;
    private boolean keepsUdpParity = true;
    private boolean answersSyns;
    private int maxMappings = DEFAULT_MAX_MAPPINGS;
    private int maxPortsPerHost = ALL_PORTS;
    private @Nullable Blocks blocks;

    private Builder() {}

    /** One more outside interface. */
    public Builder andOutside(String interfaceName) {
      outside.add(interfaceName);
      return this;
    }

    /** One more address that inside hosts share. */
    public Builder address(IpAddress address) {
      pool.add(address);
      return this;
    }

    public Builder forward(Forward forward) {
      forwards.add(forward);
      return this;
    }

    /** One port of every outside address. */
    public Builder forward(int protocol, int port, Endpoint inside) {
      return forward(new Forward(protocol, null, port, port, inside));
    }

    public Builder oneToOne(IpAddress outsideAddress, IpAddress inside) {
      oneToOne.add(new OneToOne(outsideAddress, inside));
      return this;
    }

    public Builder untranslated(IpPrefix destinations) {
      untranslated.add(destinations);
      return this;
    }

    public Builder filtering(Filtering value) {
      filtering = value;
      return this;
    }

    public Builder keepsUdpParity(boolean value) {
      keepsUdpParity = value;
      return this;
    }

    public Builder answersSyns(boolean value) {
      answersSyns = value;
      return this;
    }

    public Builder maxMappings(int value) {
      maxMappings = value;
      return this;
    }

    public Builder maxPortsPerHost(int value) {
      maxPortsPerHost = value;
      return this;
    }

    public Builder blocks(@Nullable Blocks value) {
      blocks = value;
      return this;
    }

    public NatConfig build() {
      return new NatConfig(
          outside,
          pool,
          forwards,
          oneToOne,
          untranslated,
          filtering,
          keepsUdpParity,
          answersSyns,
          maxMappings,
          maxPortsPerHost,
          blocks);
    }
  }
}
