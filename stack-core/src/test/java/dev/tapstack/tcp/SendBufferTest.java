package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.testkit.TcpCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@link SendBuffer} against the stream that was written into it. */
class SendBufferTest {
  private static final int CAPACITY = 60_000;

  private final PacketPool packets = new PacketPool();
  private final PacketLedger ledger = new PacketLedger();

  /** A buffer that was given: where it lies in the stream, and how often it came back. */
  private static final class Given {
    private long from;
    private long to;
    private ByteBuf buffer;
    private int returns;
    private boolean acknowledged;
  }

  @Test
  void agreesWithTheStream() {
    for (long seed = 0; seed < 100; seed++) {
      new Model(seed).run();
    }
    packets.close();
  }

  private final class Model {
    private final Random random;
    private final String name;
    private final ChunkPool pool = new ChunkPool();
    private final SendBuffer buffer = new SendBuffer(pool, CAPACITY);
    private final List<Given> given = new ArrayList<>();
    private long una;
    private long end;

    Model(long seed) {
      random = new Random(seed);
      name = "seed " + seed;
    }

    void run() {
      for (int step = 0; step < 400; step++) {
        switch (random.nextInt(6)) {
          case 0, 1 -> write(random.nextInt(random.nextBoolean() ? 20 : 30_000));
          case 2 -> give(random.nextInt(4) == 0 ? 0 : random.nextInt(5000));
          case 3 -> acknowledge(una + random.nextInt((int) (end - una) + 1));
          default -> refer();
        }
        check();
      }
      if (random.nextBoolean()) {
        acknowledge(end);
      }
      long unaAtEnd = una;
      buffer.abort();
      buffer.returnBuffers();
      for (Given each : given) {
        assertEquals(1, each.returns, name + ": returned once");
        assertEquals(each.to <= unaAtEnd, each.acknowledged, name + " " + each.from);
      }
      assertFalse(buffer.hasBuffersToReturn(), name);
      assertEquals(0, pool.outstanding(), name + ": chunks");
      pool.close();
    }

    private void write(int bytes) {
      ByteBuf source = Unpooled.wrappedBuffer(TcpCodec.pattern((int) end, bytes));
      int room = (int) Math.max(0, CAPACITY - (end - una));
      assertEquals(Math.min(room, bytes), buffer.write(source), name);
      assertEquals(Math.min(room, bytes), source.readerIndex(), name);
      end += Math.min(room, bytes);
    }

    private void give(int bytes) {
      if (buffer.writableBytes() == 0) {
        return;
      }
      Given one = new Given();
      one.from = end;
      one.to = end + bytes;
      one.buffer = Unpooled.buffer().writeZero(5);
      one.buffer.writeBytes(TcpCodec.pattern((int) end, bytes)).skipBytes(5);
      given.add(one);
      buffer.give(
          one.buffer,
          (same, acknowledged) -> {
            assertSame(one.buffer, same);
            one.returns++;
            one.acknowledged = acknowledged;
          });
      end += bytes;
    }

    private void acknowledge(long position) {
      una = position;
      buffer.acknowledge(position);
      if (random.nextBoolean()) {
        buffer.returnBuffers();
        for (Given each : given) {
          assertEquals(each.to <= una ? 1 : 0, each.returns, name + ": returned at " + una);
        }
      }
    }

    /** A segment refers to a stretch of the stream, as far as its pieces reach. */
    private void refer() {
      if (una == end) {
        return;
      }
      long from = una + random.nextInt((int) (end - una));
      int length = 1 + random.nextInt((int) Math.min(end - from, 30_000));
      Packet packet = packets.allocateFor(60).builtBy(ledger);
      int got = buffer.addTo(packet, from, length);
      assertTrue(got > 0 && got <= length, name);
      assertEquals(got, packet.length(), name);
      ByteBuf flat = Unpooled.buffer(got, got);
      packet.copyTo(flat, 0);
      for (int i = 0; i < got; i++) {
        assertEquals(TcpCodec.pattern((int) from + i), flat.getByte(i), name + ": " + (from + i));
      }
      packet.drop(DropReason.STACK_CLOSED);
    }

    private void check() {
      assertEquals(una, buffer.una(), name);
      assertEquals(end, buffer.end(), name);
      assertEquals((int) Math.max(0, CAPACITY - (end - una)), buffer.writableBytes(), name);
    }
  }

  @Test
  void aBufferMayBeGivenWholeWhileThereIsAnyRoom() {
    ChunkPool pool = new ChunkPool();
    SendBuffer buffer = new SendBuffer(pool, 10);
    buffer.give(Unpooled.wrappedBuffer(new byte[100]), (same, acknowledged) -> {});
    assertEquals(100, buffer.end());
    assertEquals(0, buffer.writableBytes());
  }

  @Test
  void aCallbackMayGiveAgain() {
    ChunkPool pool = new ChunkPool();
    SendBuffer buffer = new SendBuffer(pool, 1000);
    ByteBuf same = Unpooled.wrappedBuffer(new byte[100]);
    int[] returns = new int[1];
    buffer.give(
        same,
        (back, acknowledged) -> {
          returns[0]++;
          buffer.give(back, (again, all) -> returns[0]++);
        });
    buffer.acknowledge(100);
    buffer.returnBuffers();
    assertEquals(1, returns[0]);
    assertEquals(200, buffer.end());
    buffer.acknowledge(200);
    buffer.returnBuffers();
    assertEquals(2, returns[0]);
  }
}
