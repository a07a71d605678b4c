package dev.tapstack.sim;

import dev.tapstack.loop.Clock;

/** Virtual time: stands still until it is told to go on. One thread. */
public final class ManualClock implements Clock {
  /** Not 0, so that code which takes 0 for "never" shows itself. */
  public static final long START_NANOS = 1_000_000_000_000L;

  private long nowNanos = START_NANOS;

  @Override
  public long nowNanos() {
    return nowNanos;
  }

  /**
   * Sets the time.
   *
   * @throws IllegalArgumentException if that is in the past
   */
  public void set(long nanos) {
    if (nanos < nowNanos) {
      throw new IllegalArgumentException(nanos + " ns is before " + nowNanos + " ns");
    }
    nowNanos = nanos;
  }

  public void advance(long nanos) {
    set(nowNanos + nanos);
  }
}
