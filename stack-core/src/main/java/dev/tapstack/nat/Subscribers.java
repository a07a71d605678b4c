package dev.tapstack.nat;

import dev.tapstack.addr.SipHash;
import dev.tapstack.wire.Ipv4;
import org.jspecify.annotations.Nullable;

/**
 * How many outside ports each inside host has (RFC 6888 REQ-4). A host is forgotten with its last
 * port, so there are no more of them than mappings. The loop's thread only.
 */
final class Subscribers {
  /** An inside host, and its ports of each protocol. */
  static final class Subscriber {
    final long hi;
    final long lo;
    private int tcp;
    private int udp;
    private int icmp;

    Subscriber(long hi, long lo) {
      this.hi = hi;
      this.lo = lo;
    }

    private int ports(int protocol) {
      return switch (protocol) {
        case Ipv4.PROTOCOL_TCP -> tcp;
        case Ipv4.PROTOCOL_UDP -> udp;
        default -> icmp;
      };
    }

    private void change(int protocol, int by) {
      switch (protocol) {
        case Ipv4.PROTOCOL_TCP -> tcp += by;
        case Ipv4.PROTOCOL_UDP -> udp += by;
        default -> icmp += by;
      }
    }
  }

  private final SipHash hash;
  private final HashIndex<Subscriber> index = new HashIndex<>();

  /** {@code hash} is keyed: inside hosts choose their addresses. */
  Subscribers(SipHash hash) {
    this.hash = hash;
  }

  /** How many hosts have ports. */
  int size() {
    return index.size();
  }

  /** How many ports, or for ICMP identifiers, a host has. */
  int ports(int protocol, long hi, long lo) {
    Subscriber known = find(hash.hash(hi, lo, 0, 0), hi, lo);
    return known == null ? 0 : known.ports(protocol);
  }

  /** A host gets a port. */
  void add(int protocol, long hi, long lo) {
    long key = hash.hash(hi, lo, 0, 0);
    Subscriber known = find(key, hi, lo);
    if (known == null) {
      known = new Subscriber(hi, lo);
      index.add(key, known);
    }
    known.change(protocol, 1);
  }

  /** A host gives a port back. */
  void remove(int protocol, long hi, long lo) {
    long key = hash.hash(hi, lo, 0, 0);
    Subscriber known = find(key, hi, lo);
    assert known != null && known.ports(protocol) > 0;
    known.change(protocol, -1);
    if (known.tcp == 0 && known.udp == 0 && known.icmp == 0) {
      index.remove(key, known);
    }
  }

  private @Nullable Subscriber find(long key, long hi, long lo) {
    for (int slot = index.first(key); slot >= 0; slot = index.next(slot, key)) {
      Subscriber found = index.at(slot);
      if (found.lo == lo && found.hi == hi) {
        return found;
      }
    }
    return null;
  }
}
