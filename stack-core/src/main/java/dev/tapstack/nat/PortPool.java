package dev.tapstack.nat;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.SipHash;
import dev.tapstack.ip.Ports;
import dev.tapstack.loop.Rng;
import dev.tapstack.wire.Ipv4;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ports of the outside addresses: which of them stands for an inside endpoint (RFC 4787 4.2). A
 * port is given to one mapping at a time (RFC 4787 REQ-3), and to nobody else on this host: all of
 * them are reserved in {@link Ports}. ICMP query identifiers are given in the same way (RFC 5508
 * 3.1). The loop's thread only.
 *
 * <p>Theory of operation. An inside host keeps one outside address (paired pooling, RFC 4787
 * REQ-2): a keyed hash of its own says which, so that nothing has to be remembered. A port is kept
 * as it is where it is free, else drawn at random (RFC 6056 3.3.2) from its range, 1 to 1023 or
 * 1024 to 65535, for UDP with the same parity (RFC 4787 REQ-3, REQ-4). After a few draws that hit
 * taken ports, a bit set of what was given shows the next free one, so that a search in a full pool
 * costs about a microsecond.
 */
final class PortPool {
  static final int NONE = -1;

  /** RFC 4787 REQ-3 a): services' ports and others are two ranges. */
  private static final int FIRST_UNPRIVILEGED = 1024;

  private static final int MAX_PORT = 65_535;

  /** Draws before the search: up to three quarters in use, 24 draws fail once in a thousand. */
  private static final int DRAWS = 24;

  private static final int PROTOCOLS = 3;

  /** What was given of one outside address, by protocol and parity: bit n is port 2n or 2n + 1. */
  private static final class Given {
    private final @Nullable BitSet[] bits = new @Nullable BitSet[2 * PROTOCOLS];

    BitSet of(int protocol, int parity) {
      int index =
          switch (protocol) {
            case Ipv4.PROTOCOL_TCP -> 0;
            case Ipv4.PROTOCOL_UDP -> 2;
            case Ipv4.PROTOCOL_ICMP -> 4;
            default -> throw new IllegalArgumentException("no ports: protocol " + protocol);
          };
      BitSet known = bits[index + parity];
      if (known == null) {
        known = new BitSet();
        bits[index + parity] = known;
      }
      return known;
    }
  }

  private final Ports ports;
  private final Rng rng;
  private final SipHash pairing;
  private final List<? extends IpAddress> addresses;
  private final Given[] given;
  private final boolean keepsUdpParity;
  private int size;

  /**
   * @param addresses the outside addresses, at least one, each an address of this host
   */
  PortPool(Ports ports, Rng rng, List<? extends IpAddress> addresses, boolean keepsUdpParity) {
    this.ports = ports;
    this.rng = rng;
    this.addresses = List.copyOf(addresses);
    this.keepsUdpParity = keepsUdpParity;
    pairing = rng.nextSipHash();
    given = new Given[addresses.size()];
    for (int i = 0; i < given.length; i++) {
      given[i] = new Given();
    }
  }

  /** Ports and identifiers that are given at present. */
  int size() {
    return size;
  }

  /** Which outside address stands for an inside host, always the same: for {@link #address}. */
  int addressIndexFor(long insideHi, long insideLo) {
    long hash = pairing.hash(insideHi, insideLo, 0, 0);
    return (int) Long.remainderUnsigned(hash, addresses.size());
  }

  IpAddress address(int index) {
    return addresses.get(index);
  }

  /**
   * Takes a port of an outside address for an inside endpoint with port {@code wanted}.
   *
   * @return the port, or {@link #NONE} if its range has none left
   */
  int take(int addressIndex, int protocol, int wanted) {
    if (protocol == Ipv4.PROTOCOL_ICMP) {
      return take(addressIndex, protocol, wanted, 0, MAX_PORT, false);
    }
    boolean keepsParity = keepsUdpParity && protocol == Ipv4.PROTOCOL_UDP;
    return wanted < FIRST_UNPRIVILEGED
        ? take(addressIndex, protocol, wanted, 1, FIRST_UNPRIVILEGED - 1, keepsParity)
        : take(addressIndex, protocol, wanted, FIRST_UNPRIVILEGED, MAX_PORT, keepsParity);
  }

  /**
   * Takes a port between {@code first} and {@code last}: {@code wanted} if that is one of them and
   * free.
   *
   * @return the port, or {@link #NONE} if none is left
   */
  int takeWithin(int addressIndex, int protocol, int wanted, int first, int last) {
    boolean keepsParity = keepsUdpParity && protocol == Ipv4.PROTOCOL_UDP;
    return take(addressIndex, protocol, wanted, first, last, keepsParity);
  }

  private int take(
      int addressIndex, int protocol, int wanted, int first, int last, boolean keepsParity) {
    boolean isWithin = wanted >= first && wanted <= last;
    if (isWithin && takeIfFree(addressIndex, protocol, wanted)) {
      return wanted;
    }
    for (int i = 0; i < DRAWS; i++) {
      int port = first + rng.nextInt(last - first + 1);
      if (keepsParity) {
        port = port & ~1 | wanted & 1;
      }
      if (port >= first && port <= last && takeIfFree(addressIndex, protocol, port)) {
        return port;
      }
    }
    int parity = wanted & 1;
    int port = search(addressIndex, protocol, parity, first, last);
    return port != NONE || keepsParity
        ? port
        : search(addressIndex, protocol, 1 - parity, first, last);
  }

  /** The first free port of that parity from a random one on, round to it again. */
  private int search(int addressIndex, int protocol, int parity, int first, int last) {
    BitSet taken = given[addressIndex].of(protocol, parity);
    int low = first + 1 - parity >> 1; // the first n with 2n + parity >= first
    int high = last - parity >> 1;
    if (high < low) {
      return NONE; // a single port, of the other parity
    }
    int start = low + rng.nextInt(high - low + 1);
    int port = search(addressIndex, protocol, parity, taken, start, high);
    return port != NONE ? port : search(addressIndex, protocol, parity, taken, low, start - 1);
  }

  private int search(int addressIndex, int protocol, int parity, BitSet taken, int from, int to) {
    for (int n = taken.nextClearBit(from); n <= to; n = taken.nextClearBit(n + 1)) {
      int port = 2 * n + parity;
      if (takeIfFree(addressIndex, protocol, port)) {
        return port;
      }
    }
    return NONE;
  }

  private boolean takeIfFree(int addressIndex, int protocol, int port) {
    IpAddress address = addresses.get(addressIndex);
    BitSet taken = given[addressIndex].of(protocol, port & 1);
    if (taken.get(port >> 1) || !ports.reserve(protocol, address.hi(), address.lo(), port, this)) {
      return false;
    }
    taken.set(port >> 1);
    size++;
    return true;
  }

  /** Gives back what {@link #take} gave. */
  void release(int addressIndex, int protocol, int port) {
    BitSet taken = given[addressIndex].of(protocol, port & 1);
    assert taken.get(port >> 1) : "not given: " + port;
    IpAddress address = addresses.get(addressIndex);
    taken.clear(port >> 1);
    ports.release(protocol, address.hi(), address.lo(), port, this);
    size--;
  }
}
