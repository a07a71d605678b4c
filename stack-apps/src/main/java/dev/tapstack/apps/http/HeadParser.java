package dev.tapstack.apps.http;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the head of a request, request line and header section (RFC 9112 2.1), as its bytes arrive
 * in pieces of any size.
 *
 * <p>Theory of operation. Bytes are copied into one array, in steps, so that little is copied of
 * what follows the head; each line is checked once, when its CRLF is there. Positions in the array
 * are all that a head leaves behind. One for each connection, used again for each request; the
 * memory is the request's. The loop's thread only.
 */
final class HeadParser {
  /** Bytes copied at a time: the head of an ordinary request. */
  private static final int STEP_BYTES = 512;

  private static final byte[] NONE = {};

  private final HttpLimits limits;
  private final RequestMemory.Pool pool;
  private final RequestLine requestLine = new RequestLine();
  private final HeaderFields fields = new HeaderFields();
  private @Nullable RequestMemory memory;
  private byte[] bytes = NONE;
  private int filled;
  private int scanned;
  private int lineFrom;
  private boolean hasRequestLine;
  private boolean hasEmptyLine;
  private boolean isComplete;
  private @Nullable HttpError error;

  HeadParser(HttpLimits limits, RequestMemory.Pool pool) {
    this.limits = limits;
    this.pool = pool;
  }

  /** Forgets the head and gives its memory back; the next one may begin. Idempotent. */
  void reset() {
    filled = 0;
    scanned = 0;
    lineFrom = 0;
    hasRequestLine = false;
    hasEmptyLine = false;
    isComplete = false;
    error = null;
    if (memory != null) {
      memory.head = bytes;
      memory.positions = fields.release();
      pool.give(memory);
      memory = null;
      bytes = NONE;
    }
  }

  /** The memory of the request, from the first byte of its head on. */
  RequestMemory memory() {
    if (memory == null) {
      memory = pool.take();
      bytes = memory.head;
      fields.use(memory.positions);
    }
    return memory;
  }

  /**
   * Takes the next {@code length} bytes at {@code index} of {@code in}, up to the end of the head.
   *
   * @return how many belong to the head; all of them unless {@link #isComplete} or {@link #error}
   */
  int feed(ByteBuf in, int index, int length) {
    memory();
    int taken = 0;
    while (taken < length && !isComplete && error == null) {
      int room = limits.headerBytes() - filled;
      int step = Math.min(Math.min(STEP_BYTES, length - taken), room);
      if (filled + step > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, filled + step));
      }
      // Not getBytes: that allocates a duplicate of a direct buffer's NIO view.
      in.internalNioBuffer(index + taken, step).get(bytes, filled, step);
      int before = filled;
      filled += step;
      parseLines();
      taken += isComplete ? scanned - before : step;
    }
    return taken;
  }

  private void parseLines() {
    int at = scanned;
    while (at < filled && !isComplete && error == null) {
      if (bytes[at++] == '\n') {
        error = endOfLine(at - 1);
        lineFrom = at;
      }
    }
    scanned = at;
    if (isComplete) {
      filled = at;
    } else if (error == null) {
      error = checkLimits();
    }
  }

  private @Nullable HttpError endOfLine(int lf) {
    if (lf == lineFrom || bytes[lf - 1] != '\r') {
      return HttpError.BARE_LF;
    }
    int to = lf - 1;
    if (!hasRequestLine) {
      return endOfFirstLine(to);
    }
    if (to == lineFrom) {
      isComplete = true;
      return null;
    }
    return fields.add(bytes, lineFrom, to, limits.headerFields());
  }

  private @Nullable HttpError endOfFirstLine(int to) {
    if (to == lineFrom) {
      // RFC 9112 2.2: at least one empty line before the request line is ignored.
      HttpError second = hasEmptyLine ? HttpError.EMPTY_LINES : null;
      hasEmptyLine = true;
      return second;
    }
    if (to - lineFrom > limits.requestLineBytes()) {
      return RequestLine.tooLong(bytes, lineFrom, lineFrom + limits.requestLineBytes());
    }
    HttpError bad = requestLine.parse(bytes, lineFrom, to);
    hasRequestLine = bad == null;
    return bad;
  }

  private @Nullable HttpError checkLimits() {
    if (!hasRequestLine && filled - lineFrom > limits.requestLineBytes() + 1) {
      return RequestLine.tooLong(bytes, lineFrom, lineFrom + limits.requestLineBytes());
    }
    return filled == limits.headerBytes() ? HttpError.HEADER_TOO_LARGE : null;
  }

  /** Whether nothing of this head has come yet, but for an empty line before it. */
  boolean isEmpty() {
    return !hasRequestLine && lineFrom == filled;
  }

  /** Whether the request line has come and is in order. */
  boolean hasRequestLine() {
    return hasRequestLine;
  }

  /** Whether the empty line that ends the head has come. */
  boolean isComplete() {
    return isComplete;
  }

  /** What is wrong with the head so far, or null. */
  @Nullable HttpError error() {
    return error;
  }

  /** The head's bytes, valid until {@link #reset}; read only. */
  byte[] bytes() {
    return bytes;
  }

  /** The first line as it came, or what came of it; a byte for each character. */
  String firstLine() {
    int from = 0;
    while (from < filled && (bytes[from] == '\r' || bytes[from] == '\n')) {
      from++;
    }
    int to = from;
    while (to < filled && bytes[to] != '\r' && bytes[to] != '\n') {
      to++;
    }
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }

  RequestLine requestLine() {
    return requestLine;
  }

  HeaderFields fields() {
    return fields;
  }
}
