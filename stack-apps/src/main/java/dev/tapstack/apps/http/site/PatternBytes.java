package dev.tapstack.apps.http.site;

import dev.tapstack.apps.http.BodyProducer;
import dev.tapstack.apps.http.HttpHandler;
import dev.tapstack.apps.http.HttpRequest;
import dev.tapstack.apps.http.HttpResponse;
import dev.tapstack.apps.http.HttpServer;
import dev.tapstack.apps.http.ResponseBody;
import dev.tapstack.socket.TcpConnection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * {@code /bytes/N}: N bytes, 0 to 2^53, of a line that repeats, {@link #LINE}: the digits, the
 * upper case letters, the lower case letters and a line feed, 63 bytes. So {@code yes LINE | head
 * -c N} makes the same bytes, and {@code sha256sum} compares them. The period is odd, so that a
 * segment lost or misplaced shows.
 *
 * <p>All clients are sent the same buffer, without copying. Loop's thread only.
 */
public final class PatternBytes implements HttpHandler {
  /** One period, without its line feed. */
  public static final String LINE =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  /** The largest N: what a JavaScript client counts exactly. */
  public static final long MAX_BYTES = 1L << 53;

  /** Digits of {@link #MAX_BYTES}. */
  private static final int MAX_DIGITS = 16;

  /** Periods in the shared buffer: as many as keep it below 64 KB, and so in a core's cache. */
  private static final int PERIODS = 1024;

  /** What is copied behind the head instead: a shorter content leaves in one write. */
  private static final int SHORT_BYTES = 1024;

  private static final TcpConnection.SendCallback SHARED = (buffer, acknowledged) -> {};

  private final ByteBuf pattern;
  private final byte[] beginning = new byte[SHORT_BYTES];

  public PatternBytes() {
    byte[] line = (LINE + "\n").getBytes(StandardCharsets.US_ASCII);
    ByteBuffer bytes = ByteBuffer.allocateDirect(PERIODS * line.length);
    while (bytes.hasRemaining()) {
      bytes.put(line);
    }
    bytes.flip().get(0, beginning);
    pattern = Unpooled.wrappedBuffer(bytes);
  }

  @Override
  public void handle(HttpRequest request, HttpResponse response) {
    long length = parse(request.pathRest());
    if (length < 0) {
      HttpServer.notFound(response);
      return;
    }
    response.type("application/octet-stream");
    if (length <= SHORT_BYTES) {
      response.bytes(beginning, 0, (int) length);
    } else {
      response.stream(length, new Pieces(pattern, length));
    }
  }

  /** A decimal number up to {@link #MAX_BYTES}, or -1. */
  private static long parse(CharSequence digits) {
    int length = digits.length();
    if (length == 0 || length > MAX_DIGITS) {
      return -1;
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      int digit = digits.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = 10 * value + digit;
    }
    return value <= MAX_BYTES ? value : -1;
  }

  /**
   * The shared buffer again and again; a whole number of periods, so that each piece begins one.
   */
  private static final class Pieces implements BodyProducer {
    private final ByteBuf pattern;
    private long remaining;

    Pieces(ByteBuf pattern, long length) {
      this.pattern = pattern;
      remaining = length;
    }

    @Override
    public void produce(ResponseBody body) {
      while (remaining > 0) {
        int length = (int) Math.min(remaining, pattern.readableBytes());
        if (!body.send(pattern.slice(pattern.readerIndex(), length), SHARED)) {
          return;
        }
        remaining -= length;
      }
      body.end();
    }
  }
}
