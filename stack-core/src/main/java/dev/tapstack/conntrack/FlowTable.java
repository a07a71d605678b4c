package dev.tapstack.conntrack;

import dev.tapstack.addr.SipHash;
import org.jspecify.annotations.Nullable;

/**
 * Finds flows by the tuple of either side.
 *
 * <p>Theory of operation. Two open-addressing tables lie interleaved in one array: place 2i is for
 * flows by their original tuple, place 2i+1 by their reply tuple. Both have the same number of
 * entries and grow together, and a packet, whose side is not known yet, is looked for in both at
 * once, in the same cache lines. Collisions go to the next place; removal closes the gap, so there
 * are no tombstones. Hashes are not kept, for a million of them would be 8 MB: they are computed
 * again when the table grows, which happens all at once. Places are not a power of two, so that
 * growing by two fifths keeps memory in proportion: 11 to 15 bytes for each flow. The loop's thread
 * only.
 */
final class FlowTable {
  private static final int FIRST_PLACES = 64;

  private final SipHash sip;
  private final Tuple probe = new Tuple();
  private @Nullable Tracked[] slots = new @Nullable Tracked[2 * FIRST_PLACES];
  private int places = FIRST_PLACES;
  private int size;

  FlowTable(SipHash sip) {
    this.sip = sip;
  }

  int size() {
    return size;
  }

  /** Places, taken or free; each has two references. */
  int places() {
    return places;
  }

  /** The flow whose original side has that tuple, else the one whose reply side has, or null. */
  @Nullable Tracked find(Tuple tuple) {
    int home = home(tuple);
    Tracked found = find(tuple, Side.ORIGINAL, home);
    return found != null ? found : find(tuple, Side.REPLY, home);
  }

  /** The flow whose side {@code side} has that tuple, or null. */
  @Nullable Tracked find(Tuple tuple, Side side) {
    return find(tuple, side, home(tuple));
  }

  private @Nullable Tracked find(Tuple tuple, Side side, int home) {
    for (int at = home; ; at = next(at)) {
      Tracked flow = slots[2 * at + side.ordinal()];
      if (flow == null || tuple.isOf(flow, side)) {
        return flow;
      }
    }
  }

  /** Adds a flow of which neither tuple is there. */
  void add(Tracked flow) {
    if (4L * (size + 1) > 3L * places) {
      grow();
    }
    size++;
    put(flow, Side.ORIGINAL);
    put(flow, Side.REPLY);
  }

  /** Removes a flow that is there. */
  void remove(Tracked flow) {
    size--;
    remove(flow, Side.ORIGINAL);
    remove(flow, Side.REPLY);
  }

  private void put(Tracked flow, Side side) {
    int at = home(flow, side);
    while (slots[2 * at + side.ordinal()] != null) {
      at = next(at);
    }
    slots[2 * at + side.ordinal()] = flow;
  }

  private void remove(Tracked flow, Side side) {
    int lane = side.ordinal();
    int gap = home(flow, side);
    while (slots[2 * gap + lane] != flow) {
      gap = next(gap);
    }
    for (int at = next(gap); ; at = next(at)) {
      Tracked follower = slots[2 * at + lane];
      if (follower == null) {
        slots[2 * gap + lane] = null;
        return;
      }
      // It may move into the gap unless its home lies behind the gap.
      if (distance(home(follower, side), at) >= distance(gap, at)) {
        slots[2 * gap + lane] = follower;
        gap = at;
      }
    }
  }

  private void grow() {
    @Nullable Tracked[] old = slots;
    places += places * 2 / 5;
    slots = new @Nullable Tracked[2 * places];
    for (int i = 0; i < old.length; i++) {
      Tracked flow = old[i];
      if (flow != null) {
        put(flow, (i & 1) == 0 ? Side.ORIGINAL : Side.REPLY);
      }
    }
  }

  private int home(Tracked flow, Side side) {
    probe.setTo(flow, side);
    return home(probe);
  }

  private int home(Tuple tuple) {
    return (int) ((tuple.hash(sip) & 0xffff_ffffL) * places >>> 32);
  }

  private int next(int at) {
    return at + 1 == places ? 0 : at + 1;
  }

  /** Steps from one place on to another. */
  private int distance(int from, int to) {
    return to >= from ? to - from : to - from + places;
  }
}
