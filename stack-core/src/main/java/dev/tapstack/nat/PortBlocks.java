package dev.tapstack.nat;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which ports of which outside address each inside host has for itself, computed from its address
 * alone (RFC 7422 2): who had a port at some time follows from the configuration of that time, and
 * nothing has to be logged. ICMP query identifiers likewise. Immutable; any thread.
 *
 * <p>Theory of operation. The hosts of a prefix are numbered upwards; ports 1024 to 65535 of each
 * outside address, lowest address first, are cut into blocks of one size; host n has block n (RFC
 * 7422 2: sequential). What is left behind the last whole block of an address is not given, and
 * there is no pool for who needs more than a block: that would have to be logged.
 *
 * @param subscribers the inside hosts; all addresses of the prefix count
 * @param portsEach of TCP, and as many of UDP and of ICMP's identifiers
 * @param outside the outside addresses, lowest first
 */
public record PortBlocks(IpPrefix subscribers, int portsEach, List<IpAddress> outside) {
  /** RFC 7422 2 has well-known ports left out. */
  private static final int FIRST_PORT = 1024;

  private static final int PORTS = 65_536 - FIRST_PORT;

  /**
   * Ports of an outside address that are one host's.
   *
   * @param last included
   */
  public record Block(IpAddress inside, IpAddress outside, int first, int last) {}

  /**
   * Cuts the outside addresses into blocks.
   *
   * @throws IllegalArgumentException if there are fewer blocks than subscribers
   */
  public PortBlocks {
    outside = outside.stream().sorted().toList();
    if (!subscribers.address().isV4()) {
      throw new IllegalArgumentException(subscribers + " is not IPv4, which alone is translated");
    }
    if (portsEach < 1 || portsEach > PORTS) {
      throw new IllegalArgumentException(
          "blocks of " + portsEach + " ports: a block has 1 to " + PORTS);
    }
    long hosts = 1L << subscribers.address().bits() - subscribers.length();
    long blocks = (long) (PORTS / portsEach) * outside.size();
    if (hosts > blocks) {
      throw new IllegalArgumentException(
          subscribers
              + " has "
              + hosts
              + " addresses, but there are "
              + blocks
              + " blocks of "
              + portsEach
              + " ports: take fewer ports or more outside addresses");
    }
  }

  /** Whether an inside host has a block. */
  public boolean covers(long insideHi, long insideLo) {
    return subscribers.contains(insideHi, insideLo);
  }

  /** Which of the outside addresses the block of a host that has one is of. */
  int addressIndex(long insideLo) {
    return number(insideLo) / blocksOfAnAddress();
  }

  /** The first port of the block of a host that has one. */
  int firstPort(long insideLo) {
    return FIRST_PORT + number(insideLo) % blocksOfAnAddress() * portsEach;
  }

  private int number(long insideLo) {
    return (int) (insideLo & ~subscribers.maskLo());
  }

  private int blocksOfAnAddress() {
    return PORTS / portsEach;
  }

  /** The block of an inside host, or null if it has none. */
  public @Nullable Block of(IpAddress inside) {
    if (!covers(inside.hi(), inside.lo())) {
      return null;
    }
    int first = firstPort(inside.lo());
    return new Block(inside, outside.get(addressIndex(inside.lo())), first, first + portsEach - 1);
  }

  /** The block that an outside endpoint is in, which says whose it is; null if it is nobody's. */
  public @Nullable Block at(Endpoint seen) {
    int address = outside.indexOf(seen.address());
    int block = (seen.port() - FIRST_PORT) / portsEach;
    if (address < 0 || seen.port() < FIRST_PORT || block >= blocksOfAnAddress()) {
      return null;
    }
    long number = (long) address * blocksOfAnAddress() + block;
    IpAddress inside = Ipv4Address.of((int) (subscribers.network().lo() + number));
    return subscribers.contains(inside) ? of(inside) : null;
  }
}
