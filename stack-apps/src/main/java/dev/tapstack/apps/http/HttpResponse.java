package dev.tapstack.apps.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request: first {@link #status}, {@link #type} and {@link #header}, then exactly
 * one of the methods that send it. Framing, Date and Connection are the server's business; a HEAD
 * request is answered as GET would be, and its content left out (RFC 9110 9.3.2).
 *
 * <p>When the connection has ended, or the request has failed, every method does nothing. One for
 * each connection, used again for each request. The loop's thread only.
 */
public final class HttpResponse {
  /** Content up to this length is copied, so that it leaves together with the head. */
  private static final int COPIED_BYTES = 4096;

  private static final byte[] CONTENT_TYPE = Syntax.ascii("Content-Type: ");
  private static final byte[] CONTENT_LENGTH = Syntax.ascii("Content-Length: ");
  private static final byte[] CHUNKED = Syntax.ascii("Transfer-Encoding: chunked\r\n");
  private static final byte[] CLOSE = Syntax.ascii("Connection: close\r\n");
  private static final byte[] KEEP_ALIVE = Syntax.ascii("Connection: keep-alive\r\n");
  private static final byte[] CRLF = {'\r', '\n'};
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String HTML = "text/html; charset=utf-8";

  private enum Phase {
    /** Nothing has been sent. */
    OPEN,
    /** The head has been sent. */
    STREAMING,
    /** All has been sent, or the connection cannot carry it any more. */
    ENDED
  }

  private final HttpConnection http;
  private final HttpOutput output;
  private final HttpDate date;
  private final ResponseBody body;
  private ByteBuf fields = Unpooled.EMPTY_BUFFER;
  private Phase phase = Phase.ENDED;
  private long contentFrom;
  private HttpStatus status = HttpStatus.OK;
  private String type = "";
  private HttpMethod method = HttpMethod.GET;
  private boolean isHttp10;

  HttpResponse(HttpConnection http, HttpOutput output, HttpDate date, ResponseBody body) {
    this.http = http;
    this.output = output;
    this.date = date;
    this.body = body;
  }

  /** Begins the answer to a request. */
  void begin(HttpMethod method, boolean isHttp10, RequestMemory memory) {
    this.method = method;
    this.isHttp10 = isHttp10;
    phase = Phase.OPEN;
    status = HttpStatus.OK;
    type = "";
    fields = memory.fields.clear();
  }

  /** Nothing of it has been sent. */
  boolean isOpen() {
    return phase == Phase.OPEN;
  }

  boolean isEnded() {
    return phase == Phase.ENDED;
  }

  /** The status that was sent, or null if nothing was. */
  @Nullable HttpStatus sentStatus() {
    return phase == Phase.OPEN ? null : status;
  }

  /** Where in the connection's output its content begins. */
  long contentFrom() {
    return contentFrom;
  }

  /** It is over; the memory of the request may go. */
  void ended() {
    phase = Phase.ENDED;
    fields = Unpooled.EMPTY_BUFFER;
  }

  /** Sets the status; 200 (OK) otherwise. */
  public HttpResponse status(HttpStatus status) {
    this.status = status;
    return this;
  }

  /** Sets Content-Type. */
  public HttpResponse type(String mediaType) {
    if (!mediaType.equals(type)) {
      checkValue(mediaType);
      type = mediaType;
    }
    return this;
  }

  /**
   * Adds a field. Content-Length, Transfer-Encoding, Connection, Date and Content-Type have their
   * own ways.
   *
   * @throws IllegalArgumentException if the name is no token, or the value has a control character
   */
  public HttpResponse header(String name, String value) {
    byte[] nameBytes = name.getBytes(StandardCharsets.ISO_8859_1);
    if (!Syntax.isToken(nameBytes, 0, nameBytes.length)) {
      throw new IllegalArgumentException("'" + name + "' is not a field name");
    }
    byte[] valueBytes = checkValue(value);
    if (phase != Phase.ENDED) {
      fields.writeBytes(nameBytes).writeByte(':').writeByte(' ');
      fields.writeBytes(valueBytes).writeBytes(CRLF);
    }
    return this;
  }

  private static byte[] checkValue(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
    if (!Syntax.isFieldValue(bytes, 0, bytes.length)) {
      throw new IllegalArgumentException("'" + value + "' has a control character: RFC 9110 5.5");
    }
    return bytes;
  }

  /** Sends {@code text}, as text/plain unless another type was set. */
  public void text(String text) {
    bytes(TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends {@code html}, as text/html unless another type was set. */
  public void html(String html) {
    bytes(HTML, html.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends {@code content}, which must not change until the response has ended. */
  public void bytes(byte[] content) {
    bytes("application/octet-stream", content);
  }

  /**
   * Sends {@code length} bytes of {@code content} from {@code from} on; they must not change until
   * the response has ended.
   */
  public void bytes(byte[] content, int from, int length) {
    Objects.checkFromIndexSize(from, length, content.length);
    if (length > COPIED_BYTES) {
      stream(length, new WholeBuffer(Unpooled.wrappedBuffer(content, from, length)));
    } else if (beginSending()) {
      head(length, false);
      if (hasContent()) {
        output.scratch().writeBytes(content, from, length);
      }
      finishSmall();
    }
  }

  private void bytes(String defaultType, byte[] content) {
    if (type.isEmpty()) {
      type(defaultType);
    }
    bytes(content, 0, content.length);
  }

  /** Sends a response without content. */
  public void empty() {
    if (beginSending()) {
      head(0, false);
      finishSmall();
    }
  }

  /** Sends {@code length} bytes that {@code producer} makes. */
  public void stream(long length, BodyProducer producer) {
    if (!beginSending()) {
      producer.ended(false);
      return;
    }
    head(length, false);
    output.flush();
    if (!hasContent()) {
      finishWithout(producer);
      return;
    }
    body.beginLength(length, producer);
    http.produce();
  }

  /** Sends content whose length only its end will tell. */
  public void stream(BodyProducer producer) {
    if (!beginSending()) {
      producer.ended(false);
      return;
    }
    if (isHttp10) {
      http.closeAfterResponse(); // RFC 9112 6.3: no length and no chunks, so until it closes
    }
    head(-1, !isHttp10);
    output.flush();
    if (!hasContent()) {
      finishWithout(producer);
      return;
    }
    if (isHttp10) {
      body.beginUntilClose(producer);
    } else {
      body.beginChunked(producer);
    }
    http.produce();
  }

  /** Closes the connection after this response (RFC 9112 9.6). */
  public HttpResponse close() {
    http.closeAfterResponse();
    return this;
  }

  /** False if the response is over, because the connection is. */
  private boolean beginSending() {
    if (phase == Phase.STREAMING) {
      throw new IllegalStateException("a second response to one request");
    }
    if (phase == Phase.ENDED) {
      return false;
    }
    phase = Phase.STREAMING;
    return true;
  }

  private boolean hasContent() {
    return method != HttpMethod.HEAD && !status.isWithoutContent();
  }

  private void finishSmall() {
    output.flush();
    http.responseEnded();
  }

  private void finishWithout(BodyProducer producer) {
    producer.ended(true);
    http.responseEnded();
  }

  /** Writes the head into the scratch buffer; {@code length} is -1 if there is none to tell. */
  private void head(long length, boolean chunked) {
    ByteBuf out = output.scratch();
    out.writeBytes(status.line()).writeBytes(date.line());
    if (!type.isEmpty()) {
      out.writeBytes(CONTENT_TYPE);
      out.writeCharSequence(type, StandardCharsets.ISO_8859_1);
      out.writeBytes(CRLF);
    }
    if (!status.isWithoutContent()) { // RFC 9110 8.6: no Content-Length in 1xx and 204
      if (length >= 0) {
        out.writeBytes(CONTENT_LENGTH);
        writeDecimal(out, length);
        out.writeBytes(CRLF);
      } else if (chunked) {
        out.writeBytes(CHUNKED);
      }
    }
    if (http.decidePersistence()) {
      if (isHttp10) {
        out.writeBytes(KEEP_ALIVE);
      }
    } else {
      out.writeBytes(CLOSE);
    }
    out.writeBytes(fields).writeBytes(CRLF);
    contentFrom = output.position() + out.readableBytes();
  }

  private static void writeDecimal(ByteBuf out, long value) {
    int digits = 1;
    for (long left = value; left >= 10; left /= 10) {
      digits++;
    }
    int end = out.writerIndex() + digits;
    out.ensureWritable(digits);
    long left = value;
    for (int at = end - 1; at >= end - digits; at--) {
      out.setByte(at, (byte) ('0' + left % 10));
      left /= 10;
    }
    out.writerIndex(end);
  }

  /** Sends what a buffer holds. */
  private record WholeBuffer(ByteBuf content) implements BodyProducer {
    @Override
    public void produce(ResponseBody body) {
      body.write(content);
      if (!content.isReadable()) {
        body.end();
      }
    }
  }
}
