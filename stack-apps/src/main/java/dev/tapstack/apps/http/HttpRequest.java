package dev.tapstack.apps.http;

import dev.tapstack.socket.TcpConnection;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A request, as its handler sees it. The head lies in bytes: what returns a string makes it when
 * asked. One for each connection, valid until the response has ended. The loop's thread only.
 */
public final class HttpRequest {
  private static final byte[] NONE = {};

  private final HttpConnection http;
  private final TcpConnection connection;
  private final RequestHead head;
  private final RequestBody body;
  private final PathRest pathRest = new PathRest();

  HttpRequest(HttpConnection http, TcpConnection connection, RequestHead head, RequestBody body) {
    this.http = http;
    this.connection = connection;
    this.head = head;
    this.body = body;
  }

  /** Tells the request which route serves it: the first {@code prefixBytes} bytes of the path. */
  void routed(int prefixBytes) {
    RequestTarget target = head.target();
    pathRest.set(target.pathBytes(), target.pathFrom() + prefixBytes, target.pathTo());
  }

  /** Lets go of the bytes of the head. */
  void forget() {
    pathRest.set(NONE, 0, 0);
  }

  public HttpMethod method() {
    return head.method();
  }

  /**
   * The path, beginning with a slash; percent-encoded octets decoded (as UTF-8), dot segments
   * removed (RFC 3986 6.2.2).
   */
  public String path() {
    RequestTarget target = head.target();
    int from = target.pathFrom();
    return new String(target.pathBytes(), from, target.pathTo() - from, StandardCharsets.UTF_8);
  }

  /**
   * The part of the path behind the prefix of the route, "" for an exact route. A view of the
   * head's bytes, one character for each, without copying; valid as long as the request.
   */
  public CharSequence pathRest() {
    return pathRest;
  }

  /** The query as it was sent, without its question mark, or null if there is none. */
  public @Nullable String query() {
    int from = head.target().queryFrom();
    int to = head.target().queryTo();
    return from == to ? null : new String(head.bytes(), from, to - from, StandardCharsets.US_ASCII);
  }

  /**
   * The value of the field {@code name} (in any case), several joined by ", " (RFC 9110 5.3), or
   * null if the request has none.
   */
  public @Nullable String header(String name) {
    return head.field(name);
  }

  /**
   * Whether the field {@code name} has a value in which {@code part} occurs, in any case: enough to
   * ask whether Accept names a media type.
   */
  public boolean headerContains(String name, String part) {
    String value = header(name);
    return value != null && value.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT));
  }

  /** Bytes of content announced, 0 for none, -1 if only its end will tell (chunked). */
  public long contentLength() {
    return body.contentLength();
  }

  /**
   * Asks for the content: {@code reader} is called as it comes, and at its end, after the present
   * handler has returned. A client that waits for it gets 100 (Continue).
   */
  public void onBody(BodyReader reader) {
    http.onBody(reader);
  }

  /** Bytes of content that can be read now. */
  public int readableBytes() {
    return http.hasFailed() ? 0 : body.readableBytes();
  }

  /**
   * The first of the content that can be read, without copying: a buffer whose readable bytes are
   * these; perhaps not all. Read only, by absolute index or a duplicate; valid until the next
   * {@link #skip} or the handler's return.
   *
   * @return null if nothing can be read now
   */
  public @Nullable ByteBuf peek() {
    return http.hasFailed() ? null : body.peek();
  }

  /**
   * Consumes bytes that {@link #peek} showed; the receive window opens accordingly.
   *
   * @throws IllegalArgumentException if more than {@link #readableBytes}
   */
  public void skip(int bytes) {
    body.skip(bytes);
  }

  /** Whether all content has been consumed. */
  public boolean isBodyAtEnd() {
    return !http.hasFailed() && body.isAtEnd();
  }

  /** The connection that carries the request: to look at. Reading and writing are the server's. */
  public TcpConnection connection() {
    return connection;
  }

  /** Bytes of the path as characters. */
  private static final class PathRest implements CharSequence {
    private byte[] bytes = NONE;
    private int from;
    private int to;

    void set(byte[] bytes, int from, int to) {
      this.bytes = bytes;
      this.from = from;
      this.to = to;
    }

    @Override
    public int length() {
      return to - from;
    }

    @Override
    public char charAt(int index) {
      if (index < 0 || index >= to - from) {
        throw new IndexOutOfBoundsException(index + " of " + (to - from));
      }
      return (char) (bytes[from + index] & 0xff);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return toString().substring(start, end);
    }

    @Override
    public String toString() {
      return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }
  }
}
