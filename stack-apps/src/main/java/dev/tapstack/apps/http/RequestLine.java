package dev.tapstack.apps.http;

import org.jspecify.annotations.Nullable;

/**
 * The request line: method SP request-target SP HTTP-version (RFC 9112 3). One for each connection,
 * filled anew by each request. The loop's thread only.
 */
final class RequestLine {
  /** "HTTP/1.1": the version has always this many bytes (RFC 9112 2.3). */
  private static final int VERSION_LENGTH = 8;

  private HttpMethod method = HttpMethod.GET;
  private int minorVersion;
  private int targetFrom;
  private int targetTo;

  /**
   * Takes apart the line {@code bytes[from, to)}, its CRLF not included. Exactly one space stands
   * between the parts: what is more lenient lets two servers read two requests (RFC 9112 3).
   *
   * @return what is wrong with it, or null
   */
  @Nullable HttpError parse(byte[] bytes, int from, int to) {
    int firstSpace = indexOfSpace(bytes, from, to);
    if (!Syntax.isToken(bytes, from, firstSpace)) {
      return HttpError.BAD_REQUEST_LINE;
    }
    if (firstSpace == to) {
      return HttpError.BAD_REQUEST_LINE;
    }
    targetFrom = firstSpace + 1;
    targetTo = indexOfSpace(bytes, targetFrom, to);
    if (targetTo == to || targetTo == targetFrom) {
      return HttpError.BAD_REQUEST_LINE;
    }
    if (!Syntax.isTarget(bytes, targetFrom, targetTo)) {
      return HttpError.BAD_TARGET;
    }
    HttpError badVersion = parseVersion(bytes, targetTo + 1, to);
    if (badVersion != null) {
      return badVersion;
    }
    HttpMethod known = HttpMethod.of(bytes, from, firstSpace);
    if (known == null) {
      return HttpError.UNKNOWN_METHOD;
    }
    method = known;
    return null;
  }

  /** What a line is called that is too long: the method, or the target (RFC 9112 3). */
  static HttpError tooLong(byte[] bytes, int from, int to) {
    int firstSpace = indexOfSpace(bytes, from, to);
    if (firstSpace == to) {
      return Syntax.isToken(bytes, from, to)
          ? HttpError.UNKNOWN_METHOD
          : HttpError.BAD_REQUEST_LINE;
    }
    return Syntax.isToken(bytes, from, firstSpace)
        ? HttpError.TARGET_TOO_LONG
        : HttpError.BAD_REQUEST_LINE;
  }

  /** HTTP-version = "HTTP/" DIGIT "." DIGIT, case matters (RFC 9112 2.3). */
  private @Nullable HttpError parseVersion(byte[] bytes, int from, int to) {
    if (to - from != VERSION_LENGTH
        || bytes[from] != 'H'
        || bytes[from + 1] != 'T'
        || bytes[from + 2] != 'T'
        || bytes[from + 3] != 'P'
        || bytes[from + 4] != '/'
        || !isDigit(bytes[from + 5])
        || bytes[from + 6] != '.'
        || !isDigit(bytes[from + 7])) {
      return HttpError.BAD_VERSION;
    }
    if (bytes[from + 5] != '1') {
      return HttpError.UNSUPPORTED_VERSION;
    }
    minorVersion = bytes[from + 7] - '0';
    return null;
  }

  private static boolean isDigit(int b) {
    return b >= '0' && b <= '9';
  }

  private static int indexOfSpace(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to && bytes[i] != ' ') {
      i++;
    }
    return i;
  }

  HttpMethod method() {
    return method;
  }

  /** HTTP/1.0; any higher minor version is served as 1.1 (RFC 9110 2.5). */
  boolean isHttp10() {
    return minorVersion == 0;
  }

  int targetFrom() {
    return targetFrom;
  }

  int targetTo() {
    return targetTo;
  }
}
