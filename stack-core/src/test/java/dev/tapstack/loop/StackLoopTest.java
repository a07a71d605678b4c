package dev.tapstack.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class StackLoopTest {
  private static final long TICK = 1 << 20;

  private final StackLoop loop = new StackLoop(() -> 0, new ParkWaiter());
  private final List<String> events = new ArrayList<>();

  @Test
  void aTurnIsCommandsSourcesTimersEnds() {
    Timer timer = new Timer(now -> events.add("timer " + now / TICK));
    StackLoop.Registration source =
        loop.register((now, budget) -> {
          events.add("source " + now / TICK);
          loop.armIn(timer, -1);
          return 0;
        });
    source.announce();
    source.announce();
    loop.atTurnEnd(now -> events.add("end " + now / TICK));
    assertTrue(loop.execute(() -> events.add("command " + loop.nowNanos() / TICK)));
    assertEquals(Long.MAX_VALUE, loop.runOnce(5 * TICK));
    assertEquals(List.of("command 5", "source 5", "timer 5", "end 5"), events);
  }

  @Test
  void theNextTurnIsWhenTheNextTimerIsDue() {
    loop.armIn(new Timer(now -> events.add("timer")), 3 * TICK);
    assertEquals(3 * TICK, loop.runOnce(0));
    assertEquals(3 * TICK, loop.runOnce(2 * TICK));
    assertEquals(List.of(), events);
    assertEquals(Long.MAX_VALUE, loop.runOnce(3 * TICK));
    assertEquals(List.of("timer"), events);
  }

  @Test
  void aSourceThatUsesItsBudgetIsPolledAgainInTheNextTurn() {
    int[] left = {600};
    StackLoop.Registration source =
        loop.register((now, budget) -> {
          int done = Math.min(left[0], budget);
          left[0] -= done;
          events.add("polled " + done);
          return done;
        });
    source.announce();
    assertEquals(7, loop.runOnce(7));
    assertEquals(7, loop.runOnce(7));
    assertEquals(Long.MAX_VALUE, loop.runOnce(7));
    assertEquals(List.of("polled 256", "polled 256", "polled 88"), events);
  }

  @Test
  void whatASourceAnnouncesIsPolledInTheNextTurn() {
    StackLoop.Registration[] other = new StackLoop.Registration[1];
    StackLoop.Registration one =
        loop.register((now, budget) -> {
          events.add("one");
          other[0].announce();
          return 1;
        });
    other[0] =
        loop.register((now, budget) -> {
          events.add("other");
          return 1;
        });
    one.announce();
    assertEquals(1, loop.runOnce(1));
    assertEquals(List.of("one"), events);
    assertEquals(Long.MAX_VALUE, loop.runOnce(1));
    assertEquals(List.of("one", "other"), events);
  }

  @Test
  void aClosedSourceIsPolledNoMore() {
    StackLoop.Registration source =
        loop.register((now, budget) -> {
          events.add("polled");
          return 0;
        });
    source.announce();
    source.close();
    loop.runOnce(0);
    source.announce();
    assertEquals(Long.MAX_VALUE, loop.runOnce(0));
    assertEquals(List.of(), events);
  }

  @Test
  void whatIsMarkedAtTheEndOfATurnIsDoneInTheSameTurn() {
    loop.atTurnEnd(now -> {
      events.add("first");
      loop.atTurnEnd(later -> events.add("marked meanwhile"));
    });
    loop.atTurnEnd(now -> events.add("second"));
    loop.runOnce(0);
    assertEquals(List.of("first", "second", "marked meanwhile"), events);
    loop.runOnce(0);
    assertEquals(3, events.size());
  }

  @Test
  void aTaskThatComesInDuringATurnAsksForTheNext() {
    loop.atTurnEnd(now -> loop.execute(() -> events.add("task")));
    assertEquals(4, loop.runOnce(4));
    assertEquals(Long.MAX_VALUE, loop.runOnce(4));
    assertEquals(List.of("task"), events);
  }

  @Test
  void aTaskThatFailsLeavesTheLoopAndTheOthersAlone() {
    RuntimeException failure = new IllegalStateException("expected in this test's log");
    failure.setStackTrace(new StackTraceElement[0]);
    loop.execute(() -> {
      throw failure;
    });
    loop.execute(() -> events.add("next"));
    loop.runOnce(0);
    assertEquals(List.of("next"), events);
  }

  @Test
  void aFullQueueOfTasksRefuses() {
    AtomicInteger done = new AtomicInteger();
    int accepted = 0;
    while (loop.execute(done::incrementAndGet)) {
      accepted++;
    }
    assertEquals(4096, accepted);
    assertEquals(Long.MAX_VALUE, loop.runOnce(0));
    assertEquals(accepted, done.get());
  }

  @Test
  @Timeout(60)
  void tasksFromOtherThreadsWakeAWaitingLoop() throws InterruptedException {
    StackLoop real = new StackLoop(Clock.system(), new ParkWaiter());
    Thread thread = Thread.ofPlatform().start(real::run);
    for (int i = 0; i < 1000; i++) {
      // Each waits for the one before, so that the loop goes to sleep again and again.
      CountDownLatch done = new CountDownLatch(1);
      boolean[] inLoop = new boolean[1];
      assertTrue(
          real.execute(() -> {
            inLoop[0] = real.inLoop();
            done.countDown();
          }));
      done.await();
      assertTrue(inLoop[0]);
    }
    assertFalse(real.inLoop());
    real.stop();
    thread.join();
    assertFalse(real.execute(() -> {}));
  }

  @Test
  @Timeout(60)
  void timersFireInAWaitingLoop() throws InterruptedException {
    StackLoop real = new StackLoop(Clock.system(), new ParkWaiter());
    CountDownLatch fired = new CountDownLatch(3);
    Timer[] self = new Timer[1];
    self[0] =
        new Timer(now -> {
          fired.countDown();
          real.armIn(self[0], TICK);
        });
    real.execute(() -> real.armIn(self[0], TICK));
    Thread thread = Thread.ofPlatform().start(real::run);
    fired.await();
    real.stop();
    thread.join();
  }
}
