package dev.tapstack.loop;

import org.jspecify.annotations.Nullable;

/**
 * A timer: made once by its owner and armed again and again without allocating. The loop's thread
 * only.
 *
 * <p>Its links belong to the {@link TimerWheel}.
 */
public final class Timer {
  /** What a timer does when it is due. */
  @FunctionalInterface
  public interface Action {
    void run(long nowNanos);
  }

  final Action action;
  long deadlineNanos;
  int slot = -1;
  @Nullable Timer previous;
  @Nullable Timer next;

  public Timer(Action action) {
    this.action = action;
  }

  public boolean isArmed() {
    return slot >= 0;
  }

  /** When it is due; meaningful only while it is armed. */
  public long deadlineNanos() {
    return deadlineNanos;
  }
}
