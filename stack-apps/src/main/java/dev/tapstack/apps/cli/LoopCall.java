package dev.tapstack.apps.cli;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * One piece of work in the loop that another thread asks for, as often as it likes: at most one
 * such task waits in the loop's queue. {@link #request} is for any thread but the loop's.
 */
final class LoopCall {
  /** How long a full queue of the loop is left alone before the next try. */
  private static final long RETRY_NANOS = 1_000_000;

  private final Predicate<Runnable> loop;
  private final Runnable work;
  private final AtomicBoolean isRequested = new AtomicBoolean();
  private volatile boolean isClosed;

  /**
   * @param loop runs a task in the loop, as {@link dev.tapstack.socket.StackContext#execute} does
   * @param work what is to be done there
   */
  LoopCall(Predicate<Runnable> loop, Runnable work) {
    this.loop = loop;
    this.work = work;
  }

  /** The work will be done after this. Waits while the loop's queue is full. */
  void request() {
    if (!isRequested.compareAndSet(false, true)) {
      return;
    }
    while (!isClosed && !loop.test(this::run)) {
      LockSupport.parkNanos(RETRY_NANOS);
    }
  }

  private void run() {
    isRequested.set(false);
    if (!isClosed) {
      work.run();
    }
  }

  /** No work is done any more. Any thread. */
  void close() {
    isClosed = true;
  }
}
