package dev.tapstack.tap;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.loop.StackLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A wait ends by readiness, by a wakeup or by its deadline, and no wakeup is lost. */
@Timeout(60)
class TapWaiterTest {
  private static final Duration AT_ONCE = Duration.ofSeconds(20);

  private final TapWaiter waiter = new TapWaiter();
  private final StackLoop loop = new StackLoop(() -> 0, waiter);
  private final List<Integer> descriptors = new ArrayList<>();
  private final List<Integer> polled = new ArrayList<>();

  @AfterEach
  void close() {
    descriptors.forEach(LibC::close);
    waiter.close();
  }

  /** A descriptor that can be read if {@code isReady}; its number goes to {@link #polled}. */
  private int watched(boolean isReady) {
    int fd = LibC.eventfd(isReady ? 1 : 0, LinuxTun.NONBLOCK);
    descriptors.add(fd);
    waiter.watch(
        fd,
        loop.register((now, budget) -> {
          polled.add(fd);
          return 1;
        }));
    return fd;
  }

  private void awaitAndRun() {
    assertTimeoutPreemptively(AT_ONCE, () -> waiter.await(Long.MAX_VALUE));
    loop.runOnce(0);
  }

  @Test
  void aReadyDescriptorIsAnnouncedAgainUntilItIsRead() {
    watched(false);
    int ready = watched(true);
    awaitAndRun();
    awaitAndRun();
    assertEquals(List.of(ready, ready), polled);
  }

  @Test
  void aWakeupBeforeTheWaitEndsItAndOnlyIt() {
    waiter.wakeup();
    waiter.wakeup();
    awaitAndRun();
    int fd = watched(true);
    waiter.forget(fd);
    waiter.await(1); // returns by its deadline: the wakeup is used up
    loop.runOnce(0);
    assertEquals(List.of(), polled);
  }

  @Test
  void moreDescriptorsThanFirstFitAreAllWatched() {
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      int fd = watched(i % 2 == 0);
      if (i % 2 == 0) {
        expected.add(fd);
      }
    }
    awaitAndRun();
    assertEquals(expected, polled);
  }

  @Test
  void aForgottenDescriptorIsNotAnnouncedAndTheOthersAre() {
    int first = watched(true);
    int second = watched(true);
    int third = watched(true);
    waiter.forget(first);
    waiter.forget(first);
    awaitAndRun();
    assertEquals(List.of(third, second), polled);
  }

  @Test
  void everyTaskFromOtherThreadsIsRun() throws Exception {
    int tasks = 20_000;
    CountDownLatch done = new CountDownLatch(2 * tasks);
    List<Thread> threads = new ArrayList<>();
    threads.add(new Thread(loop::run));
    for (int i = 0; i < 2; i++) {
      threads.add(
          new Thread(() -> {
            for (int task = 0; task < tasks; task++) {
              while (!loop.execute(done::countDown)) {
                Thread.yield();
              }
            }
          }));
    }
    threads.forEach(Thread::start);
    // The loop waits without limit: a lost wakeup leaves tasks behind.
    assertTrue(done.await(50, SECONDS), done.getCount() + " tasks were not run");
    loop.stop();
    for (Thread thread : threads) {
      thread.join();
    }
  }

  @Test
  void aWakeupAfterTheEndDoesNothing() {
    waiter.close();
    int fd = watched(false); // may have the closed eventfd's number
    waiter.wakeup();
    NativeBuffer value = new NativeBuffer(Long.BYTES);
    assertEquals(-LinuxTun.EAGAIN, FrameIo.JNA.read(fd, value.address(), Long.BYTES));
  }
}
