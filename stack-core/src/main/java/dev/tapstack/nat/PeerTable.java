package dev.tapstack.nat;

import dev.tapstack.addr.SipHash;
import org.jspecify.annotations.Nullable;

/**
 * Which outside addresses a mapping has flows with: what address-dependent filtering lets in (RFC
 * 4787 5). Bounded by the flows. The loop's thread only.
 */
final class PeerTable {
  private static final class Peer {
    final Mapping mapping;
    final long hi;
    final long lo;
    int flows;

    Peer(Mapping mapping, long hi, long lo) {
      this.mapping = mapping;
      this.hi = hi;
      this.lo = lo;
    }
  }

  private final SipHash hash;
  private final HashIndex<Peer> peers = new HashIndex<>();

  /** {@code hash} is keyed: whoever is outside chooses addresses. */
  PeerTable(SipHash hash) {
    this.hash = hash;
  }

  int size() {
    return peers.size();
  }

  /** Whether {@code mapping} has a flow with that address. */
  boolean has(Mapping mapping, long hi, long lo) {
    return find(key(mapping, hi, lo), mapping, hi, lo) != null;
  }

  /** A flow of {@code mapping} with that address begins. */
  void add(Mapping mapping, long hi, long lo) {
    long key = key(mapping, hi, lo);
    Peer peer = find(key, mapping, hi, lo);
    if (peer == null) {
      peer = new Peer(mapping, hi, lo);
      peers.add(key, peer);
    }
    peer.flows++;
  }

  /** A flow of {@code mapping} with that address has ended. */
  void remove(Mapping mapping, long hi, long lo) {
    long key = key(mapping, hi, lo);
    Peer peer = find(key, mapping, hi, lo);
    if (peer != null && --peer.flows == 0) {
      peers.remove(key, peer);
    }
  }

  private @Nullable Peer find(long key, Mapping mapping, long hi, long lo) {
    for (int slot = peers.first(key); slot >= 0; slot = peers.next(slot, key)) {
      Peer peer = peers.at(slot);
      if (peer.mapping == mapping && peer.lo == lo && peer.hi == hi) {
        return peer;
      }
    }
    return null;
  }

  private long key(Mapping m, long hi, long lo) {
    return hash.hash(m.outsideLo, (long) m.protocol << 16 | m.outsidePort, hi, lo);
  }
}
