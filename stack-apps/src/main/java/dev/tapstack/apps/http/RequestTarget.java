package dev.tapstack.apps.http;

import java.util.Arrays;

/**
 * The request target in its forms (RFC 9112 3.2), and the path in it, normalized for routing (RFC
 * 9110 4.2.3, RFC 3986 6.2.2): percent-encoded octets decoded, dot segments removed.
 *
 * <p>An ordinary path stays where it is in the bytes of the head; one with a percent sign or a dot
 * segment is copied. One for each connection. The loop's thread only.
 */
final class RequestTarget {
  private static final byte[] HTTP = Syntax.ascii("http://");
  private static final byte[] HTTPS = Syntax.ascii("https://");
  private static final byte[] ROOT = {'/'};

  private byte[] pathBytes = ROOT;
  private int pathFrom;
  private int pathTo;
  private int queryFrom;
  private int queryTo;
  private boolean isAsterisk;

  /**
   * Takes apart the target {@code bytes[from, to)}, whose characters have been checked.
   *
   * @return false if it is malformed: of no form, a bad percent code, a path above the root
   */
  boolean parse(byte[] bytes, HttpMethod method, int from, int to) {
    isAsterisk = to - from == 1 && bytes[from] == '*';
    if (isAsterisk) {
      setPath(ROOT, 0, 1);
      queryFrom = queryTo = from;
      return method == HttpMethod.OPTIONS; // RFC 9112 3.2.4
    }
    int path = from;
    if (bytes[from] != '/') {
      path = afterAuthority(bytes, from, to);
      if (path < 0) {
        return false;
      }
    }
    int question = path;
    while (question < to && bytes[question] != '?') {
      question++;
    }
    queryFrom = Math.min(question + 1, to);
    queryTo = to;
    if (question == path) {
      setPath(ROOT, 0, 1); // http://host or http://host?query: RFC 9110 4.2.3
      return true;
    }
    setPath(bytes, path, question);
    return !needsNormalizing() || normalize();
  }

  /** Lets go of the bytes of the head. */
  void forget() {
    setPath(ROOT, 0, 1);
    queryFrom = queryTo = 0;
    isAsterisk = false;
  }

  private void setPath(byte[] bytes, int from, int to) {
    pathBytes = bytes;
    pathFrom = from;
    pathTo = to;
  }

  /** Where the path of an absolute-form target begins (RFC 9112 3.2.2), or -1 if it is none. */
  private static int afterAuthority(byte[] bytes, int from, int to) {
    int authority;
    if (startsWith(bytes, from, to, HTTP)) {
      authority = from + HTTP.length;
    } else if (startsWith(bytes, from, to, HTTPS)) {
      authority = from + HTTPS.length;
    } else {
      return -1;
    }
    int end = authority;
    while (end < to && bytes[end] != '/' && bytes[end] != '?') {
      end++;
    }
    // An empty host is invalid, and so is user information in it: RFC 9110 4.2.1, 4.2.4.
    return end > authority && Syntax.isHost(bytes, authority, end) ? end : -1;
  }

  private static boolean startsWith(byte[] bytes, int from, int to, byte[] lowerCase) {
    int end = from + lowerCase.length;
    return end <= to && Syntax.equalsIgnoreCase(bytes, from, end, lowerCase);
  }

  private boolean needsNormalizing() {
    for (int i = pathFrom; i < pathTo; i++) {
      if (pathBytes[i] == '%'
          || pathBytes[i] == '.' && pathBytes[i - 1] == '/') { // the path begins with '/'
        return true;
      }
    }
    return false;
  }

  private boolean normalize() {
    byte[] decoded = new byte[pathTo - pathFrom];
    int length = 0;
    for (int i = pathFrom; i < pathTo; i++) {
      int b = pathBytes[i];
      if (b == '%') {
        int high = i + 2 < pathTo ? Syntax.hexDigit(pathBytes[i + 1]) : -1;
        int low = i + 2 < pathTo ? Syntax.hexDigit(pathBytes[i + 2]) : -1;
        b = high << 4 | low;
        if (b <= 0) {
          return false; // no digits (negative), or NUL: no name has that
        }
        i += 2;
      }
      decoded[length++] = (byte) b;
    }
    length = removeDotSegments(decoded, length);
    setPath(decoded, 0, length);
    return length > 0;
  }

  /** RFC 3986 5.2.4, in place; 0 for a path that leads above the root. */
  private static int removeDotSegments(byte[] path, int length) {
    int out = 0;
    for (int at = 0; at < length; ) {
      int end = at + 1; // path[at] is '/'
      while (end < length && path[end] != '/') {
        end++;
      }
      int segment = end - at - 1;
      boolean isDot = segment == 1 && path[at + 1] == '.';
      boolean isDotDot = segment == 2 && path[at + 1] == '.' && path[at + 2] == '.';
      if (isDotDot) {
        if (out == 0) {
          return 0;
        }
        do {
          out--;
        } while (path[out] != '/');
      } else if (!isDot) {
        System.arraycopy(path, at, path, out, end - at);
        out += end - at;
      }
      if ((isDot || isDotDot) && end == length) {
        path[out++] = '/';
      }
      at = end;
    }
    return out;
  }

  /** "OPTIONS *": about the server as a whole. */
  boolean isAsterisk() {
    return isAsterisk;
  }

  /** The bytes that hold the path between {@link #pathFrom} and {@link #pathTo}; read only. */
  byte[] pathBytes() {
    return pathBytes;
  }

  int pathFrom() {
    return pathFrom;
  }

  int pathTo() {
    return pathTo;
  }

  /** Whether the path begins with {@code prefix}. */
  boolean pathStartsWith(byte[] prefix) {
    return pathTo - pathFrom >= prefix.length
        && Arrays.equals(pathBytes, pathFrom, pathFrom + prefix.length, prefix, 0, prefix.length);
  }

  /** The query in the bytes of the head, without its question mark; empty if there is none. */
  int queryFrom() {
    return queryFrom;
  }

  int queryTo() {
    return queryTo;
  }
}
