package dev.tapstack.apps.http;

import dev.tapstack.socket.TcpConnection;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The head of a request, read and understood: request line, target, fields, and what the fields say
 * of framing. One for each connection. The loop's thread only.
 */
final class RequestHead {
  private final HeadParser parser;
  private final RequestTarget target = new RequestTarget();
  private final BodyFraming framing = new BodyFraming();
  private @Nullable HttpError error;

  RequestHead(HttpLimits limits, RequestMemory.Pool pool) {
    parser = new HeadParser(limits, pool);
  }

  /** Forgets the head and gives its memory back; the next one may begin. Idempotent. */
  void reset() {
    parser.reset();
    target.forget();
    error = null;
  }

  /**
   * Consumes what {@code connection} has of the head.
   *
   * @return true if the head is complete, or known to be wrong: {@link #error} tells
   */
  boolean read(TcpConnection connection) {
    while (!parser.isComplete() && parser.error() == null) {
      ByteBuf in = connection.peek();
      if (in == null) {
        return false;
      }
      connection.skip(parser.feed(in, in.readerIndex(), in.readableBytes()));
    }
    error = parser.error();
    if (error == null) {
      error = understand(parser.requestLine());
    }
    return true;
  }

  private @Nullable HttpError understand(RequestLine line) {
    boolean isTarget =
        target.parse(parser.bytes(), line.method(), line.targetFrom(), line.targetTo());
    return isTarget
        ? framing.evaluate(parser.bytes(), line, parser.fields())
        : HttpError.BAD_TARGET;
  }

  /** The memory of the request, from the first byte of its head on. */
  RequestMemory memory() {
    return parser.memory();
  }

  /** What is wrong with it, or null. */
  @Nullable HttpError error() {
    return error;
  }

  /** Whether nothing of it has come yet. */
  boolean isEmpty() {
    return parser.isEmpty();
  }

  /** The method; GET as long as there is none. */
  HttpMethod method() {
    return parser.hasRequestLine() ? parser.requestLine().method() : HttpMethod.GET;
  }

  boolean isHttp10() {
    return parser.requestLine().isHttp10();
  }

  RequestTarget target() {
    return target;
  }

  BodyFraming framing() {
    return framing;
  }

  /** Whether the connection persists after this request (RFC 9112 9.3). */
  boolean isPersistent() {
    return framing.isPersistent(parser.requestLine());
  }

  /** Whether the client waits for 100 (Continue) before it sends its content. */
  boolean expectsContinue() {
    return framing.expectsContinue(parser.requestLine());
  }

  /** The value of a field, see {@link HeaderFields#value}. */
  @Nullable String field(String name) {
    return parser.fields().value(parser.bytes(), name);
  }

  /** The request line as it came, see {@link HeadParser#firstLine}. */
  String firstLine() {
    return parser.firstLine();
  }

  /** The bytes that hold it; read only. */
  byte[] bytes() {
    return parser.bytes();
  }
}
