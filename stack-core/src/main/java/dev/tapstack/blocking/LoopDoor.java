package dev.tapstack.blocking;

import dev.tapstack.socket.StackContext;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The way of callers into the loop: commands, never bytes. Any thread but the loop's, which must
 * not wait for itself.
 */
final class LoopDoor {
  /** Between two offers to a full queue: it empties within a turn of the loop. */
  private static final long OFFER_AGAIN_NANOS = 50_000;

  /** How often a caller looks whether a stack has closed with its command still in the queue. */
  private static final long LOOK_NANOS = 100_000_000;

  /** How often one that waits for the network looks whether the stack has closed. */
  private static final int LOOK_MILLIS = 1000;

  private final StackContext stack;

  LoopDoor(StackContext stack) {
    this.stack = stack;
  }

  StackContext stack() {
    return stack;
  }

  /**
   * For the beginning of each call that may wait.
   *
   * @throws IllegalStateException on the loop's thread
   */
  void requireOutside() {
    if (stack.inLoop()) {
      throw new IllegalStateException(
          "a blocking call on the thread of "
              + stack.name()
              + "'s loop would wait for itself: use TcpConnection there, or another thread");
    }
  }

  /** Has the loop run {@code task}, waiting while its queue is full; false if the stack closed. */
  boolean submit(Runnable task) {
    requireOutside();
    while (!stack.execute(task)) {
      if (stack.isClosed()) {
        return false;
      }
      LockSupport.parkNanos(this, OFFER_AGAIN_NANOS);
    }
    return true;
  }

  /**
   * Runs {@code task} in the loop and waits for what it returns or throws. Not interruptible: it
   * takes a turn of the loop.
   */
  <T> T call(Supplier<T> task) throws SocketException {
    Call<T> call = new Call<>(task);
    if (!submit(call)) {
      throw stackClosed();
    }
    return call.await();
  }

  /**
   * As {@link WaitPoint#await}, for what a stack that closes does not tell: its end is the end of
   * the waiting, too.
   */
  boolean await(WaitPoint at, BooleanSupplier isDone, int timeoutMillis)
      throws InterruptedIOException {
    BooleanSupplier isOver = () -> isDone.getAsBoolean() || stack.isClosed();
    for (int waited = 0; timeoutMillis == 0 || waited < timeoutMillis; ) {
      int piece = timeoutMillis == 0 ? LOOK_MILLIS : Math.min(timeoutMillis - waited, LOOK_MILLIS);
      if (at.await(isOver, piece)) {
        return true;
      }
      waited += timeoutMillis == 0 ? 0 : piece;
    }
    return false;
  }

  private static SocketException stackClosed() {
    return new SocketException("Stack closed");
  }

  /** A task with its outcome. */
  private final class Call<T> implements Runnable {
    private final Supplier<T> task;
    private final Thread caller = Thread.currentThread();
    private @Nullable T result;
    private @Nullable RuntimeException failure;
    private volatile boolean isDone; // written last: publishes the outcome

    Call(Supplier<T> task) {
      this.task = task;
    }

    @Override
    public void run() {
      try {
        result = task.get();
      } catch (RuntimeException e) {
        failure = e;
      }
      isDone = true;
      LockSupport.unpark(caller);
    }

    T await() throws SocketException {
      boolean wasInterrupted = false;
      try {
        while (!isDone) {
          // A stack may close with the task still in its queue, and then nobody runs it.
          if (stack.isClosed()) {
            throw stackClosed();
          }
          LockSupport.parkNanos(this, LOOK_NANOS);
          wasInterrupted |= Thread.interrupted(); // else it could not park
        }
      } finally {
        if (wasInterrupted) {
          caller.interrupt();
        }
      }
      if (failure != null) {
        throw failure;
      }
      return Objects.requireNonNull(result);
    }
  }
}
