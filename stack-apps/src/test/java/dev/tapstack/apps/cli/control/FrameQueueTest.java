package dev.tapstack.apps.cli.control;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link FrameQueue} against a queue of whole frames. */
class FrameQueueTest {
  private static final int BYTES = 1024;

  private final PacketPool pool = new PacketPool();
  private final FrameQueue queue = new FrameQueue(BYTES);
  private final ByteArrayOutputStream taken = new ByteArrayOutputStream();

  @AfterEach
  void noPacketIsLeft() {
    assertEquals(0, pool.outstanding());
    pool.close();
  }

  private void put(long time, int flags, byte[] frame) {
    Packet packet = pool.allocateFor(frame.length).builtBy(new PacketLedger());
    packet.buf().setBytes(packet.start(), frame);
    packet.end(packet.start() + frame.length);
    queue.put(time, flags, packet);
    packet.drop(DropReason.FAULT_LOSS);
  }

  private void take(int atMost) {
    ByteBuffer out = ByteBuffer.allocate(atMost);
    queue.drainTo(out);
    taken.write(out.array(), 0, out.position());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whatFitsComesOutInOrderAndTheRestIsCounted(long seed) throws IOException {
    Random random = new Random(seed);
    ArrayDeque<FrameRecord> expected = new ArrayDeque<>();
    int waiting = 0;
    int lost = 0;
    for (int i = 0; i < 5000; i++) {
      byte[] frame = new byte[1 + random.nextInt(400)];
      random.nextBytes(frame);
      if (random.nextInt(3) > 0) {
        put(i, FrameRecord.flags(i % 5, i % 2 == 1), frame);
        if (waiting + FrameRecord.HEAD_BYTES + frame.length <= BYTES) {
          waiting += FrameRecord.HEAD_BYTES + frame.length;
          expected.add(new FrameRecord(i, i % 5, i % 2 == 1, lost, frame));
        } else {
          lost++;
        }
      } else {
        int before = taken.size();
        take(random.nextInt(2 * BYTES));
        waiting -= taken.size() - before;
      }
      assertEquals(lost, queue.lost());
      assertEquals(waiting == 0, queue.isEmpty());
    }
    take(BYTES);
    assertTrue(queue.isEmpty());
    assertTrue(lost > 100 && expected.size() > 100, "both ways are tried");
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(taken.toByteArray()));
    for (FrameRecord each : expected) {
      FrameRecord read = FrameRecord.read(in);
      assertEquals(each.epochNanos(), read.epochNanos());
      assertEquals(each.interfaceIndex(), read.interfaceIndex());
      assertEquals(each.isTransmitted(), read.isTransmitted());
      assertEquals(each.lost(), read.lost());
      assertArrayEquals(each.frame(), read.frame());
    }
    assertEquals(0, in.available());
  }

  @Test
  void aFrameThatNeverFitsIsLostAndNotHalfTaken() {
    put(0, 0, new byte[BYTES - FrameRecord.HEAD_BYTES + 1]);
    assertTrue(queue.isEmpty());
    assertEquals(1, queue.lost());
    put(0, 0, new byte[BYTES - FrameRecord.HEAD_BYTES]);
    take(BYTES);
    assertEquals(BYTES, taken.size());
  }
}
