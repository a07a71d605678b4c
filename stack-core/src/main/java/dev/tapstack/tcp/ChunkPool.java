package dev.tapstack.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayDeque;

/**
 * The memory that payload waits in: direct buffers of one size, shared by all connections of a
 * stack, so that an idle connection holds none. The loop's thread only.
 */
final class ChunkPool {
  /**
   * Bytes of a chunk: small enough for a connection with little to hold, large enough for few
   * pieces a segment.
   */
  static final int CHUNK_BYTES = 16 << 10;

  /** Free chunks that are kept: 8 MB. */
  private static final int KEPT_CHUNKS = 512;

  /** Chunks beyond which nothing is kept that the peer can be made to send again: 1 GB. */
  private static final int PRESSURE_CHUNKS = 1 << 16;

  private final ArrayDeque<ByteBuf> free = new ArrayDeque<>();
  private int outstanding;
  private boolean isClosed;

  ByteBuf allocate() {
    outstanding++;
    ByteBuf chunk = free.pollLast();
    return chunk != null
        ? chunk
        : UnpooledByteBufAllocator.DEFAULT.directBuffer(CHUNK_BYTES, CHUNK_BYTES);
  }

  void release(ByteBuf chunk) {
    outstanding--;
    if (isClosed || free.size() >= KEPT_CHUNKS) {
      chunk.release();
    } else {
      chunk.clear();
      free.addLast(chunk);
    }
  }

  /** Chunks that connections hold. */
  int outstanding() {
    return outstanding;
  }

  /** Whether so much is held that out-of-order data is no longer kept. */
  boolean isUnderPressure() {
    return outstanding >= PRESSURE_CHUNKS;
  }

  void close() {
    isClosed = true;
    free.forEach(ByteBuf::release);
    free.clear();
  }
}
