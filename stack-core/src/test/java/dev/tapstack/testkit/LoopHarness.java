package dev.tapstack.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Waiter;
import dev.tapstack.packet.PacketPool;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A {@link StackLoop} under virtual time, turned by the test, with the packet pool of everything
 * that runs on it.
 *
 * <p>As a JUnit extension it checks after each test that no packet has been left without an owner:
 *
 * <pre>{@code
 * @RegisterExtension final LoopHarness harness = new LoopHarness();
 * }</pre>
 *
 * <p>Without JUnit (simulation): {@code try (LoopHarness harness = new LoopHarness()) { ... }}.
 *
 * <p>What holds packets (devices, stacks) is given to {@link #closeAfterTest} or closed by the test
 * itself, before that check. One thread.
 */
public final class LoopHarness implements AfterEachCallback, AutoCloseable {
  /** Turns at one point of virtual time; more is taken for a loop that never comes to rest. */
  private static final int MAX_TURNS_AT_ONE_TIME = 100_000;

  private final ManualClock clock = new ManualClock();
  private final StackLoop loop = new StackLoop(clock, new NoWaiter());
  private final PacketPool pool = new PacketPool();
  private final ArrayDeque<AutoCloseable> closeables = new ArrayDeque<>();

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

  public PacketPool pool() {
    return pool;
  }

  public long nowNanos() {
    return clock.nowNanos();
  }

  /** Has {@code closeable} closed after the test, the last one first; returns it. */
  public <T extends AutoCloseable> T closeAfterTest(T closeable) {
    closeables.push(closeable);
    return closeable;
  }

  /**
   * One turn at the present time.
   *
   * @return when the next is due, as {@link StackLoop#runOnce} tells it
   */
  public long turn() {
    return loop.runOnce(clock.nowNanos());
  }

  /** Turns, without letting time go on, until nothing is left to do now. */
  public void settle() {
    int turns = 0;
    while (turn() <= clock.nowNanos()) {
      if (++turns > MAX_TURNS_AT_ONE_TIME) {
        throw new AssertionError("no rest after " + turns + " turns at one time");
      }
    }
  }

  /** Runs for {@code nanos} of virtual time, jumping from one deadline to the next. */
  public void runFor(long nanos) {
    long end = clock.nowNanos() + nanos;
    runUntil(() -> false, nanos);
    assert clock.nowNanos() == end;
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
      if (next > end) {
        clock.set(end);
        return false;
      }
      if (next > clock.nowNanos()) {
        clock.set(next);
        turnsAtOneTime = 0;
      } else if (++turnsAtOneTime > MAX_TURNS_AT_ONE_TIME) {
        throw new AssertionError("no rest after " + turnsAtOneTime + " turns at one time");
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
    for (long next = turn(); next != Long.MAX_VALUE; next = turn()) {
      if (next > end) {
        throw new AssertionError("not idle after " + limitNanos + " ns: a timer is still armed");
      }
      clock.set(Math.max(next, clock.nowNanos()));
    }
  }

  /** Closes what was given to {@link #closeAfterTest}, and checks that no packet is left over. */
  @Override
  public void close() {
    while (!closeables.isEmpty()) {
      AutoCloseable closeable = closeables.pop();
      try {
        closeable.close();
      } catch (Exception e) {
        throw new AssertionError("closing " + closeable, e);
      }
    }
    assertEquals(0, pool.outstanding(), "packets without an owner");
    pool.close();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    // After a failure of the test's own, what it left open says nothing new.
    if (context.getExecutionException().isEmpty()) {
      close();
    }
  }
}
