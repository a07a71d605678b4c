package dev.tapstack.ip;

import dev.tapstack.addr.SipHash;
import dev.tapstack.packet.Packet;
import org.jspecify.annotations.Nullable;

/**
 * The datagrams that wait for fragments: by source in a hash table, by age in a list, with the
 * account of the memory that they hold. The loop's thread only.
 *
 * <p>All datagrams of a source are in one chain, the newest first, so that its share is counted by
 * walking the chain. What an entry is charged bounds the chain's length.
 */
final class FragmentTable {
  /** What an entry is charged besides its fragments; it takes less. */
  static final int ENTRY_BYTES = 1024;

  private static final int BUCKETS = 256;

  private final SipHash hash;
  private final @Nullable PartialDatagram[] buckets = new @Nullable PartialDatagram[BUCKETS];
  private @Nullable PartialDatagram oldest;
  private @Nullable PartialDatagram newest;
  private @Nullable PartialDatagram free;
  private int memoryBytes;

  /** {@code hash} is keyed, so that nobody can aim at one chain. */
  FragmentTable(SipHash hash) {
    this.hash = hash;
  }

  /** What all entries are charged. */
  int memoryBytes() {
    return memoryBytes;
  }

  /** What the entries of that source are charged. */
  int memoryBytesOf(long sourceHi, long sourceLo) {
    int bytes = 0;
    for (PartialDatagram d = chain(sourceHi, sourceLo); d != null; d = d.bucketNext) {
      if (d.isFrom(sourceHi, sourceLo)) {
        bytes += d.memoryBytes;
      }
    }
    return bytes;
  }

  /** Charges {@code bytes} more, or less, to {@code datagram}. */
  void charge(PartialDatagram datagram, int bytes) {
    datagram.memoryBytes += bytes;
    memoryBytes += bytes;
  }

  @Nullable PartialDatagram oldest() {
    return oldest;
  }

  /** The oldest of that source, which has one. */
  PartialDatagram oldestOf(long sourceHi, long sourceLo) {
    PartialDatagram found = null;
    for (PartialDatagram d = chain(sourceHi, sourceLo); d != null; d = d.bucketNext) {
      found = d.isFrom(sourceHi, sourceLo) ? d : found;
    }
    assert found != null;
    return found;
  }

  @Nullable PartialDatagram find(Packet fragment, int id) {
    PartialDatagram d = chain(fragment.sourceHi(), fragment.sourceLo());
    while (d != null && !d.isOf(fragment, id)) {
      d = d.bucketNext;
    }
    return d;
  }

  /** Adds an entry for the datagram that {@code fragment} is of, as the newest. */
  PartialDatagram add(IpFamily family, Packet fragment, int id) {
    PartialDatagram d = free;
    if (d == null) {
      d = new PartialDatagram(family);
    } else {
      free = d.bucketNext;
    }
    d.begin(family, fragment, id);
    d.memoryBytes = 0;
    charge(d, ENTRY_BYTES);
    int bucket = bucket(d.sourceHi, d.sourceLo);
    d.bucketNext = buckets[bucket];
    buckets[bucket] = d;
    d.newer = null;
    d.older = newest;
    if (newest == null) {
      oldest = d;
    } else {
      newest.newer = d;
    }
    newest = d;
    return d;
  }

  /** Removes an entry that holds no fragments. */
  void remove(PartialDatagram datagram) {
    assert datagram.first == null && datagram.last == null;
    charge(datagram, -datagram.memoryBytes);
    unchain(datagram);
    PartialDatagram older = datagram.older;
    PartialDatagram newer = datagram.newer;
    if (older == null) {
      oldest = newer;
    } else {
      older.newer = newer;
    }
    if (newer == null) {
      newest = older;
    } else {
      newer.older = older;
    }
    datagram.older = null;
    datagram.newer = null;
    datagram.bucketNext = free;
    free = datagram;
  }

  private void unchain(PartialDatagram datagram) {
    int bucket = bucket(datagram.sourceHi, datagram.sourceLo);
    PartialDatagram before = null;
    for (PartialDatagram d = buckets[bucket]; d != datagram && d != null; d = d.bucketNext) {
      before = d;
    }
    if (before == null) {
      buckets[bucket] = datagram.bucketNext;
    } else {
      before.bucketNext = datagram.bucketNext;
    }
  }

  private @Nullable PartialDatagram chain(long sourceHi, long sourceLo) {
    return buckets[bucket(sourceHi, sourceLo)];
  }

  private int bucket(long sourceHi, long sourceLo) {
    return (int) hash.hash(sourceHi, sourceLo, 0, 0) & BUCKETS - 1;
  }
}
