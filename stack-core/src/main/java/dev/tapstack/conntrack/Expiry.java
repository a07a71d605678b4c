package dev.tapstack.conntrack;

import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Timer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds flows that have been idle for too long.
 *
 * <p>Theory of operation. A packet writes the time into its flow, and nothing else. Flows of one
 * {@link IdleClass} stand in a list, those that are not assured in another. The head of each list
 * is looked at when it has stood there for an eighth of its timeout: if its time is up it ends,
 * else it goes to the tail. So a flow is looked at eight times in the course of its timeout, and
 * its memory is freed an eighth late at most; lookups treat it as gone at once ({@link #isOver}).
 * The lists are in the order of looking, so the head of those not assured is among the longest
 * idle, which is what eviction wants. The timer is armed for the earliest head, and not while there
 * are no flows. The loop's thread only.
 */
final class Expiry {
  /** Value of {@link Tracked#list} of a flow that stands in none. */
  static final byte NO_LIST = -1;

  /** Looks within one timeout. */
  private static final int LOOKS = 8;

  /** Flows looked at in one turn, so that packets need not wait long (measured: 0.7 us each). */
  private static final int MOST_LOOKS_AT_ONCE = 1024;

  /** Looks that are due within this time are taken together. */
  private static final long LEAST_PAUSE_NANOS = 20_000_000;

  /** A look that had to be put off. */
  private static final long NEXT_TURN_NANOS = 1_000_000;

  /** Ticks of 2^20 ns (1.05 ms), whose 32 bits pass round in 52 days. */
  private static final int TICK_SHIFT = 20;

  private static final IdleClass[] CLASSES = IdleClass.values();

  /** Refreshed heads that eviction passes over before it takes what it finds. */
  private static final int EVICTION_TRIES = 16;

  private final StackLoop loop;
  private final Consumer<Tracked> end;
  private final Timer timer = new Timer(this::look);
  private final @Nullable Tracked[] heads = new @Nullable Tracked[2 * CLASSES.length];
  private final @Nullable Tracked[] tails = new @Nullable Tracked[2 * CLASSES.length];
  private final int[] timeoutTicks = new int[CLASSES.length];

  /**
   * @param end is to end a flow, which includes {@link #remove}
   */
  Expiry(StackLoop loop, ConntrackConfig config, Consumer<Tracked> end) {
    this.loop = loop;
    this.end = end;
    for (IdleClass each : CLASSES) {
      timeoutTicks[each.ordinal()] = (int) (config.nanos(each) >> TICK_SHIFT) + 1;
    }
  }

  /** The time, as flows keep it. */
  int nowTick() {
    return (int) (loop.nowNanos() >> TICK_SHIFT);
  }

  /** Whether a flow in the table has been idle for too long. */
  boolean isOver(Tracked flow, int nowTick) {
    return nowTick - flow.lastSeenTick > timeout(flow);
  }

  /**
   * Whether a flow that is to enter the table has been idle for too long ({@link
   * Tracked#idleSince}).
   */
  boolean isOver(Tracked flow, IdleClass idle, int nowTick) {
    return nowTick - flow.lastSeenTick > timeoutTicks[idle.ordinal()];
  }

  /** How long a flow in the table has left if it stays idle; 0 if it is over. */
  long remainingNanos(Tracked flow, int nowTick) {
    int ticks = timeout(flow) - (nowTick - flow.lastSeenTick);
    return (long) Math.max(0, ticks) << TICK_SHIFT;
  }

  private int timeout(Tracked flow) {
    return timeoutTicks[flow.list >> 1];
  }

  /** Puts a flow into the list where it belongs now, if it stands in another or in none. */
  void place(Tracked flow, IdleClass idle) {
    byte list = (byte) (2 * idle.ordinal() + (flow.isAssured ? 0 : 1));
    if (flow.list == list) {
      return;
    }
    if (flow.list != NO_LIST) {
      unlink(flow);
    }
    flow.list = list;
    append(flow, nowTick());
    arm(flow, LEAST_PAUSE_NANOS);
  }

  /** Takes a flow that ends out of its list. */
  void remove(Tracked flow) {
    unlink(flow);
    flow.list = NO_LIST;
  }

  /**
   * Of the flows that are not assured, one that has been idle for longest (nearly); null if none.
   */
  @Nullable Tracked oldestUnassured() {
    Tracked oldest = null;
    for (int list = 1; list < heads.length; list += 2) {
      Tracked head = longestIdle(list);
      if (head != null && (oldest == null || head.lastSeenTick - oldest.lastSeenTick < 0)) {
        oldest = head;
      }
    }
    return oldest;
  }

  private @Nullable Tracked longestIdle(int list) {
    int now = nowTick();
    Tracked head = heads[list];
    for (int i = 0;
        i < EVICTION_TRIES && head != null && head.lastSeenTick != head.queuedTick;
        i++) {
      if (head.lastSeenTick - head.queuedTick <= 0) {
        break; // not refreshed since it was looked at
      }
      unlink(head);
      append(head, now);
      head = heads[list];
    }
    return head;
  }

  /** Every flow, list after list. */
  void forEach(Consumer<Tracked> action) {
    for (Tracked head : heads) {
      for (Tracked flow = head; flow != null; flow = flow.next) {
        action.accept(flow);
      }
    }
  }

  /** Forgets the timer; the flows stay. */
  void close() {
    loop.timers().cancel(timer);
  }

  private void look(long nowNanos) {
    int now = nowTick();
    int left = MOST_LOOKS_AT_ONCE;
    for (int list = 0; list < heads.length; list++) {
      for (Tracked flow = heads[list]; flow != null && isLookDue(flow, now); flow = heads[list]) {
        if (left-- == 0) {
          loop.armIn(timer, NEXT_TURN_NANOS);
          return;
        }
        if (isOver(flow, now)) {
          end.accept(flow);
        } else {
          unlink(flow);
          append(flow, now);
        }
      }
    }
    for (Tracked head : heads) {
      if (head != null) {
        arm(head, LEAST_PAUSE_NANOS);
      }
    }
  }

  private int lookTicks(Tracked flow) {
    return Math.max(1, timeout(flow) / LOOKS);
  }

  private boolean isLookDue(Tracked flow, int now) {
    return now - flow.queuedTick >= lookTicks(flow);
  }

  /** Sees to it that the timer fires when a flow is due for a look, or earlier. */
  private void arm(Tracked flow, long leastNanos) {
    int ticks = lookTicks(flow) - (nowTick() - flow.queuedTick);
    long delayNanos = Math.max(leastNanos, (ticks + 1L) << TICK_SHIFT);
    if (!timer.isArmed() || timer.deadlineNanos() > loop.nowNanos() + delayNanos) {
      loop.armIn(timer, delayNanos);
    }
  }

  private void append(Tracked flow, int now) {
    int list = flow.list;
    flow.queuedTick = now;
    Tracked tail = tails[list];
    flow.previous = tail;
    if (tail == null) {
      heads[list] = flow;
    } else {
      tail.next = flow;
    }
    tails[list] = flow;
  }

  private void unlink(Tracked flow) {
    int list = flow.list;
    Tracked previous = flow.previous;
    Tracked next = flow.next;
    if (previous == null) {
      heads[list] = next;
    } else {
      previous.next = next;
    }
    if (next == null) {
      tails[list] = previous;
    } else {
      next.previous = previous;
    }
    flow.previous = null;
    flow.next = null;
  }
}
