package dev.tapstack.tcp;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a connection has received and its application has not read: bytes in order, and bytes beyond
 * gaps in the places where they will be in order. The loop's thread only.
 *
 * <p>Theory of operation. The bytes from the first unread one onwards lie in a row of chunks; a
 * byte that arrives early is written at its distance from there, whatever the size of its segment,
 * so that many small segments cost no more memory than the window. {@link SeqRanges} knows which
 * places beyond {@code rcvNxt} are filled. Chunks exist only where bytes are: an empty buffer has
 * none.
 *
 * <p>In-order data that finds the buffer empty is first <em>lent</em>: {@link #peek} shows it in
 * its packet, and only what the application leaves is copied.
 */
final class ReceiveBuffer {
  private static final @Nullable ByteBuf[] NO_CHUNKS = {};

  private final ChunkPool pool;
  private @Nullable ByteBuf[] chunks = NO_CHUNKS;
  private int headOffset; // of the first unread byte in chunks[0]
  private int readable; // in-order bytes in chunks
  private final SeqRanges ranges = new SeqRanges();
  private @Nullable ByteBuf lent;

  ReceiveBuffer(ChunkPool pool) {
    this.pool = pool;
  }

  /** Bytes in order that can be read, lent ones included. */
  int readableBytes() {
    ByteBuf shown = lent;
    return readable + (shown == null ? 0 : shown.readableBytes());
  }

  SeqRanges ranges() {
    return ranges;
  }

  /** Whether in-order data may be lent: nothing is held before it or beyond it. */
  boolean canLend() {
    return readable == 0 && ranges.isEmpty();
  }

  /** Shows the packet's text to the application until {@link #endLending}. */
  void lend(ByteBuf buf, int index, int length) {
    buf.setIndex(index, index + length);
    lent = buf;
  }

  /** Copies what the application left of the lent text. */
  void endLending() {
    ByteBuf shown = lent;
    if (shown != null) {
      lent = null;
      int length = shown.readableBytes();
      if (length > 0) {
        store(shown, shown.readerIndex(), length, 0);
        readable = length;
      }
    }
  }

  /**
   * Appends {@code length} bytes that are next in order, and with them what had arrived beyond
   * them.
   *
   * @param rcvNxt the sequence number of the first byte
   * @return the next sequence number expected
   */
  int append(ByteBuf from, int index, int length, int rcvNxt) {
    store(from, index, length, readable);
    int reached = ranges.advance(rcvNxt + length);
    readable += reached - rcvNxt;
    return reached;
  }

  /**
   * For data that was lent: {@code edge} is the end of what is in order; returns how far it reaches
   * now.
   */
  int advance(int edge) {
    return ranges.advance(edge);
  }

  /**
   * Keeps {@code length} bytes that begin {@code distance} bytes beyond the next in-order one.
   *
   * @return false if there are too many gaps: the segment is not kept
   */
  boolean insert(ByteBuf from, int index, int length, int rcvNxt, int distance) {
    if (!ranges.add(rcvNxt + distance, rcvNxt + distance + length)) {
      return false;
    }
    store(from, index, length, readable + distance);
    return true;
  }

  private void store(ByteBuf from, int index, int length, int position) {
    int at = headOffset + position;
    int left = length;
    int source = index;
    while (left > 0) {
      int chunk = at / ChunkPool.CHUNK_BYTES;
      int offset = at % ChunkPool.CHUNK_BYTES;
      int bytes = Math.min(left, ChunkPool.CHUNK_BYTES - offset);
      chunk(chunk).setBytes(offset, from, source, bytes);
      at += bytes;
      source += bytes;
      left -= bytes;
    }
  }

  private ByteBuf chunk(int i) {
    if (i >= chunks.length) {
      chunks = Arrays.copyOf(chunks, Math.max(i + 1, chunks.length * 2));
    }
    ByteBuf chunk = chunks[i];
    if (chunk == null) {
      chunk = pool.allocate();
      chunks[i] = chunk;
    }
    return chunk;
  }

  /** The first bytes in order, see {@link dev.tapstack.socket.TcpConnection#peek}. */
  @Nullable ByteBuf peek() {
    if (readable > 0) {
      ByteBuf head = chunk(0);
      head.setIndex(headOffset, Math.min(headOffset + readable, ChunkPool.CHUNK_BYTES));
      return head;
    }
    ByteBuf shown = lent;
    return shown != null && shown.isReadable() ? shown : null;
  }

  /** Consumes {@code bytes} bytes that are readable. */
  void skip(int bytes) {
    ByteBuf shown = lent;
    if (shown != null) {
      shown.skipBytes(bytes);
      return;
    }
    readable -= bytes;
    headOffset += bytes;
    int whole = headOffset / ChunkPool.CHUNK_BYTES;
    if (whole > 0) {
      for (int i = 0; i < whole; i++) {
        release(i);
      }
      System.arraycopy(chunks, whole, chunks, 0, chunks.length - whole);
      Arrays.fill(chunks, chunks.length - whole, chunks.length, null);
      headOffset -= whole * ChunkPool.CHUNK_BYTES;
    }
    if (readable == 0 && ranges.isEmpty()) {
      releaseAll();
    }
  }

  /** Frees everything. */
  void clear() {
    lent = null;
    readable = 0;
    ranges.clear();
    releaseAll();
  }

  private void releaseAll() {
    for (int i = 0; i < chunks.length; i++) {
      release(i);
    }
    chunks = NO_CHUNKS;
    headOffset = 0;
  }

  private void release(int i) {
    ByteBuf chunk = chunks[i];
    if (chunk != null) {
      chunks[i] = null;
      pool.release(chunk);
    }
  }
}
