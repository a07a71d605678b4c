package dev.tapstack.apps.cli.control;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The way of events out of the loop: a ring that one thread fills and another empties, without a
 * lock. An event for which there is no room is lost and counted.
 *
 * <p>{@link #put} is the loop's; the other methods are the client thread's.
 */
final class EventQueue<E> {
  /** An event, and how many were lost before it since the beginning. */
  record Entry<E>(long epochNanos, long lost, E event) {}

  private final AtomicReferenceArray<@Nullable Entry<E>> ring;
  private final AtomicLong lost = new AtomicLong();
  private int put; // the loop's
  private int taken; // the client's

  /**
   * @param events how many wait at most: a power of two
   */
  EventQueue(int events) {
    assert Integer.bitCount(events) == 1;
    ring = new AtomicReferenceArray<>(events);
  }

  void put(long epochNanos, E event) {
    int at = put & ring.length() - 1;
    if (ring.get(at) != null) {
      lost.incrementAndGet();
      return;
    }
    ring.set(at, new Entry<>(epochNanos, lost.get(), event));
    put++;
  }

  /** Takes the oldest, or null if there is none. */
  @Nullable Entry<E> take() {
    int at = taken & ring.length() - 1;
    Entry<E> oldest = ring.get(at);
    if (oldest != null) {
      ring.set(at, null);
      taken++;
    }
    return oldest;
  }

  boolean isEmpty() {
    return ring.get(taken & ring.length() - 1) == null;
  }

  /** Events lost so far. */
  long lost() {
    return lost.get();
  }
}
