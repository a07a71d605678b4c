package dev.tapstack.tcp;

import dev.tapstack.packet.Packet;
import dev.tapstack.socket.TcpConnection.SendCallback;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What an application has written and the peer has not acknowledged, as a row of pieces: chunks of
 * the pool, into which small writes are gathered, and buffers that the application gave. The loop's
 * thread only.
 *
 * <p>Bytes are named by their position in the stream, 0 being the first ever written. A segment
 * refers to the pieces; a byte does not change or move from its write to its acknowledgment.
 * Buffers of the application go back to it at the end of the turn, by {@link #returnBuffers}, never
 * in the midst of processing a segment.
 */
final class SendBuffer {
  private static final int FIRST_PIECES = 4;

  private final ChunkPool pool;
  private final int capacity;

  // A ring of pieces: [oldest, head) are acknowledged and wait to be returned, [head, tail) are
  // not.
  private @Nullable ByteBuf[] buffers = new @Nullable ByteBuf[FIRST_PIECES];
  private @Nullable SendCallback[] callbacks = new @Nullable SendCallback[FIRST_PIECES];
  private long[] starts = new long[FIRST_PIECES];
  private int[] indices = new int[FIRST_PIECES];
  private int[] lengths = new int[FIRST_PIECES];
  private int oldest;
  private int head;
  private int tail;

  private long una;
  private long end;
  private boolean isAborted;
  private int
      abortedFrom; // the first piece that was not acknowledged when the connection was aborted

  /**
   * A buffer that takes {@code capacity} bytes; a whole buffer given by the application may exceed
   * it.
   */
  SendBuffer(ChunkPool pool, int capacity) {
    this.pool = pool;
    this.capacity = capacity;
  }

  /** Position of the oldest byte that is not acknowledged. */
  long una() {
    return una;
  }

  /** Position behind the last byte written. */
  long end() {
    return end;
  }

  int writableBytes() {
    return (int) Math.max(0, capacity - (end - una));
  }

  /** Copies what fits of {@code source}, advancing its reader index; returns how many bytes. */
  int write(ByteBuf source) {
    int total = Math.min(source.readableBytes(), writableBytes());
    int left = total;
    while (left > 0) {
      ByteBuf chunk = tailChunk();
      int bytes = Math.min(left, chunk.writableBytes());
      copy(source, chunk, bytes);
      lengths[slot(tail - 1)] += bytes;
      end += bytes;
      left -= bytes;
    }
    return total;
  }

  private static void copy(ByteBuf source, ByteBuf chunk, int bytes) {
    if (source.hasArray()) {
      // From one buffer to another Netty would allocate views of both.
      chunk.writeBytes(source.array(), source.arrayOffset() + source.readerIndex(), bytes);
      source.skipBytes(bytes);
    } else {
      chunk.writeBytes(source, bytes);
    }
  }

  /** The last piece if it is a chunk with room, else a new one. */
  private ByteBuf tailChunk() {
    if (tail != head) {
      int last = slot(tail - 1);
      ByteBuf buffer = buffers[last];
      if (buffer != null && callbacks[last] == null && buffer.isWritable()) {
        return buffer;
      }
    }
    ByteBuf chunk = pool.allocate();
    addPiece(chunk, 0, 0, null);
    return chunk;
  }

  /** Queues the readable bytes of {@code buffer}, whose ownership moves here. */
  void give(ByteBuf buffer, SendCallback callback) {
    addPiece(buffer, buffer.readerIndex(), buffer.readableBytes(), callback);
    end += buffer.readableBytes();
    acknowledge(una); // an empty buffer behind acknowledged bytes has nothing to wait for
  }

  private void addPiece(ByteBuf buffer, int index, int length, @Nullable SendCallback callback) {
    if (tail - oldest == buffers.length) {
      grow();
    }
    int at = slot(tail++);
    buffers[at] = buffer;
    callbacks[at] = callback;
    starts[at] = end;
    indices[at] = index;
    lengths[at] = length;
  }

  private void grow() {
    int size = buffers.length;
    int shift = slot(oldest);
    buffers = rotated(buffers, shift);
    callbacks = rotated(callbacks, shift);
    long[] oldStarts = starts;
    int[] oldIndices = indices;
    int[] oldLengths = lengths;
    starts = new long[size * 2];
    indices = new int[size * 2];
    lengths = new int[size * 2];
    for (int i = 0; i < size; i++) {
      int from = (shift + i) % size;
      starts[i] = oldStarts[from];
      indices[i] = oldIndices[from];
      lengths[i] = oldLengths[from];
    }
    head -= oldest;
    tail -= oldest;
    oldest = 0;
  }

  private static <T> @Nullable T[] rotated(@Nullable T[] ring, int shift) {
    @Nullable T[] twice = Arrays.copyOf(ring, ring.length * 2);
    System.arraycopy(ring, shift, twice, 0, ring.length - shift);
    System.arraycopy(ring, 0, twice, ring.length - shift, shift);
    return twice;
  }

  private int slot(int piece) {
    return piece & buffers.length - 1;
  }

  /**
   * Lets {@code packet} refer to up to {@code length} bytes from {@code position} on. Of more
   * pieces than a packet can name the first are copied behind its {@link Packet#end}.
   *
   * @return how many bytes it has now: fewer if so many pieces are too large for its own memory
   */
  int addTo(Packet packet, long position, int length) {
    int piece = find(position);
    int left = length;
    long at = position;
    while (left > 0) {
      int slot = slot(piece++);
      int skip = (int) (at - starts[slot]);
      int bytes = Math.min(left, lengths[slot] - skip);
      ByteBuf buffer = buffers[slot];
      assert buffer != null;
      if (bytes > 0 && !addPiece(packet, buffer, indices[slot] + skip, bytes)) {
        break;
      }
      at += bytes;
      left -= bytes;
    }
    return length - left;
  }

  private static boolean addPiece(Packet packet, ByteBuf buffer, int index, int bytes) {
    if (packet.addPiece(buffer, index, bytes)) {
      return true;
    }
    if (packet.piecesBytes() > packet.tailroom()) {
      return false;
    }
    Packet same = packet.own();
    assert same == packet;
    return packet.addPiece(buffer, index, bytes);
  }

  /** The piece that holds {@code position}, by bisection. */
  private int find(long position) {
    int low = head;
    int high = tail - 1;
    while (low < high) {
      int middle = low + high + 1 >>> 1;
      if (starts[slot(middle)] <= position) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /**
   * Everything before {@code position} is acknowledged: frees chunks, makes given buffers ready to
   * be returned.
   */
  void acknowledge(long position) {
    una = position;
    while (head != tail && starts[slot(head)] + lengths[slot(head)] <= position) {
      retire(slot(head));
      head++;
    }
    skipReturned();
  }

  private void retire(int slot) {
    ByteBuf buffer = buffers[slot];
    if (callbacks[slot] == null && buffer != null) {
      buffers[slot] = null;
      pool.release(buffer);
    }
  }

  private void skipReturned() {
    while (oldest != head && callbacks[slot(oldest)] == null) {
      oldest++;
    }
  }

  /**
   * The connection has ended: nothing is sent any more, and all buffers are ready to be returned.
   */
  void abort() {
    isAborted = una != end;
    int acknowledged = head;
    while (head != tail) {
      retire(slot(head));
      head++;
    }
    skipReturned();
    abortedFrom = acknowledged;
    una = end;
  }

  /** Whether {@link #returnBuffers} has something to do. */
  boolean hasBuffersToReturn() {
    return oldest != head;
  }

  /** Gives acknowledged buffers back to the application. A callback may write and give again. */
  void returnBuffers() {
    while (oldest != head) {
      int slot = slot(oldest);
      ByteBuf buffer = buffers[slot];
      SendCallback callback = callbacks[slot];
      boolean acknowledged = !isAborted || oldest - abortedFrom < 0;
      buffers[slot] = null;
      callbacks[slot] = null;
      oldest++;
      if (callback != null && buffer != null) {
        callback.sent(buffer, acknowledged);
      }
    }
  }
}
