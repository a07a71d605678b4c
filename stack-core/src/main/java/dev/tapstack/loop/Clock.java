package dev.tapstack.loop;

/** Where time comes from. Any thread. */
@FunctionalInterface
public interface Clock {
  /** Nanoseconds since an arbitrary origin; never goes back. Compare by difference. */
  long nowNanos();

  /** The machine's monotonic clock. */
  static Clock system() {
    return System::nanoTime;
  }
}
