package dev.tapstack.loop;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Waits by parking the loop's thread: for loops whose sources are all in memory. */
public final class ParkWaiter implements Waiter {
  private final AtomicBoolean woken = new AtomicBoolean();
  private volatile @Nullable Thread waiting;

  @Override
  public void await(long nanos) {
    waiting = Thread.currentThread();
    if (!woken.get() && nanos > 0) {
      LockSupport.parkNanos(this, nanos);
    }
    woken.set(false);
  }

  @Override
  public void wakeup() {
    woken.set(true);
    LockSupport.unpark(waiting);
  }

  @Override
  public void close() {}
}
