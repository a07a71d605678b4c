package dev.tapstack.tap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@link KernelQueue} before a descriptor that is writable or not as the test wants. */
class KernelQueueTest {
  private final List<Integer> limits = new ArrayList<>();
  private boolean isWritable = true;
  private final KernelQueue queue =
      new KernelQueue(
          new KernelQueue.Descriptor() {
            @Override
            public void limit(int bytes) {
              limits.add(bytes);
            }

            @Override
            public boolean isWritable() {
              return isWritable;
            }
          });

  @Test
  void aShortQueueIsLimitedForAMomentOnly() {
    offer(KernelQueue.CHECK_FRAMES - 1);
    assertEquals(List.of(), limits);
    offer(1);
    assertEquals(List.of(KernelQueue.LIMIT_BYTES, KernelQueue.UNLIMITED), limits);
    offer(KernelQueue.CHECK_FRAMES);
    assertEquals(4, limits.size());
  }

  @Test
  void aLongQueueStaysLimitedUntilItIsShort() {
    isWritable = false;
    offer(2 * KernelQueue.CHECK_FRAMES);
    assertEquals(List.of(KernelQueue.LIMIT_BYTES, KernelQueue.LIMIT_BYTES), limits);
    isWritable = true;
    offer(KernelQueue.CHECK_FRAMES);
    assertEquals(KernelQueue.UNLIMITED, limits.get(3));
  }

  private void offer(int frames) {
    for (int i = 0; i < frames; i++) {
      queue.offered();
    }
  }
}
