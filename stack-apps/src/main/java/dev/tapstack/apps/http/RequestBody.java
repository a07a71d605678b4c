package dev.tapstack.apps.http;

import dev.tapstack.socket.TcpConnection;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The content of a request, read out of the connection without copying: what is not consumed stays
 * in the receive window. One for each connection. The loop's thread only.
 */
final class RequestBody {
  private final TcpConnection connection;
  private final ChunkedDecoder chunks;
  private final long maxBytes;
  private boolean isChunked;
  private long contentLength;
  private long remaining;
  private long consumed;
  private @Nullable HttpError error;
  private @Nullable BodyReader reader;
  private boolean isEndShown;
  private boolean isReaderDue;

  RequestBody(TcpConnection connection, HttpLimits limits) {
    this.connection = connection;
    this.chunks = new ChunkedDecoder(limits);
    this.maxBytes = limits.contentBytes();
  }

  /** Begins the content that {@code framing} announces. */
  void begin(BodyFraming framing) {
    contentLength = framing.contentLength();
    isChunked = contentLength == BodyFraming.CHUNKED;
    remaining = isChunked ? 0 : contentLength;
    consumed = 0;
    forgetReader();
    error = contentLength > maxBytes ? HttpError.CONTENT_TOO_LARGE : null;
    if (isChunked) {
      chunks.reset();
    }
  }

  /** Bytes of content in all, or -1 if only its end will tell. */
  long contentLength() {
    return contentLength;
  }

  /** Bytes known to be missing yet; 0 for chunked content. */
  long remaining() {
    return isChunked ? 0 : remaining;
  }

  /** Bytes of content that can be read now. */
  int readableBytes() {
    if (error != null || connection.readableBytes() == 0) {
      return 0;
    }
    if (isChunked) {
      remaining = chunks.advance(connection);
      error = chunks.error();
      if (error == null && remaining > maxBytes - consumed) {
        error = HttpError.CONTENT_TOO_LARGE;
      }
    }
    return error == null ? (int) Math.min(remaining, connection.readableBytes()) : 0;
  }

  /**
   * The first of the bytes that can be read, as {@link TcpConnection#peek} has them, or null.
   * Content only: what follows it in the connection is cut off.
   */
  @Nullable ByteBuf peek() {
    int readable = readableBytes();
    ByteBuf buffer = readable == 0 ? null : connection.peek();
    if (buffer == null || buffer.readableBytes() <= readable) {
      return buffer;
    }
    return buffer.slice(buffer.readerIndex(), readable);
  }

  /** Consumes bytes that {@link #readableBytes} offered. */
  void skip(int bytes) {
    if (bytes < 0 || bytes > readableBytes()) {
      throw new IllegalArgumentException(
          "skip " + bytes + " bytes of content: " + readableBytes() + " can be read");
    }
    connection.skip(bytes);
    remaining -= bytes;
    consumed += bytes;
    if (isChunked && bytes > 0) {
      chunks.consumed(bytes);
    }
  }

  /** Whether all content has been consumed, and with chunked content its trailers have come. */
  boolean isAtEnd() {
    if (!isChunked) {
      return remaining == 0;
    }
    readableBytes(); // consumes the last chunk when it is there
    return chunks.isAtEnd();
  }

  /** What is wrong with the content, or null. */
  @Nullable HttpError error() {
    return error;
  }

  /** What is wrong with content that somebody reads: also that it ends too early. Or null. */
  @Nullable HttpError problem() {
    boolean isTruncated = reader != null && connection.endOfInput() && !isAtEnd();
    return error == null && isTruncated ? HttpError.TRUNCATED : error;
  }

  /** Calls {@code newReader} for content from now on: at the next {@link #callReader}. */
  void reader(BodyReader newReader) {
    reader = newReader;
    isReaderDue = true;
    isEndShown = false;
  }

  /** The request has been answered, or has failed: nobody reads any more. */
  void forgetReader() {
    BodyReader last = reader;
    reader = null;
    isReaderDue = false;
    if (last != null && !isEndShown && !isAtEnd()) {
      last.cut();
    }
  }

  boolean hasReader() {
    return reader != null;
  }

  /** Whether the reader has not been called since it was set. */
  boolean isReaderDue() {
    return isReaderDue;
  }

  /** Whether somebody reads, and there is nothing to be read yet. */
  boolean isAwaited() {
    return reader != null && !isAtEnd() && readableBytes() == 0;
  }

  /** Shows the reader what has come; what it throws comes through. */
  void callReader(HttpRequest request) {
    isReaderDue = false;
    boolean wasAtEnd = false;
    // Once more if the end was reached in the call, so that one call finds the end.
    for (BodyReader now = reader; now != null && !wasAtEnd; now = reader) {
      wasAtEnd = isAtEnd();
      if (!wasAtEnd && readableBytes() == 0) {
        return;
      }
      isEndShown = wasAtEnd;
      now.onBody(request);
      if (!wasAtEnd && !isAtEnd()) {
        return;
      }
    }
    if (wasAtEnd) {
      reader = null;
    }
  }
}
