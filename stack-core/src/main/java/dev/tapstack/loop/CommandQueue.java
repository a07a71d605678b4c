package dev.tapstack.loop;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The way into a loop from other threads: a bounded queue of tasks, many producers, the loop's
 * thread as the one consumer, no lock on its side.
 *
 * <p>A ring in which a producer first takes a ticket, then publishes its task in the ticket's
 * place; the consumer stops at a place that is not published yet.
 */
final class CommandQueue {
  private final AtomicReferenceArray<@Nullable Runnable> ring;
  private final int mask;
  private final AtomicLong tail = new AtomicLong();
  private volatile long head;

  /** A queue of {@code capacity} places, a power of two. */
  CommandQueue(int capacity) {
    ring = new AtomicReferenceArray<>(capacity);
    mask = capacity - 1;
  }

  /** Puts a task in; false if the queue is full. Any thread. */
  boolean offer(Runnable task) {
    long ticket;
    do {
      ticket = tail.get();
      if (ticket - head > mask) {
        return false;
      }
    } while (!tail.compareAndSet(ticket, ticket + 1));
    ring.set((int) ticket & mask, task);
    return true;
  }

  /** Takes the oldest published task, or null. The loop's thread only. */
  @Nullable Runnable poll() {
    int place = (int) head & mask;
    Runnable task = ring.get(place);
    if (task != null) {
      ring.set(place, null);
      head = head + 1;
    }
    return task;
  }

  /** Whether no published task waits. The loop's thread only. */
  boolean isEmpty() {
    return ring.get((int) head & mask) == null;
  }
}
