package dev.tapstack.apps.cli.control;

import dev.tapstack.socket.StackContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** What another thread wants to know of a stack: the loop takes it, and the thread waits. */
public final class LoopSnapshot {
  /** How long the loop may take to answer; it is busy for milliseconds at most. */
  private static final long ANSWER_SECONDS = 10;

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

  /** The loop goes on whatever happens to a snapshot. */
  private static <T> void complete(CompletableFuture<T> taken, Supplier<T> snapshot) {
    try {
      taken.complete(snapshot.get());
    } catch (RuntimeException e) {
      taken.completeExceptionally(e);
    }
  }
}
