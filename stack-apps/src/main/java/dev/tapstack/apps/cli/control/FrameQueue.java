package dev.tapstack.apps.cli.control;

import dev.tapstack.packet.Packet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The way of captured frames out of the loop: a ring of bytes that one thread fills and another
 * empties, without a lock. A frame that does not fit is lost and counted; the next one that fits
 * tells how many were.
 *
 * <p>{@link #put} is the loop's; the other methods are the client thread's.
 */
final class FrameQueue {
  private final byte[] ring;
  private final ByteBuf scratch =
      Unpooled.buffer(FrameRecord.HEAD_BYTES + FrameRecord.MAX_FRAME_BYTES);

  /** Bytes put and taken since the beginning. */
  private final AtomicLong put = new AtomicLong();

  private final AtomicLong taken = new AtomicLong();

  private volatile int lost;

  /**
   * @param bytes how much waits at most: a power of two
   */
  FrameQueue(int bytes) {
    assert Integer.bitCount(bytes) == 1;
    ring = new byte[bytes];
  }

  /** Copies a frame into the queue, if there is room. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // the loop's thread alone writes it
  void put(long epochNanos, int flags, Packet frame) {
    int length = frame.length();
    if (length > FrameRecord.MAX_FRAME_BYTES
        || FrameRecord.HEAD_BYTES + length > ring.length - (int) (put.get() - taken.get())) {
      lost++;
      return;
    }
    scratch.clear();
    scratch.writeLong(epochNanos).writeInt(flags).writeInt(lost).writeInt(length);
    int end = frame.copyTo(scratch, scratch.writerIndex());
    int at = index(put.get());
    int first = Math.min(end, ring.length - at);
    System.arraycopy(scratch.array(), 0, ring, at, first);
    System.arraycopy(scratch.array(), first, ring, 0, end - first);
    put.set(put.get() + end);
  }

  private int index(long position) {
    return (int) position & ring.length - 1;
  }

  /** Moves what waits, as far as it fits, behind the position of {@code out}. */
  void drainTo(ByteBuffer out) {
    int length = (int) Math.min(put.get() - taken.get(), out.remaining());
    int at = index(taken.get());
    int first = Math.min(length, ring.length - at);
    out.put(ring, at, first);
    out.put(ring, 0, length - first);
    taken.set(taken.get() + length);
  }

  boolean isEmpty() {
    return put.get() == taken.get();
  }

  /** Frames lost so far. */
  int lost() {
    return lost;
  }
}
