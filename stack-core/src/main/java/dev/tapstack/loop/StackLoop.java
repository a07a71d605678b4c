package dev.tapstack.loop;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One loop, one owner: its thread alone touches the stacks that run on it (DESIGN: one loop, one
 * owner).
 *
 * <p>A turn is {@link #runOnce}: time once; commands; sources that announced work; due timers; what
 * was marked for the end of the turn. Methods are for the loop's thread unless they say otherwise.
 */
public final class StackLoop {
  /**
   * Pieces of work that one source may do in a turn, so that no source keeps others or timers
   * waiting.
   */
  private static final int SOURCE_BUDGET = 256;

  /** Tasks from other threads that may wait; a refused one is the caller's to try again. */
  private static final int COMMAND_CAPACITY = 4096;

  private static final Logger LOG = LoggerFactory.getLogger(StackLoop.class);

  private final Clock clock;
  private final Waiter waiter;
  private final TimerWheel timers;
  private final CommandQueue commands = new CommandQueue(COMMAND_CAPACITY);
  private final ArrayDeque<Registration> announced = new ArrayDeque<>();
  private ArrayList<TurnEnd> marked = new ArrayList<>();
  private ArrayList<TurnEnd> running = new ArrayList<>();
  private long nowNanos;
  private volatile @Nullable Thread owner;
  private volatile boolean stopped;

  public StackLoop(Clock clock, Waiter waiter) {
    this.clock = clock;
    this.waiter = waiter;
    this.nowNanos = clock.nowNanos();
    this.timers = new TimerWheel(nowNanos);
  }

  /** A source that the loop knows; {@link #announce} says that it has work. */
  public final class Registration {
    private final Source source;
    private boolean isAnnounced;
    private boolean isClosed;

    private Registration(Source source) {
      this.source = source;
    }

    /** The source will be polled in this turn or the next. Idempotent. */
    public void announce() {
      if (!isAnnounced && !isClosed) {
        isAnnounced = true;
        announced.add(this);
      }
    }

    /** The source is not polled any more. */
    public void close() {
      isClosed = true;
    }
  }

  /** The time of the present turn. */
  public long nowNanos() {
    return nowNanos;
  }

  public Clock clock() {
    return clock;
  }

  public TimerWheel timers() {
    return timers;
  }

  /** Arms {@code timer} to fire {@code delayNanos} after the present turn's time. */
  public void armIn(Timer timer, long delayNanos) {
    timers.arm(timer, nowNanos + delayNanos);
  }

  /** Makes {@code source} known; it is polled when it is announced. */
  public Registration register(Source source) {
    return new Registration(source);
  }

  /**
   * Runs {@code work} at the end of this turn. What is asked for while such work runs is done in
   * the same turn, in a further round. The caller sees to it that it asks only once.
   */
  public void atTurnEnd(TurnEnd work) {
    marked.add(work);
  }

  /**
   * Runs {@code task} on the loop's thread in its next turn. Any thread.
   *
   * @return false if the queue of tasks is full or the loop has stopped: try again, or fail
   */
  public boolean execute(Runnable task) {
    if (stopped || !commands.offer(task)) {
      return false;
    }
    waiter.wakeup();
    return true;
  }

  /** Whether the calling thread is the one that runs this loop. */
  public boolean inLoop() {
    return Thread.currentThread() == owner;
  }

  /**
   * One turn at {@code now}.
   *
   * @return the time of the next turn that is needed: {@code now} if work is left, {@link
   *     Long#MAX_VALUE} if nothing is due
   */
  public long runOnce(long now) {
    owner = Thread.currentThread();
    nowNanos = now;
    runCommands();
    pollAnnounced();
    timers.advance(now);
    runTurnEnd();
    return announced.isEmpty() && commands.isEmpty() ? timers.nextDeadlineNanos() : now;
  }

  /** Runs what waits, within a turn's budget. */
  private void runCommands() {
    for (int i = 0; i < COMMAND_CAPACITY; i++) {
      Runnable task = commands.poll();
      if (task == null) {
        return;
      }
      try {
        task.run();
      } catch (RuntimeException e) {
        // The task is its caller's; the stacks on this loop go on.
        LOG.error("a task given to the loop failed", e);
      }
    }
  }

  private void pollAnnounced() {
    // Only those announced before: what they announce (a pipe's other end) is polled in the next
    // turn.
    for (int i = announced.size(); i > 0; i--) {
      Registration registration = announced.remove();
      registration.isAnnounced = false;
      if (!registration.isClosed
          && registration.source.poll(nowNanos, SOURCE_BUDGET) >= SOURCE_BUDGET) {
        registration.announce();
      }
    }
  }

  private void runTurnEnd() {
    while (!marked.isEmpty()) {
      ArrayList<TurnEnd> work = marked;
      marked = running;
      running = work;
      for (int i = 0; i < work.size(); i++) {
        work.get(i).turnEnd(nowNanos);
      }
      work.clear();
    }
  }

  /** Turns until {@link #stop}; the calling thread is the loop's. */
  public void run() {
    runUntil(() -> false);
    waiter.close();
  }

  /**
   * Turns until {@code condition} holds, which is looked at before each turn, or {@link #stop}.
   * {@link #run} is to follow, on the same thread.
   */
  public void runUntil(BooleanSupplier condition) {
    while (!stopped && !condition.getAsBoolean()) {
      long next = runOnce(clock.nowNanos());
      if (!stopped && !condition.getAsBoolean()) {
        waiter.await(next == Long.MAX_VALUE ? next : Math.max(0, next - clock.nowNanos()));
      }
    }
  }

  /** Ends {@link #run} after the present turn. Any thread. */
  public void stop() {
    stopped = true;
    waiter.wakeup();
  }
}
