package dev.tapstack.sim;

import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Waiter;
import java.util.function.BooleanSupplier;

/**
 * A {@link StackLoop} under virtual time: nothing waits, time jumps from one deadline to the next.
 * The thread that calls is the loop's.
 */
public final class VirtualLoop {
  /** Turns at one point of virtual time; more is taken for a loop that never comes to rest. */
  private static final int MAX_TURNS_AT_ONE_TIME = 100_000;

  private final ManualClock clock = new ManualClock();
  private final StackLoop loop = new StackLoop(clock, new NoWaiter());
  private Runnable afterTurn = () -> {};

  private static final class NoWaiter implements Waiter {
    @Override
    public void await(long nanos) {
      throw new AssertionError("a loop under virtual time is turned, it never waits");
    }

    @Override
    public void wakeup() {}

    @Override
    public void close() {}
  }

  public ManualClock clock() {
    return clock;
  }

  public StackLoop loop() {
    return loop;
  }

  public long nowNanos() {
    return clock.nowNanos();
  }

  /** Has {@code check} run after every turn. */
  public void afterTurn(Runnable check) {
    afterTurn = check;
  }

  /**
   * One turn at the present time.
   *
   * @return when the next is due, as {@link StackLoop#runOnce} tells it
   */
  public long turn() {
    long next = loop.runOnce(clock.nowNanos());
    afterTurn.run();
    return next;
  }

  /** Turns, without letting time go on, until nothing is left to do now. */
  public void settle() {
    int turns = 0;
    while (turn() <= clock.nowNanos()) {
      checkRest(++turns);
    }
  }

  /** Runs for {@code nanos} of virtual time. */
  public void runFor(long nanos) {
    runUntil(() -> false, nanos);
  }

  /**
   * Runs until {@code condition} holds (asked after each turn), or {@code limitNanos} of virtual
   * time have passed.
   *
   * @return whether it holds
   */
  public boolean runUntil(BooleanSupplier condition, long limitNanos) {
    long end = clock.nowNanos() + limitNanos;
    int turnsAtOneTime = 0;
    while (true) {
      long next = turn();
      if (condition.getAsBoolean()) {
        return true;
      }
      if (next <= clock.nowNanos()) {
        checkRest(++turnsAtOneTime);
      } else if (clock.nowNanos() == end) {
        return false;
      } else {
        // The end gets a turn of its own: what the caller does next goes by the loop's time.
        clock.set(Math.min(next, end));
        turnsAtOneTime = 0;
      }
    }
  }

  /**
   * Runs until nothing is due any more: no work left, no timer armed.
   *
   * @throws AssertionError if that takes more than {@code limitNanos} of virtual time
   */
  public void runUntilIdle(long limitNanos) {
    long end = clock.nowNanos() + limitNanos;
    int turnsAtOneTime = 0;
    for (long next = turn(); next != Long.MAX_VALUE; next = turn()) {
      if (next > end) {
        throw new AssertionError("not idle after " + limitNanos + " ns: a timer is still armed");
      }
      if (next > clock.nowNanos()) {
        clock.set(next);
        turnsAtOneTime = 0;
      } else {
        checkRest(++turnsAtOneTime);
      }
    }
  }

  private static void checkRest(int turns) {
    if (turns > MAX_TURNS_AT_ONE_TIME) {
      throw new AssertionError("no rest after " + turns + " turns at one time");
    }
  }
}
