package dev.tapstack.apps.http;

import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server for one resource (RFC 9110 9.3.1) on a connection of its own, and shows what it
 * answers: HTTP/1.1, content of known length, chunked, or until the connection closes (RFC 9112
 * 6.3). The loop's thread only.
 *
 * <p>Content is shown where it stands in the receive buffer; what the sink does not take stays in
 * the window until {@link #resume}.
 */
public final class HttpGet implements TcpHandler {
  /** What a response is shown to; the loop's thread only. */
  public interface Sink {
    /**
     * The head of the final response.
     *
     * @param length of the content in bytes, or -1 if it is not known beforehand
     * @param location where the resource is instead, as the server says, or null
     */
    void head(int status, String reason, long length, @Nullable String location);

    /**
     * Some content: {@code length} bytes at {@code index} of {@code bytes}, read only, until this
     * returns.
     *
     * @return how many were taken; {@link HttpGet#resume} when there is room for the others
     */
    int content(ByteBuf bytes, int index, int length);

    /** Everything that has come so far was shown. */
    void shown();

    /**
     * The end, once.
     *
     * @param failure why the content is not whole, or null if it is
     */
    void ended(@Nullable String failure);
  }

  private enum State {
    HEAD,
    LENGTH,
    CHUNKED,
    UNTIL_CLOSE,
    ENDED
  }

  private final String request;
  private final Sink sink;
  private final HttpLimits limits = HttpLimits.DEFAULTS;
  private final ResponseHead head = new ResponseHead(limits);
  private final ChunkedDecoder chunks = new ChunkedDecoder(limits);
  private State state = State.HEAD;
  private long remaining;
  private @Nullable TcpConnection connection;

  /**
   * @param authority host and perhaps port, as the URL has them (RFC 9110 7.2)
   * @param target path and query, beginning with a slash
   */
  public HttpGet(String authority, String target, Sink sink) {
    this.sink = sink;
    request =
        "GET "
            + target
            + " HTTP/1.1\r\nHost: "
            + authority
            + "\r\nUser-Agent: tapstack\r\nAccept: */*\r\nConnection: close\r\n\r\n";
  }

  /** The sink has room again. */
  public void resume() {
    if (connection != null) {
      onReadable(connection);
    }
  }

  @Override
  public void onConnected(TcpConnection connected) {
    connection = connected;
    ByteBuf bytes = Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII);
    if (connected.write(bytes) < request.length()) {
      end("the request is too long");
    }
  }

  @Override
  public void onReadable(TcpConnection from) {
    boolean goesOn = true;
    while (goesOn) {
      goesOn =
          switch (state) {
            case HEAD -> readHead(from);
            case LENGTH -> readLength(from);
            case CHUNKED -> readChunk(from);
            case UNTIL_CLOSE -> show(from, Long.MAX_VALUE) > 0;
            case ENDED -> false;
          };
    }
    if (state != State.ENDED) {
      sink.shown();
      if (from.endOfInput()) {
        end(state == State.UNTIL_CLOSE ? null : "the connection ended before the response did");
      }
    }
  }

  private boolean readHead(TcpConnection from) {
    ByteBuf in = from.peek();
    if (in == null) {
      return false;
    }
    from.skip(head.feed(in));
    if (head.error() != null) {
      end("the response cannot be understood: " + head.error());
    } else if (head.isComplete() && head.status() < 200) {
      head.reset(); // RFC 9110 15.2: interim; the final one follows
    } else if (head.isComplete()) {
      begin();
    }
    return true;
  }

  /** RFC 9112 6.3. */
  private void begin() {
    boolean hasNoContent = head.status() == 204 || head.status() == 304;
    remaining = hasNoContent ? 0 : head.contentLength();
    boolean isChunked = head.isChunked() && !hasNoContent;
    long length = isChunked ? -1 : remaining;
    sink.head(head.status(), head.reason(), length, head.value("Location"));
    if (isChunked) {
      chunks.reset();
      state = State.CHUNKED;
    } else {
      state = remaining < 0 ? State.UNTIL_CLOSE : State.LENGTH;
    }
  }

  private boolean readLength(TcpConnection from) {
    if (remaining == 0) {
      end(null);
      return false;
    }
    int taken = show(from, remaining);
    remaining -= taken;
    return taken > 0;
  }

  private boolean readChunk(TcpConnection from) {
    long data = chunks.advance(from);
    if (data > 0) {
      int taken = show(from, data);
      if (taken > 0) {
        chunks.consumed(taken);
      }
      return taken > 0;
    }
    HttpError wrong = chunks.error();
    if (wrong != null) {
      end("the response cannot be understood: " + wrong.text());
    } else if (chunks.isAtEnd()) {
      end(null);
    }
    return false;
  }

  private int show(TcpConnection from, long most) {
    ByteBuf in = from.peek();
    if (in == null) {
      return 0;
    }
    int taken = sink.content(in, in.readerIndex(), (int) Math.min(most, in.readableBytes()));
    from.skip(taken);
    return taken;
  }

  @Override
  public void onClosed(TcpConnection closed, CloseReason reason) {
    end(reason == CloseReason.NORMAL ? "the connection ended early" : reason.text());
  }

  /** The end: in order if {@code failure} is null. */
  private void end(@Nullable String failure) {
    if (state != State.ENDED) {
      state = State.ENDED;
      sink.shown();
      sink.ended(failure);
      if (connection != null) {
        connection.close();
      }
    }
  }

  /** The head of a response: status line and header section (RFC 9112 4, 5). */
  private static final class ResponseHead {
    private final HttpLimits limits;
    private final HeaderFields fields = new HeaderFields();
    private byte[] bytes = new byte[1024];
    private int filled;
    private int lineFrom;
    private int status;
    private String reason = "";
    private boolean isComplete;
    private @Nullable String error;

    ResponseHead(HttpLimits limits) {
      this.limits = limits;
    }

    void reset() {
      filled = 0;
      lineFrom = 0;
      status = 0;
      isComplete = false;
      fields.clear();
    }

    /** Takes the readable bytes up to the end of the head; gives how many these are. */
    int feed(ByteBuf in) {
      int taken = 0;
      while (taken < in.readableBytes() && !isComplete && error == null) {
        if (filled == limits.headerBytes()) {
          error = HttpError.HEADER_TOO_LARGE.text();
          break;
        }
        if (filled == bytes.length) {
          bytes = Arrays.copyOf(bytes, 2 * filled);
        }
        byte b = in.getByte(in.readerIndex() + taken++);
        bytes[filled++] = b;
        if (b == '\n') {
          endOfLine();
          lineFrom = filled;
        }
      }
      return taken;
    }

    /** A line ends in CRLF; LF alone is taken too (RFC 9112 2.2). */
    private void endOfLine() {
      int to = filled - 1;
      if (to > lineFrom && bytes[to - 1] == '\r') {
        to--;
      }
      if (status == 0) {
        statusLine(new String(bytes, lineFrom, to - lineFrom, StandardCharsets.ISO_8859_1));
      } else if (to == lineFrom) {
        isComplete = true;
        checkFraming();
      } else {
        HttpError wrong = fields.add(bytes, lineFrom, to, limits.headerFields());
        error = wrong == null ? null : wrong.text();
      }
    }

    private void statusLine(String line) {
      if (!line.matches("HTTP/1\\.[0-9] [1-9][0-9]{2}( [\\t -~\\x80-\\xff]*)?")) {
        error = "it does not begin with a status line of HTTP/1";
        return;
      }
      status = Integer.parseInt(line.substring(9, 12));
      reason = line.length() > 13 ? line.substring(13).strip() : "";
    }

    private void checkFraming() {
      String codings = value("Transfer-Encoding");
      String length = value("Content-Length");
      if (codings != null && !codings.equalsIgnoreCase("chunked")) {
        error = "its transfer coding is not chunked alone";
      } else if (codings == null && length != null && !length.matches("[0-9]{1,18}")) {
        error = HttpError.BAD_CONTENT_LENGTH.text();
      }
    }

    boolean isComplete() {
      return isComplete;
    }

    @Nullable String error() {
      return error;
    }

    int status() {
      return status;
    }

    String reason() {
      return reason;
    }

    boolean isChunked() {
      return value("Transfer-Encoding") != null;
    }

    /** What Content-Length says, or -1. */
    long contentLength() {
      String length = value("Content-Length");
      return length == null ? -1 : Long.parseLong(length);
    }

    @Nullable String value(String name) {
      return fields.value(bytes, name);
    }
  }
}
