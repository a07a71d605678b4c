package dev.tapstack.blocking;

import dev.tapstack.loop.Clock;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where one caller at a time parks until the loop, or another caller, has changed something.
 *
 * <p>Whoever changes a volatile field and then calls {@link #signal} wakes a waiter whose condition
 * reads that field: the waiter names itself before it looks, so no wakeup is lost, and the signal
 * never waits. Parks by {@link LockSupport}: a virtual thread leaves its carrier.
 */
final class WaitPoint {
  private static final Clock CLOCK = Clock.system();

  private final ReentrantLock turn = new ReentrantLock();
  private volatile @Nullable Thread waiting;

  /** Waits for the turn to use this point; callers queue here, the loop never comes. */
  void lock() {
    turn.lock();
  }

  void unlock() {
    turn.unlock();
  }

  /** Has the waiter look again. Any thread; does not block. */
  void signal() {
    LockSupport.unpark(waiting);
  }

  /**
   * Parks until {@code isDone}. To be called with the turn held. As the JDK's own sockets do it,
   * the interruption of a virtual thread ends the wait, that of a platform thread does not.
   *
   * @param timeoutMillis 0 for no limit
   * @return false if the time ran out first
   * @throws InterruptedIOException if a virtual thread is interrupted; it stays so
   */
  boolean await(BooleanSupplier isDone, int timeoutMillis) throws InterruptedIOException {
    assert turn.isHeldByCurrentThread();
    long startNanos = CLOCK.nowNanos();
    long limitNanos = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    Thread self = Thread.currentThread();
    boolean wasInterrupted = false;
    waiting = self;
    try {
      while (!isDone.getAsBoolean()) {
        if (self.isVirtual() && self.isInterrupted()) {
          throw new InterruptedIOException();
        }
        wasInterrupted |= Thread.interrupted(); // else it could not park
        if (timeoutMillis == 0) {
          LockSupport.park(this);
        } else {
          long leftNanos = limitNanos - (CLOCK.nowNanos() - startNanos);
          if (leftNanos <= 0) {
            return false;
          }
          LockSupport.parkNanos(this, leftNanos);
        }
      }
      return true;
    } finally {
      waiting = null;
      if (wasInterrupted) {
        self.interrupt();
      }
    }
  }
}
