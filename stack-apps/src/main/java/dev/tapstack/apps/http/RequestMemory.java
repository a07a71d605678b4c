package dev.tapstack.apps.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;

/**
 * What a request under way needs memory for: its head, where its fields are, the fields of the
 * response. A connection has one from the first byte of a head until the response has ended; an
 * idle one has none. The loop's thread only.
 */
final class RequestMemory {
  /** The head of an ordinary request. */
  private static final int HEAD_BYTES = 512;

  /** A head that was larger is not kept for later requests. */
  private static final int MAX_KEPT_HEAD_BYTES = 4 * HEAD_BYTES;

  /** Most bytes of fields that a handler may set. */
  private static final int MAX_FIELD_BYTES = 16 << 10;

  /** Response fields beyond that are not kept either. */
  private static final int MAX_KEPT_FIELD_BYTES = 1024;

  byte[] head = new byte[HEAD_BYTES];
  int[] positions = new int[HeaderFields.FIRST_POSITIONS];
  final ByteBuf fields = Unpooled.buffer(0, MAX_FIELD_BYTES);

  private boolean isOrdinary() {
    return head.length <= MAX_KEPT_HEAD_BYTES
        && positions.length == HeaderFields.FIRST_POSITIONS
        && fields.capacity() <= MAX_KEPT_FIELD_BYTES;
  }

  /** The memory of a server's requests, used again by the next one. */
  static final class Pool {
    /** Some 500 KB: more requests than that are seldom under way at once. */
    private static final int MAX_FREE = 256;

    private final ArrayDeque<RequestMemory> free = new ArrayDeque<>();
    private int outstanding;

    RequestMemory take() {
      outstanding++;
      RequestMemory last = free.poll();
      return last == null ? new RequestMemory() : last;
    }

    void give(RequestMemory memory) {
      outstanding--;
      memory.fields.clear();
      if (free.size() < MAX_FREE && memory.isOrdinary()) {
        free.push(memory);
      }
    }

    /** Taken and not given back. */
    int outstanding() {
      return outstanding;
    }
  }
}
