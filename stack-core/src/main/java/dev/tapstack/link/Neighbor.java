package dev.tapstack.link;

import dev.tapstack.loop.Timer;
import dev.tapstack.packet.PacketQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An entry of the {@link NeighborCache}, which alone changes it. The loop's thread only. */
final class Neighbor {
  /** No link address is known yet. */
  static final long NO_MAC = -1;

  /** As many packets as the largest datagram has fragments (45), and some more. */
  private static final int MAX_WAITING = 64;

  /** Linux: net.ipv4.neigh.default.unres_qlen_bytes. */
  private static final int MAX_WAITING_BYTES = 212_992;

  final long hi;
  final long lo;
  final int hash;
  final Timer timer;
  final PacketQueue waiting = new PacketQueue(MAX_WAITING, MAX_WAITING_BYTES);

  NeighborState state = NeighborState.INCOMPLETE;
  long mac = NO_MAC;

  /** Questions sent without an answer. */
  int attempts;

  /** How long a confirmation holds; drawn when the neighbour becomes reachable. */
  long reachableNanos;

  /** Until when the last confirmation, or failure, holds. */
  long validUntilNanos;

  // Neighbours in the order of their last use.
  @Nullable Neighbor older;
  @Nullable Neighbor newer;

  Neighbor(long hi, long lo, int hash, Consumer<Neighbor> whenDue) {
    this.hi = hi;
    this.lo = lo;
    this.hash = hash;
    this.timer = new Timer(now -> whenDue.accept(this));
  }

  boolean is(long hi, long lo) {
    return this.lo == lo && this.hi == hi;
  }
}
