package dev.tapstack.nat;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Entries by a hash that their owner computes and compares keys for: open addressing with linear
 * probing, no tombstones. Grows by doubling; its owner bounds it. The loop's thread only.
 *
 * @param <E> what is kept
 */
final class HashIndex<E> {
  private static final int FIRST_CAPACITY = 16;

  private @Nullable Object[] entries = new @Nullable Object[FIRST_CAPACITY];
  private long[] hashes = new long[FIRST_CAPACITY];
  private int size;

  int size() {
    return size;
  }

  /** A slot whose entry has that hash, or -1: the first to be looked at. */
  int first(long hash) {
    return from((int) hash & entries.length - 1, hash);
  }

  /** The next slot after {@code slot} whose entry has that hash, or -1. */
  int next(int slot, long hash) {
    return from(slot + 1 & entries.length - 1, hash);
  }

  private int from(int start, long hash) {
    int slot = start;
    while (entries[slot] != null) {
      if (hashes[slot] == hash) {
        return slot;
      }
      slot = slot + 1 & entries.length - 1;
    }
    return -1;
  }

  @SuppressWarnings("unchecked")
  E at(int slot) {
    Object entry = entries[slot];
    assert entry != null;
    return (E) entry;
  }

  /** Adds an entry, which is not there yet. */
  void add(long hash, E entry) {
    if (2 * (size + 1) > entries.length) {
      grow();
    }
    place(hash, entry);
    size++;
  }

  private void place(long hash, Object entry) {
    int slot = (int) hash & entries.length - 1;
    while (entries[slot] != null) {
      slot = slot + 1 & entries.length - 1;
    }
    entries[slot] = entry;
    hashes[slot] = hash;
  }

  private void grow() {
    @Nullable Object[] oldEntries = entries;
    long[] oldHashes = hashes;
    entries = new @Nullable Object[2 * oldEntries.length];
    hashes = new long[entries.length];
    for (int i = 0; i < oldEntries.length; i++) {
      Object entry = oldEntries[i];
      if (entry != null) {
        place(oldHashes[i], entry);
      }
    }
  }

  /** Removes an entry if it is there; entries behind it move up, so that no gap parts them. */
  void remove(long hash, E entry) {
    int gap = first(hash);
    while (gap >= 0 && entries[gap] != entry) {
      gap = next(gap, hash);
    }
    if (gap < 0) {
      return;
    }
    int mask = entries.length - 1;
    for (int slot = gap + 1 & mask; entries[slot] != null; slot = slot + 1 & mask) {
      int home = (int) hashes[slot] & mask;
      if ((slot - home & mask) >= (slot - gap & mask)) {
        entries[gap] = entries[slot];
        hashes[gap] = hashes[slot];
        gap = slot;
      }
    }
    entries[gap] = null;
    size--;
  }

  /** All entries, in no order. */
  Object[] toArray() {
    return Arrays.stream(entries).filter(entry -> entry != null).toArray();
  }
}
