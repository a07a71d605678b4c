package dev.tapstack.apps.http;

import org.jspecify.annotations.Nullable;

/**
 * What the fields of a request say about its framing and its connection: how long the content is
 * (RFC 9112 6.3), whether the connection persists (RFC 9112 9.3), what is expected (RFC 9110
 * 10.1.1), and whether Host is as it must be (RFC 9112 3.2).
 *
 * <p>Whatever two servers could read in two ways is refused: that is what request smuggling is made
 * of (RFC 9112 11.2). One for each connection. The loop's thread only.
 */
final class BodyFraming {
  /** {@link #contentLength} of chunked content. */
  static final long CHUNKED = -1;

  /** Digits that always fit a long. */
  private static final int SAFE_DIGITS = 18;

  private static final byte[] HOST = Syntax.ascii("host");
  private static final byte[] EXPECT = Syntax.ascii("expect");
  private static final byte[] CONNECTION = Syntax.ascii("connection");
  private static final byte[] CONTENT_LENGTH = Syntax.ascii("content-length");
  private static final byte[] TRANSFER_ENCODING = Syntax.ascii("transfer-encoding");
  private static final byte[] CONTINUE = Syntax.ascii("100-continue");
  private static final byte[] CHUNKED_CODING = Syntax.ascii("chunked");
  private static final byte[] CLOSE = Syntax.ascii("close");
  private static final byte[] KEEP_ALIVE = Syntax.ascii("keep-alive");

  private boolean hasHost;
  private boolean hasContentLength;
  private long contentLength;
  private boolean hasTransferEncoding;
  private boolean hasUnknownCoding;
  private boolean hasEarlierChunked;
  private boolean isChunkedLast;
  private boolean hasClose;
  private boolean hasKeepAlive;
  private boolean expectsContinue;

  /**
   * Reads the fields of a complete head.
   *
   * @return what is wrong with them, or null
   */
  @Nullable HttpError evaluate(byte[] bytes, RequestLine line, HeaderFields fields) {
    clear();
    for (int i = 0; i < fields.count(); i++) {
      HttpError error = field(bytes, fields, i);
      if (error != null) {
        return error;
      }
    }
    if (!hasHost && !line.isHttp10()) {
      return HttpError.NO_HOST;
    }
    if (hasTransferEncoding) {
      return evaluateCodings(line);
    }
    if (!hasContentLength && line.method().expectsContent()) {
      return HttpError.LENGTH_REQUIRED; // RFC 9112 6.3
    }
    return null;
  }

  private void clear() {
    hasHost = false;
    hasContentLength = false;
    contentLength = 0;
    hasTransferEncoding = false;
    hasUnknownCoding = false;
    hasEarlierChunked = false;
    isChunkedLast = false;
    hasClose = false;
    hasKeepAlive = false;
    expectsContinue = false;
  }

  /** Takes note of a field that means something here; told apart by length first. */
  private @Nullable HttpError field(byte[] bytes, HeaderFields fields, int i) {
    int from = fields.valueFrom(i);
    int to = fields.valueTo(i);
    return switch (fields.nameTo(i) - fields.nameFrom(i)) {
      case 4 -> fields.isNamed(bytes, i, HOST) ? host(bytes, from, to) : null;
      case 6 -> fields.isNamed(bytes, i, EXPECT) ? expect(bytes, from, to) : null;
      case 10 -> fields.isNamed(bytes, i, CONNECTION) ? connection(bytes, from, to) : null;
      case 14 -> fields.isNamed(bytes, i, CONTENT_LENGTH) ? length(bytes, from, to) : null;
      case 17 -> fields.isNamed(bytes, i, TRANSFER_ENCODING) ? codings(bytes, from, to) : null;
      default -> null;
    };
  }

  private @Nullable HttpError host(byte[] bytes, int from, int to) {
    if (hasHost) {
      return HttpError.TWO_HOSTS;
    }
    hasHost = true;
    return Syntax.isHost(bytes, from, to) ? null : HttpError.BAD_HOST;
  }

