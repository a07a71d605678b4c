package dev.tapstack.blocking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ring against a queue of bytes, and with a thread on each side. */
class HandoffTest {
  /** Whatever the two sides do in turn, the ring does what a bounded queue does. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void agreesWithAQueue(long seed) {
    Random random = new Random(seed);
    Handoff ring = new Handoff();
    ArrayDeque<Byte> model = new ArrayDeque<>();
    assertNull(ring.peek());
    for (int step = 0; step < 2000; step++) {
      byte[] bytes = new byte[random.nextInt(20_000)];
      switch (random.nextInt(4)) {
        case 0 -> put(model, bytes, ring.put(fill(bytes, random), 0, bytes.length));
        case 1 -> {
          ByteBuf from = Unpooled.wrappedBuffer(new byte[3], fill(bytes, random)).skipBytes(3);
          put(model, bytes, ring.put(from));
          assertEquals(3, from.readerIndex());
        }
        case 2 -> take(model, bytes, ring.take(bytes, 0, bytes.length));
        default -> {
          ByteBuf shown = ring.peek();
          assertEquals(model.isEmpty(), shown == null);
          if (shown != null) {
            byte[] part = new byte[random.nextInt(shown.readableBytes() + 1)];
            shown.getBytes(shown.readerIndex(), part);
            ring.taken(part.length);
            take(model, part, part.length);
          }
        }
      }
      assertEquals(model.size(), ring.available());
      assertEquals(Handoff.CAPACITY_BYTES - model.size(), ring.room());
    }
  }

  private static byte[] fill(byte[] bytes, Random random) {
    random.nextBytes(bytes);
    return bytes;
  }

  private static void put(ArrayDeque<Byte> model, byte[] bytes, int count) {
    assertEquals(Math.min(bytes.length, Handoff.CAPACITY_BYTES - model.size()), count);
    for (int i = 0; i < count; i++) {
      model.add(bytes[i]);
    }
  }

  private static void take(ArrayDeque<Byte> model, byte[] bytes, int count) {
    assertEquals(Math.min(bytes.length, model.size()), count);
    byte[] expected = new byte[count];
    for (int i = 0; i < count; i++) {
      expected[i] = model.remove();
    }
    byte[] taken = new byte[count];
    System.arraycopy(bytes, 0, taken, 0, count);
    assertArrayEquals(expected, taken);
  }

  /** The producer does not park; the consumer does, and every signal reaches it. */
  @Test
  @Timeout(60)
  void noByteAndNoSignalIsLostBetweenThreads() throws Exception {
    Handoff ring = new Handoff();
    int total = 20_000_000;
    Thread producer =
        Thread.ofPlatform()
            .start(() -> {
              byte[] piece = new byte[1000];
              for (int sent = 0; sent < total; ) {
                int length = Math.min(piece.length, total - sent);
                for (int i = 0; i < length; i++) {
                  piece[i] = (byte) ((sent + i) * 31 >>> 3);
                }
                int put = ring.put(piece, 0, length);
                sent += put;
                ring.callers.signal();
                if (put == 0) {
                  Thread.yield();
                }
              }
            });
    byte[] piece = new byte[3000];
    ring.callers.lock();
    for (int received = 0; received < total; ) {
      assertTrue(ring.callers.await(() -> ring.available() > 0, TwoHosts.DEADLINE_MILLIS));
      int count = ring.take(piece, 0, piece.length);
      for (int i = 0; i < count; i++) {
        assertEquals((byte) ((received + i) * 31 >>> 3), piece[i]);
      }
      received += count;
    }
    ring.callers.unlock();
    producer.join();
    assertEquals(0, ring.available());
  }
}
