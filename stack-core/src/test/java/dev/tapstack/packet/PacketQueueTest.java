package dev.tapstack.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PacketQueueTest {
  private static final int SMALL = 2048;

  private final PacketPool pool = new PacketPool();

  @AfterEach
  void everyPacketHasEnded() {
    assertEquals(0, pool.outstanding());
    pool.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void behavesAsAQueueOfTheJdk(long seed) {
    Random random = new Random(seed);
    PacketQueue queue = new PacketQueue(10, 20L * SMALL);
    ArrayDeque<Packet> model = new ArrayDeque<>();
    for (int i = 0; i < 5000; i++) {
      if (random.nextInt(5) < 3) {
        Packet packet = pool.allocate(100);
        boolean hasRoom = model.size() < 10;
        assertEquals(hasRoom, queue.offer(packet));
        if (hasRoom) {
          model.add(packet);
        } else {
          packet.unused();
        }
      } else {
        Packet packet = queue.poll();
        assertSame(model.poll(), packet);
        if (packet != null) {
          packet.unused();
        }
      }
      assertEquals(model.size(), queue.size());
      assertEquals(model.isEmpty(), queue.isEmpty());
      assertEquals((long) model.size() * SMALL, queue.memoryBytes());
    }
    queue.freeAll();
    assertNull(queue.poll());
  }

  @Test
  void theLastPacketMayPassTheLimitInBytes() {
    PacketQueue queue = new PacketQueue(100, SMALL + 1);
    queue.offer(pool.allocate(10));
    assertFalse(queue.isFull());
    assertTrue(queue.offer(pool.allocate(60_000)));
    assertTrue(queue.isFull());
    Packet refused = pool.allocate(10);
    assertFalse(queue.offer(refused));
    refused.unused();
    queue.freeAll();
    assertEquals(0, queue.memoryBytes());
  }

  @Test
  void droppingAllCountsEach() {
    PacketLedger ledger = new PacketLedger();
    PacketQueue queue = new PacketQueue(100, 1 << 20);
    for (int i = 0; i < 3; i++) {
      queue.offer(pool.allocate(10).builtBy(ledger));
    }
    queue.dropAll(DropReason.DEVICE_DOWN);
    assertEquals("{device-down=3}", ledger.drops().toString());
    assertTrue(queue.isEmpty());
  }
}
