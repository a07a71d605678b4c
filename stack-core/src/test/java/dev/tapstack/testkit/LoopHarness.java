package dev.tapstack.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.sim.ManualClock;
import dev.tapstack.sim.VirtualLoop;
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
  private final VirtualLoop virtual = new VirtualLoop();
  private final PacketPool pool = new PacketPool();
  private final ArrayDeque<AutoCloseable> closeables = new ArrayDeque<>();

  public ManualClock clock() {
    return virtual.clock();
  }

  public StackLoop loop() {
    return virtual.loop();
  }

  public PacketPool pool() {
    return pool;
  }

  public long nowNanos() {
    return virtual.nowNanos();
  }

  /** Has {@code closeable} closed after the test, the last one first; returns it. */
  public <T extends AutoCloseable> T closeAfterTest(T closeable) {
    closeables.push(closeable);
    return closeable;
  }

  /** See {@link VirtualLoop#turn}. */
  public long turn() {
    return virtual.turn();
  }

  /** See {@link VirtualLoop#settle}. */
  public void settle() {
    virtual.settle();
  }

  /** See {@link VirtualLoop#runFor}. */
  public void runFor(long nanos) {
    virtual.runFor(nanos);
  }

  /** See {@link VirtualLoop#runUntil}. */
  public boolean runUntil(BooleanSupplier condition, long limitNanos) {
    return virtual.runUntil(condition, limitNanos);
  }

  /** See {@link VirtualLoop#runUntilIdle}. */
  public void runUntilIdle(long limitNanos) {
    virtual.runUntilIdle(limitNanos);
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
