package dev.tapstack.containers;

import java.time.Duration;
import org.testcontainers.containers.ContainerLaunchException;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;

/**
 * Waits until the stack says that it is ready. A container that has ended will not: its test fails
 * at once, with what the stack said, instead of when the time is over.
 */
final class ReadyLine extends AbstractWaitStrategy {
  private static final String TEXT = "tapstack ready: ";
  private static final long POLL_MILLIS = 100;

  /** It may take so long. */
  ReadyLine(Duration limit) {
    withStartupTimeout(limit);
  }

  @Override
  protected void waitUntilReady() {
    long start = System.nanoTime();
    while (true) {
      // Asked before the logs are read: what an ended container said is all there.
      boolean isRunning = waitStrategyTarget.isRunning();
      String said = waitStrategyTarget.getLogs();
      if (said.contains(TEXT)) {
        return;
      }
      if (!isRunning) {
        throw new ContainerLaunchException("ended before it was ready:\n" + said);
      }
      if (System.nanoTime() - start > startupTimeout.toNanos()) {
        throw new ContainerLaunchException("not ready within " + startupTimeout + ":\n" + said);
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ContainerLaunchException("interrupted", e);
    }
  }
}
