package dev.tapstack.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class CommandQueueTest {
  @Test
  void tasksComeOutInOrderAndAFullQueueRefuses() {
    CommandQueue queue = new CommandQueue(4);
    List<Runnable> tasks = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      int number = i;
      tasks.add(() -> assertEquals(-1, number));
    }
    for (int round = 0; round < 10; round++) {
      assertTrue(queue.isEmpty());
      assertNull(queue.poll());
      for (int i = 0; i < 4; i++) {
        assertTrue(queue.offer(tasks.get(i)));
      }
      assertFalse(queue.offer(tasks.get(4)));
      assertSame(tasks.get(0), queue.poll());
      assertTrue(queue.offer(tasks.get(4)));
      for (int i = 1; i < 5; i++) {
        assertFalse(queue.isEmpty());
        assertSame(tasks.get(i), queue.poll());
      }
    }
  }

  @Test
  @Timeout(60)
  void manyProducersLoseNothingAndEachKeepsItsOrder() throws InterruptedException {
    int producers = 4;
    int each = 20_000;
    CommandQueue queue = new CommandQueue(64);
    int[] last = new int[producers];
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    for (int p = 0; p < producers; p++) {
      int producer = p;
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                awaitQuietly(start);
                for (int i = 1; i <= each; i++) {
                  int number = i;
                  Runnable task =
                      () -> {
                        if (last[producer] != number - 1) {
                          wrong.add(producer + ": " + number + " after " + last[producer]);
                        }
                        last[producer] = number;
                      };
                  while (!queue.offer(task)) {
                    Thread.yield();
                  }
                }
              }));
    }
    start.countDown();
    for (int taken = 0; taken < producers * each; ) {
      Runnable task = queue.poll();
      if (task == null) {
        Thread.yield();
      } else {
        task.run();
        taken++;
      }
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(List.of(), wrong);
    assertNull(queue.poll());
    for (int p = 0; p < producers; p++) {
      assertEquals(each, last[p]);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
