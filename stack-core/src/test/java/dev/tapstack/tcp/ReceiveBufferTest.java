package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.testkit.TcpCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@link ReceiveBuffer} against an array of bytes that says which have arrived. */
class ReceiveBufferTest {
  /** More than two chunks, so that chunks are crossed, freed and reused. */
  private static final int WINDOW = 40_000;

  private static final int STREAM = 120_000;

  @Test
  void agreesWithAnArray() {
    for (long seed = 0; seed < 40; seed++) {
      new Model(seed, TcpHost.ISNS[(int) (seed % 3)]).run();
    }
  }

  /** The stream's byte n is the pattern's; what has arrived is a set of bits. */
  private static final class Model {
    private final Random random;
    private final int isn;
    private final String name;
    private final ChunkPool pool = new ChunkPool();
    private final ReceiveBuffer buffer = new ReceiveBuffer(pool);
    private final BitSet arrived = new BitSet();
    private int read;
    private int next; // the first byte that has not arrived

    Model(long seed, int isn) {
      this.random = new Random(seed);
      this.isn = isn;
      this.name = "seed " + seed;
    }

    void run() {
      while (next < STREAM) {
        if (random.nextInt(3) == 0) {
          read(random.nextInt(next - read + 1));
        } else {
          arrive();
        }
        check();
      }
      read(next - read);
      check();
      buffer.clear();
      assertEquals(0, pool.outstanding(), name);
      pool.close();
    }

    private void arrive() {
      int room = read + WINDOW - next;
      boolean isEarly = random.nextBoolean();
      int distance = isEarly ? 1 + random.nextInt(Math.max(1, room - 1)) : 0;
      int length = 1 + random.nextInt(random.nextBoolean() ? 3 : 3000);
      if (distance + length > room) {
        return;
      }
      ByteBuf packet = Unpooled.buffer();
      packet.writeZero(17).writeBytes(TcpCodec.pattern(next + distance, length));
      if (isEarly) {
        if (buffer.insert(packet, 17, length, isn + next, distance)) {
          arrived.set(next + distance, next + distance + length);
        } else {
          assertEquals(SeqRanges.MAX_RANGES, buffer.ranges().count(), name);
        }
        return;
      }
      arrived.set(next, next + length);
      if (buffer.canLend()) {
        lend(packet, length);
        return;
      }
      int reached = buffer.append(packet, 17, length, isn + next);
      next = arrived.nextClearBit(next);
      assertEquals(isn + next, reached, name);
    }

    private void lend(ByteBuf packet, int length) {
      assertEquals(read, next, name);
      next += length;
      buffer.lend(packet, 17, length);
      check();
      read(random.nextInt(length + 1));
      buffer.endLending();
      packet.setZero(0, packet.capacity()); // the packet is used again
    }

    private void read(int bytes) {
      int left = bytes;
      while (left > 0) {
        ByteBuf shown = buffer.peek();
        int step = Math.min(left, 1 + random.nextInt(shown.readableBytes()));
        for (int i = 0; i < step; i++) {
          byte got = shown.getByte(shown.readerIndex() + i);
          assertEquals(TcpCodec.pattern(read + i), got, name + ": byte " + (read + i));
        }
        buffer.skip(step);
        read += step;
        left -= step;
      }
    }

    private void check() {
      assertEquals(next - read, buffer.readableBytes(), name);
      assertEquals(arrived.cardinality() - next, buffer.ranges().bytes(), name);
      if (next == read) {
        assertNull(buffer.peek(), name);
        if (buffer.ranges().isEmpty()) {
          assertEquals(0, pool.outstanding(), name + ": an empty buffer holds no chunk");
        }
      }
      // One chunk more than the window's bytes need, for where they begin and end.
      int most = WINDOW / ChunkPool.CHUNK_BYTES + 2;
      assertTrue(pool.outstanding() <= most, name + ": " + pool.outstanding() + " chunks");
    }
  }

  @Test
  void manySmallSegmentsCostNoMoreThanTheWindow() {
    ChunkPool pool = new ChunkPool();
    ReceiveBuffer buffer = new ReceiveBuffer(pool);
    ByteBuf one = Unpooled.buffer().writeByte(7);
    int kept = 0;
    for (int i = 1; i < WINDOW; i += 2) {
      kept += buffer.insert(one, 0, 1, 0, i) ? 1 : 0;
    }
    assertEquals(SeqRanges.MAX_RANGES, kept);
    assertTrue(pool.outstanding() <= WINDOW / ChunkPool.CHUNK_BYTES + 1);
    assertFalse(buffer.canLend());
    buffer.clear();
    assertEquals(0, pool.outstanding());
    pool.close();
  }
}
