package dev.tapstack.conntrack;

import org.jspecify.annotations.Nullable;

/**
 * The array of a {@link FlowTable}: two open-addressing tables interleaved. Place 2i is for flows
 * by their original tuple, place 2i+1 by their reply tuple, so that a packet whose side is not
 * known yet is looked for in both in the same cache lines. Collisions go to the next place; removal
 * closes the gap, so there are no tombstones. The number of places need not be a power of two, so
 * that memory stays in proportion: 11 to 15 bytes for each flow. The loop's thread only.
 */
final class FlowPlaces {
  private final @Nullable Tracked[] slots;
  private final int places;

  FlowPlaces(int places) {
    this.places = places;
    slots = new @Nullable Tracked[2 * places];
  }

  int places() {
    return places;
  }

  /** What stands at a place of that side's table. */
  @Nullable Tracked at(int place, Side side) {
    return slots[2 * place + side.ordinal()];
  }

  @Nullable Tracked find(Tuple tuple, int hash, Side side) {
    for (int at = home(hash); ; at = next(at)) {
      Tracked flow = at(at, side);
      if (flow == null || tuple.isOf(flow, side)) {
        return flow;
      }
    }
  }

  void put(Tracked flow, int hash, Side side) {
    int at = home(hash);
    while (at(at, side) != null) {
      at = next(at);
    }
    slots[2 * at + side.ordinal()] = flow;
  }

  /**
   * Removes a flow from the table of that side.
   *
   * @param hashes hashes those that may move into the gap
   * @return false if it is not there
   */
  boolean remove(Tracked flow, int hash, Side side, FlowTable hashes) {
    int gap = home(hash);
    for (Tracked each = at(gap, side); each != flow; each = at(gap, side)) {
      if (each == null) {
        return false;
      }
      gap = next(gap);
    }
    int lane = side.ordinal();
    for (int at = next(gap); ; at = next(at)) {
      Tracked follower = at(at, side);
      if (follower == null) {
        slots[2 * gap + lane] = null;
        return true;
      }
      // It may move into the gap unless its home lies behind the gap.
      if (distance(home(hashes.hash(follower, side)), at) >= distance(gap, at)) {
        slots[2 * gap + lane] = follower;
        gap = at;
      }
    }
  }

  private int home(int hash) {
    return (int) ((hash & 0xffff_ffffL) * places >>> 32);
  }

  private int next(int at) {
    return at + 1 == places ? 0 : at + 1;
  }

  /** Steps from one place on to another. */
  private int distance(int from, int to) {
    return to >= from ? to - from : to - from + places;
  }
}
