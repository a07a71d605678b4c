package dev.tapstack.blocking;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Bytes on their way between the loop and a caller, in one direction: a bounded ring with one
 * producer and one consumer, one of which is the loop.
 *
 * <p>No lock is shared with the loop: each side advances its own index and reads the other's, and
 * bytes are in place before the index that shows them. What callers do to each other is settled by
 * {@link #callers}, where the one whose turn it is waits for bytes or for room.
 *
 * <p>The ring is made with the first byte; a connection that carries none in a direction costs
 * nothing there.
 */
final class Handoff {
  /** As much as the loop acknowledges at once (DESIGN: one loop, one owner). */
  static final int CAPACITY_BYTES = 64 << 10;

  private static final int MASK = CAPACITY_BYTES - 1;

  /** Less free space than this is not worth waking the other side for. */
  static final int ROOM_BYTES = CAPACITY_BYTES / 2;

  /** Callers, one at a time; {@link WaitPoint#signal} is the loop's. */
  final WaitPoint callers = new WaitPoint();

  // Made by the producer before it first advances putBytes, which publishes it.
  private byte @Nullable [] ring;
  private @Nullable ByteBuf view;

  private volatile long putBytes; // the producer's
  private volatile long takenBytes; // the consumer's

  /** Bytes that can be taken now; the consumer finds at least as many. */
  int available() {
    long taken = takenBytes; // first: then the difference is never negative
    return (int) Math.min(putBytes - taken, CAPACITY_BYTES);
  }

  /** Bytes that can be put now; the producer finds at least as many. */
  int room() {
    return CAPACITY_BYTES - available();
  }

  // Between a caller and the ring.

  /** Takes up to {@code length} bytes; how many. The consumer, a caller. */
  int take(byte[] to, int offset, int length) {
    int bytes = Math.min(length, available());
    if (bytes > 0) {
      byte[] from = Objects.requireNonNull(ring);
      long at = takenBytes;
      int first = Math.min(bytes, contiguous(at));
      System.arraycopy(from, (int) at & MASK, to, offset, first);
      System.arraycopy(from, 0, to, offset + first, bytes - first);
      takenBytes = at + bytes;
    }
    return bytes;
  }

  /** Puts up to {@code length} bytes; how many. The producer, a caller. */
  int put(byte[] from, int offset, int length) {
    int bytes = Math.min(length, room());
    if (bytes > 0) {
      byte[] to = ring();
      long at = putBytes;
      int first = Math.min(bytes, contiguous(at));
      System.arraycopy(from, offset, to, (int) at & MASK, first);
      System.arraycopy(from, offset + first, to, 0, bytes - first);
      putBytes = at + bytes;
    }
    return bytes;
  }

  // Between the loop and the ring.

  /** Puts up to what {@code from} has to read, from its reader index; how many. The producer. */
  int put(ByteBuf from) {
    int bytes = Math.min(from.readableBytes(), room());
    if (bytes > 0) {
      byte[] to = ring();
      long at = putBytes;
      int first = Math.min(bytes, contiguous(at));
      from.getBytes(from.readerIndex(), to, (int) at & MASK, first);
      from.getBytes(from.readerIndex() + first, to, 0, bytes - first);
      putBytes = at + bytes;
    }
    return bytes;
  }

  /**
   * The first of the bytes that can be taken, in place, until {@link #taken}; or null. The
   * consumer.
   */
  @Nullable ByteBuf peek() {
    int bytes = available();
    if (bytes == 0) {
      return null;
    }
    ByteBuf shown = view;
    if (shown == null) {
      shown = Unpooled.wrappedBuffer(Objects.requireNonNull(ring));
      view = shown;
    }
    int at = (int) takenBytes & MASK;
    return shown.setIndex(at, at + Math.min(bytes, contiguous(takenBytes)));
  }

  /** {@code bytes} of what {@link #peek} showed are done with. The consumer. */
  void taken(int bytes) {
    long at = takenBytes;
    takenBytes = at + bytes;
  }

  private byte[] ring() {
    byte[] there = ring;
    if (there == null) {
      there = new byte[CAPACITY_BYTES];
      ring = there;
    }
    return there;
  }

  /** Bytes from position {@code at} to the ring's end. */
  private static int contiguous(long at) {
    return CAPACITY_BYTES - ((int) at & MASK);
  }
}
