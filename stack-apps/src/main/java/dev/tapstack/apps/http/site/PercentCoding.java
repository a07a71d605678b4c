package dev.tapstack.apps.http.site;

import java.nio.charset.StandardCharsets;

/** Paths as a URI has them: UTF-8, percent-encoded (RFC 3986 2.1, 2.5). */
final class PercentCoding {
  private static final String UNRESERVED = "-._~";
  private static final String HEX = "0123456789ABCDEF";

  private PercentCoding() {}

  /** All but slashes and unreserved characters (RFC 3986 2.3) encoded. */
  static String encode(String path) {
    StringBuilder encoded = new StringBuilder(path.length());
    for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
      boolean isAlphanumeric = b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z';
      if (isAlphanumeric || b == '/' || UNRESERVED.indexOf(b) >= 0) {
        encoded.append((char) b);
      } else {
        encoded.append('%').append(HEX.charAt(b >> 4 & 15)).append(HEX.charAt(b & 15));
      }
    }
    return encoded.toString();
  }
}
