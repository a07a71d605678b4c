package dev.tapstack.link;

import dev.tapstack.addr.SipHash;
import org.jspecify.annotations.Nullable;

/**
 * Neighbours by address, and in the order of their last use.
 *
 * <p>Open addressing with linear probing; the hash is keyed, so that nobody on the link can aim at
 * one place. At most half full, grown by doubling. The loop's thread only.
 */
final class NeighborTable {
  private static final int INITIAL_PLACES = 16;

  private final SipHash sip;
  private @Nullable Neighbor[] places = new @Nullable Neighbor[INITIAL_PLACES];
  private @Nullable Neighbor oldest;
  private @Nullable Neighbor newest;
  private @Nullable Neighbor lastFound;
  private int size;

  NeighborTable(SipHash sip) {
    this.sip = sip;
  }

  int size() {
    return size;
  }

  /** The neighbour that has not been used for the longest time, or null. */
  @Nullable Neighbor oldest() {
    return oldest;
  }

  int hash(long hi, long lo) {
    return (int) sip.hash(hi, lo, 0, 0);
  }

  @Nullable Neighbor find(long hi, long lo) {
    // Most packets go where the one before went.
    Neighbor last = lastFound;
    if (last != null && last.is(hi, lo)) {
      return last;
    }
    int mask = places.length - 1;
    int at = hash(hi, lo) & mask;
    for (Neighbor each = places[at]; each != null; each = places[at]) {
      if (each.is(hi, lo)) {
        lastFound = each;
        return each;
      }
      at = at + 1 & mask;
    }
    return null;
  }

  /** Adds one that is not there yet, as the first to be forgotten. */
  void addOldest(Neighbor added) {
    if (2 * (size + 1) > places.length) {
      grow();
    }
    place(places, added);
    size++;
    added.newer = oldest;
    if (oldest == null) {
      newest = added;
    } else {
      oldest.older = added;
    }
    oldest = added;
  }

  /** Makes it the last to be forgotten. */
  void used(Neighbor neighbor) {
    if (neighbor != newest) {
      unlink(neighbor);
      neighbor.older = newest;
      if (newest == null) {
        oldest = neighbor;
      } else {
        newest.newer = neighbor;
      }
      newest = neighbor;
    }
  }

  void remove(Neighbor removed) {
    int mask = places.length - 1;
    int hole = removed.hash & mask;
    while (places[hole] != removed) {
      hole = hole + 1 & mask;
    }
    // Those behind move up, unless that would take them before the place where their search begins.
    int at = hole + 1 & mask;
    for (Neighbor each = places[at]; each != null; each = places[at]) {
      int distanceFromHome = at - each.hash & mask;
      if (distanceFromHome >= (at - hole & mask)) {
        places[hole] = each;
        hole = at;
      }
      at = at + 1 & mask;
    }
    places[hole] = null;
    unlink(removed);
    size--;
    if (lastFound == removed) {
      lastFound = null;
    }
  }

  private void unlink(Neighbor neighbor) {
    Neighbor older = neighbor.older;
    Neighbor newer = neighbor.newer;
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
    neighbor.older = null;
    neighbor.newer = null;
  }

  private void grow() {
    @Nullable Neighbor[] larger = new @Nullable Neighbor[2 * places.length];
    for (Neighbor each = oldest; each != null; each = each.newer) {
      place(larger, each);
    }
    places = larger;
  }

  private static void place(@Nullable Neighbor[] places, Neighbor neighbor) {
    int mask = places.length - 1;
    int at = neighbor.hash & mask;
    while (places[at] != null) {
      at = at + 1 & mask;
    }
    places[at] = neighbor;
  }
}
