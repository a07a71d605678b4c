package dev.tapstack.conntrack;

import dev.tapstack.addr.SipHash;
import org.jspecify.annotations.Nullable;

/**
 * Finds flows by the tuple of either side.
 *
 * <p>Theory of operation. A {@link FlowPlaces} has places for both sides of each flow. When it is
 * three quarters full, one that is larger by two fifths takes its place, and with each flow that is
 * added some entries move over, so that no packet waits for a million of them: a growth is over
 * before a hundredth more flows have come. Until then lookups ask both. Hashes are not kept, for a
 * million of them would be 8 MB: they are computed again. The loop's thread only.
 */
final class FlowTable {
  private static final int FIRST_PLACES = 64;

  /** Places of the old array that are cleared for each flow that is added. */
  private static final int PLACES_A_STEP = 128;

  private final SipHash sip;
  private final Tuple probe = new Tuple();
  private FlowPlaces current;
  private @Nullable FlowPlaces old;
  private int cleared; // places of the old array that are empty, from the first
  private int size;
  private @Nullable Tracked lastFound; // is in the table

  FlowTable(SipHash sip) {
    this.sip = sip;
    current = new FlowPlaces(FIRST_PLACES);
  }

  int size() {
    return size;
  }

  /** Places, taken or free, without those that are about to go; each has two references. */
  int places() {
    return current.places();
  }

  /**
   * The flow of which a side has that tuple, or null. Two may have it only where sides are told
   * apart by more than tuples: then ask for a side.
   */
  @Nullable Tracked find(Tuple tuple) {
    // Most packets belong where the one before belonged: segments come in rows, then their ACKs.
    Tracked last = lastFound;
    if (last != null && (tuple.isOf(last, Side.ORIGINAL) || tuple.isOf(last, Side.REPLY))) {
      return last;
    }
    int hash = tuple.hash(sip);
    Tracked found = find(tuple, hash, Side.ORIGINAL);
    if (found == null) {
      found = find(tuple, hash, Side.REPLY);
    }
    if (found != null) {
      lastFound = found;
    }
    return found;
  }

  /** The flow whose side {@code side} has that tuple, or null. */
  @Nullable Tracked find(Tuple tuple, Side side) {
    return find(tuple, tuple.hash(sip), side);
  }

  private @Nullable Tracked find(Tuple tuple, int hash, Side side) {
    Tracked found = current.find(tuple, hash, side);
    return found != null || old == null ? found : old.find(tuple, hash, side);
  }

  /** Adds a flow of which neither tuple is there. */
  void add(Tracked flow) {
    if (old != null) {
      move(old);
    }
    if (4L * (size + 1) > 3L * current.places()) {
      assert old == null : "the last growth is not over";
      old = current;
      cleared = 0;
      current = new FlowPlaces(old.places() + old.places() * 2 / 5);
    }
    size++;
    current.put(flow, hash(flow, Side.ORIGINAL), Side.ORIGINAL);
    current.put(flow, hash(flow, Side.REPLY), Side.REPLY);
  }

  /** Removes a flow that is there. */
  void remove(Tracked flow) {
    size--;
    if (lastFound == flow) {
      lastFound = null;
    }
    remove(flow, Side.ORIGINAL);
    remove(flow, Side.REPLY);
  }

  private void remove(Tracked flow, Side side) {
    int hash = hash(flow, side);
    if (!current.remove(flow, hash, side, this) && old != null) {
      boolean isRemoved = old.remove(flow, hash, side, this);
      assert isRemoved;
    }
  }

  private void move(FlowPlaces from) {
    int end = Math.min(from.places(), cleared + PLACES_A_STEP);
    for (; cleared < end; cleared++) {
      move(from, Side.ORIGINAL);
      move(from, Side.REPLY);
    }
    if (cleared == from.places()) {
      old = null;
    }
  }

  /** Empties a place, into which the closing of the gap may bring another entry. */
  private void move(FlowPlaces from, Side side) {
    for (Tracked flow = from.at(cleared, side); flow != null; flow = from.at(cleared, side)) {
      int hash = hash(flow, side);
      from.remove(flow, hash, side, this);
      current.put(flow, hash, side);
    }
  }

  int hash(Tracked flow, Side side) {
    probe.setTo(flow, side);
    return probe.hash(sip);
  }
}
