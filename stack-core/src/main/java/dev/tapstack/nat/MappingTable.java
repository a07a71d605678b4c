package dev.tapstack.nat;

import dev.tapstack.addr.SipHash;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The mappings, by their inside and by their outside endpoint. Of several with one inside endpoint
 * (two forwards to one server) the first that was added stands for it. Bounded. The loop's thread
 * only.
 */
final class MappingTable {
  private static final Comparator<Mapping> ORDER =
      Comparator.comparingInt((Mapping m) -> m.protocol)
          .thenComparing(m -> m.inside().address())
          .thenComparingInt(m -> m.insidePort)
          .thenComparing(m -> m.outside().address())
          .thenComparingInt(m -> m.outsidePort);

  private final SipHash hash;
  private final int limit;
  private final HashIndex<Mapping> byInside = new HashIndex<>();
  private final HashIndex<Mapping> byOutside = new HashIndex<>();

  /** {@code hash} is keyed, so that no inside host can aim at one slot. */
  MappingTable(SipHash hash, int limit) {
    this.hash = hash;
    this.limit = limit;
  }

  int size() {
    return byOutside.size();
  }

  boolean isFull() {
    return size() >= limit;
  }

  /** The mapping that an inside endpoint has, or null. */
  @Nullable Mapping byInside(int protocol, long hi, long lo, int port) {
    long key = key(protocol, hi, lo, port);
    for (int slot = byInside.first(key); slot >= 0; slot = byInside.next(slot, key)) {
      Mapping mapping = byInside.at(slot);
      if (mapping.isInside(protocol, hi, lo, port)) {
        return mapping;
      }
    }
    return null;
  }

  /** The mapping that has an outside endpoint, or null. */
  @Nullable Mapping byOutside(int protocol, long hi, long lo, int port) {
    long key = key(protocol, hi, lo, port);
    for (int slot = byOutside.first(key); slot >= 0; slot = byOutside.next(slot, key)) {
      Mapping mapping = byOutside.at(slot);
      if (mapping.isOutside(protocol, hi, lo, port)) {
        return mapping;
      }
    }
    return null;
  }

  /** Adds a mapping whose outside endpoint no other has; the table is not full. */
  void add(Mapping added) {
    assert !isFull();
    if (byInside(added.protocol, added.insideHi, added.insideLo, added.insidePort) == null) {
      byInside.add(insideKey(added), added);
    }
    byOutside.add(outsideKey(added), added);
  }

  void remove(Mapping removed) {
    byInside.remove(insideKey(removed), removed);
    byOutside.remove(outsideKey(removed), removed);
  }

  /** All of them: by protocol, then inside endpoint, then outside endpoint. */
  List<Mapping> all() {
    return Arrays.stream(byOutside.toArray()).map(Mapping.class::cast).sorted(ORDER).toList();
  }

  private long insideKey(Mapping m) {
    return key(m.protocol, m.insideHi, m.insideLo, m.insidePort);
  }

  private long outsideKey(Mapping m) {
    return key(m.protocol, m.outsideHi, m.outsideLo, m.outsidePort);
  }

  private long key(int protocol, long hi, long lo, int port) {
    return hash.hash(hi, lo, (long) protocol << 16 | port, 0);
  }
}