  private @Nullable HttpError expect(byte[] bytes, int from, int to) {
    if (!Syntax.equalsIgnoreCase(bytes, from, to, CONTINUE)) {
      return HttpError.UNKNOWN_EXPECTATION;
    }
    expectsContinue = true;
    return null;
  }

  /** Content-Length = 1*DIGIT; a list, even of equal numbers, is refused (RFC 9110 8.6). */
  private @Nullable HttpError length(byte[] bytes, int from, int to) {
    if (hasContentLength) {
      return HttpError.TWO_CONTENT_LENGTHS;
    }
    hasContentLength = true;
    int at = from;
    while (at < to - 1 && bytes[at] == '0') {
      at++;
    }
    boolean isTooLarge = to - at > SAFE_DIGITS;
    long value = 0;
    for (int i = at; i < to; i++) {
      if (bytes[i] < '0' || bytes[i] > '9') {
        return HttpError.BAD_CONTENT_LENGTH;
      }
      value = isTooLarge ? 0 : 10 * value + bytes[i] - '0';
    }
    contentLength = value;
    if (from == to) {
      return HttpError.BAD_CONTENT_LENGTH;
    }
    return isTooLarge ? HttpError.CONTENT_TOO_LARGE : null;
  }

  /** Elements of a comma-separated list (RFC 9110 5.6.1). */
  private @Nullable HttpError connection(byte[] bytes, int from, int to) {
    for (int at = from; at < to; ) {
      int end = endOfElement(bytes, at, to);
      int last = trimmedEnd(bytes, at, end);
      int first = trimmedStart(bytes, at, last);
      if (Syntax.equalsIgnoreCase(bytes, first, last, CLOSE)) {
        hasClose = true;
      } else if (Syntax.equalsIgnoreCase(bytes, first, last, KEEP_ALIVE)) {
        hasKeepAlive = true;
      }
      at = end + 1;
    }
    return null;
  }

  /** Transfer codings in their order; judged when all fields are known. */
  private @Nullable HttpError codings(byte[] bytes, int from, int to) {
    hasTransferEncoding = true;
    for (int at = from; at < to; ) {
      int end = endOfElement(bytes, at, to);
      int last = trimmedEnd(bytes, at, end);
      int first = trimmedStart(bytes, at, last);
      if (first < last) {
        hasEarlierChunked |= isChunkedLast;
        isChunkedLast = Syntax.equalsIgnoreCase(bytes, first, last, CHUNKED_CODING);
        hasUnknownCoding |= !isChunkedLast;
      }
      at = end + 1;
    }
    return null;
  }

  private @Nullable HttpError evaluateCodings(RequestLine line) {
    if (line.isHttp10()) {
      return HttpError.CODING_IN_HTTP_10; // RFC 9112 6.1
    }
    if (hasContentLength) {
      return HttpError.LENGTH_AND_CODING; // RFC 9112 6.3
    }
    if (!isChunkedLast || hasEarlierChunked) {
      return HttpError.BAD_TRANSFER_CODING; // RFC 9112 6.3, 7
    }
    contentLength = CHUNKED;
    return hasUnknownCoding ? HttpError.UNKNOWN_TRANSFER_CODING : null; // RFC 9112 6.1
  }

  private static int endOfElement(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to && bytes[i] != ',') {
      i++;
    }
    return i;
  }

  private static int trimmedStart(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to && Syntax.isSpace(bytes[i])) {
      i++;
    }
    return i;
  }

  private static int trimmedEnd(byte[] bytes, int from, int to) {
    int i = to;
    while (i > from && Syntax.isSpace(bytes[i - 1])) {
      i--;
    }
    return i;
  }

  /** Bytes of content that follow the head, or {@link #CHUNKED}. */
  long contentLength() {
    return contentLength;
  }

  /** Whether the client waits for 100 (Continue); in HTTP/1.0 it cannot (RFC 9110 10.1.1). */
  boolean expectsContinue(RequestLine line) {
    return expectsContinue && !line.isHttp10() && contentLength != 0;
  }

  /** Whether the connection persists after this request (RFC 9112 9.3). */
  boolean isPersistent(RequestLine line) {
    return !hasClose && (hasKeepAlive || !line.isHttp10());
  }
}
