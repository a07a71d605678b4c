package dev.tapstack.apps.cli.control;

import dev.tapstack.socket.StackContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** What another thread wants to know of a stack: the loop takes it, and the thread waits. */
public final class LoopSnapshot {
  /** How long the loop may take to answer; it is busy for milliseconds at most. */
  private static final long ANSWER_SECONDS = 10;

  /** The loop takes its tasks each turn, of which there are many in a millisecond. */
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private LoopSnapshot() {}

  /**
   * Calls {@code snapshot} in the loop. Any thread but the loop's.
   *
   * @throws ControlException if the stack is ending, or its loop does not answer
   */
  public static <T> T take(StackContext stack, Supplier<T> snapshot) {
    CompletableFuture<T> taken = new CompletableFuture<>();
    if (!stack.execute(() -> complete(taken, snapshot))) {
      throw new ControlException("the process is ending, or too busy");
    }
    try {
      return taken.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new ControlException("no answer from the loop within " + ANSWER_SECONDS + " s", e);
    } catch (InterruptedException e) {
      throw new ControlException("the process is ending", e);
    } catch (ExecutionException e) {
      throw new ControlException("cannot be told: " + e.getCause(), e);
    }
  }

  /** Has {@code task} run in the loop as soon as that has room for it; never if it has ended. */
  static void later(StackContext stack, Runnable task) {
    while (!stack.isClosed() && !stack.execute(task)) {
      LockSupport.parkNanos(RETRY_NANOS);
    }
  }

  /** The loop goes on whatever happens to a snapshot. */
  private static <T> void complete(CompletableFuture<T> taken, Supplier<T> snapshot) {
    try {
      taken.complete(snapshot.get());
    } catch (RuntimeException e) {
      taken.completeExceptionally(e);
    }
  }
}
