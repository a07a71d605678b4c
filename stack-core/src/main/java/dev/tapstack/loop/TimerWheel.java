package dev.tapstack.loop;

import org.jspecify.annotations.Nullable;

/**
 * A hierarchical timing wheel (Varghese and Lauck, 1987, scheme 7): arming and cancelling cost the
 * same whatever the number of timers.
 *
 * <p>Theory of operation. Time is cut into ticks of 2^20 ns (1.05 ms). Level 0 has a slot for each
 * of the next 64 ticks, level n for each of the next 64 spans of 64^n ticks; seven levels reach
 * further than {@link #MAX_DELTA_NANOS}. A timer sits in the slot of the highest 6-bit digit in
 * which its due tick differs from the present one; when time reaches that slot it moves down. A
 * timer is never early: its tick is its deadline rounded up. Timers of one tick fire in the order
 * in which they reached its slot, so that a run with the same seed repeats exactly. A bit map for
 * each level makes the next deadline cheap.
 *
 * <p>The loop's thread only.
 */
public final class TimerWheel {
  private static final int TICK_SHIFT = 20;
  private static final int LEVEL_BITS = 6;
  private static final int SLOTS = 1 << LEVEL_BITS;
  private static final int LEVELS = 7;

  /** Deadlines further than this (36 years) from the wheel's origin fire then. */
  private static final long MAX_DELTA_NANOS = 1L << 60;

  private final @Nullable Timer[] heads = new @Nullable Timer[LEVELS * SLOTS];
  private final @Nullable Timer[] tails = new @Nullable Timer[LEVELS * SLOTS];
  private final long[] occupied = new long[LEVELS];
  private final long originNanos;
  private long tick; // all timers of ticks up to and including this one have fired
  private int armed;

  /** A wheel whose time begins at {@code originNanos}. */
  public TimerWheel(long originNanos) {
    this.originNanos = originNanos;
  }

  /**
   * Arms {@code timer}, again if it is armed already, to fire at the end of the tick of {@code
   * deadlineNanos}.
   */
  public void arm(Timer timer, long deadlineNanos) {
    cancel(timer);
    timer.deadlineNanos = deadlineNanos;
    armed++;
    link(timer, Math.max(dueTick(deadlineNanos), tick + 1));
  }

  /** Disarms {@code timer}; nothing happens if it is not armed. */
  public void cancel(Timer timer) {
    if (timer.slot >= 0) {
      unlink(timer);
      armed--;
    }
  }

  /** How many timers are armed. */
  public int armed() {
    return armed;
  }

  /**
   * Fires every timer whose deadline is at or before {@code nowNanos}, those included that are
   * armed meanwhile.
   */
  public void advance(long nowNanos) {
    long target = (nowNanos - originNanos) >> TICK_SHIFT;
    while (tick < target) {
      long next = nextOccupiedTick();
      if (next > target) {
        tick = target;
        return;
      }
      tick = next;
      cascade();
      int slot = (int) (tick & SLOTS - 1);
      for (Timer timer = heads[slot]; timer != null; timer = heads[slot]) {
        unlink(timer);
        armed--;
        timer.action.run(nowNanos);
      }
    }
  }

  /** The earliest time at which {@link #advance} has something to do, or {@link Long#MAX_VALUE}. */
  public long nextDeadlineNanos() {
    long next = nextOccupiedTick();
    return next == Long.MAX_VALUE ? Long.MAX_VALUE : originNanos + (next << TICK_SHIFT);
  }

  private long dueTick(long deadlineNanos) {
    long delta = deadlineNanos == Long.MAX_VALUE ? MAX_DELTA_NANOS : deadlineNanos - originNanos;
    return Math.min(delta, MAX_DELTA_NANOS) + (1L << TICK_SHIFT) - 1 >> TICK_SHIFT;
  }

  private void link(Timer timer, long due) {
    long differing = due ^ tick;
    int level = differing == 0 ? 0 : (63 - Long.numberOfLeadingZeros(differing)) / LEVEL_BITS;
    int index = (int) (due >>> level * LEVEL_BITS) & SLOTS - 1;
    int slot = level * SLOTS + index;
    occupied[level] |= 1L << index;
    timer.slot = slot;
    timer.next = null;
    Timer tail = tails[slot];
    timer.previous = tail;
    if (tail == null) {
      heads[slot] = timer;
    } else {
      tail.next = timer;
    }
    tails[slot] = timer;
  }

  private void unlink(Timer timer) {
    int slot = timer.slot;
    Timer previous = timer.previous;
    Timer next = timer.next;
    if (previous == null) {
      heads[slot] = next;
    } else {
      previous.next = next;
    }
    if (next == null) {
      tails[slot] = previous;
    } else {
      next.previous = previous;
    }
    if (heads[slot] == null) {
      occupied[slot / SLOTS] &= ~(1L << slot % SLOTS);
    }
    timer.previous = null;
    timer.next = null;
    timer.slot = -1;
  }

  /**
   * Moves timers whose span begins at {@link #tick} down, from the highest level that begins there.
   */
  private void cascade() {
    for (int level = LEVELS - 1; level > 0; level--) {
      if ((tick & (1L << level * LEVEL_BITS) - 1) == 0) {
        int slot = level * SLOTS + ((int) (tick >>> level * LEVEL_BITS) & SLOTS - 1);
        for (Timer timer = heads[slot]; timer != null; timer = heads[slot]) {
          unlink(timer);
          link(timer, Math.max(dueTick(timer.deadlineNanos), tick));
        }
      }
    }
  }

  /** The first tick after the present one at which a slot is reached, of whatever level. */
  private long nextOccupiedTick() {
    for (int level = 0; level < LEVELS; level++) {
      int shift = level * LEVEL_BITS;
      int index = (int) (tick >>> shift) & SLOTS - 1;
      // Slots of a level lie after the present digit: lower ones would differ in a higher digit.
      long later = index == SLOTS - 1 ? 0 : occupied[level] & -1L << (index + 1);
      if (later != 0) {
        long base = tick >>> (shift + LEVEL_BITS) << (shift + LEVEL_BITS);
        return base | (long) Long.numberOfTrailingZeros(later) << shift;
      }
    }
    return Long.MAX_VALUE;
  }
}
