package dev.tapstack.apps.http;

import java.nio.charset.StandardCharsets;

/** Character classes and comparisons of RFC 9110 5.5, 5.6 and RFC 9112 3.2 over bytes. */
final class Syntax {
  private static final byte TOKEN = 1;
  private static final byte VALUE = 2;
  private static final byte TARGET = 4;
  private static final byte HOST = 8;
  private static final byte[] CLASSES = classes();

  private Syntax() {}

  private static byte[] classes() {
    byte[] classes = new byte[256];
    for (int c = 0; c < 256; c++) {
      boolean alphanumeric = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
      boolean visible = c > ' ' && c < 0x7f;
      int set = 0;
      if (alphanumeric || c != 0 && "!#$%&'*+-.^_`|~".indexOf(c) >= 0) {
        set |= TOKEN; // tchar, RFC 9110 5.6.2
      }
      if (visible || c == ' ' || c == '\t' || c >= 0x80) {
        set |= VALUE; // field-vchar, SP and HTAB, RFC 9110 5.5
      }
      if (visible && c != '#') {
        set |= TARGET; // wider than RFC 3986: browsers send '|' and '^' as they are
      }
      if (alphanumeric || c != 0 && "-._~%!$&'()*+,;=:[]".indexOf(c) >= 0) {
        set |= HOST; // uri-host [ ":" port ], RFC 3986 3.2.2
      }
      classes[c] = (byte) set;
    }
    return classes;
  }

  /** Whether {@code bytes[from, to)} is a token (RFC 9110 5.6.2). */
  static boolean isToken(byte[] bytes, int from, int to) {
    return from < to && isAll(TOKEN, bytes, from, to);
  }

  /** Whether {@code bytes[from, to)} may be a field value (RFC 9110 5.5); empty ones may. */
  static boolean isFieldValue(byte[] bytes, int from, int to) {
    return isAll(VALUE, bytes, from, to);
  }

  /** Whether {@code bytes[from, to)} has only characters that a request target may have. */
  static boolean isTarget(byte[] bytes, int from, int to) {
    return from < to && isAll(TARGET, bytes, from, to);
  }

  /** Whether {@code bytes[from, to)} has only characters that a host with port may have. */
  static boolean isHost(byte[] bytes, int from, int to) {
    return isAll(HOST, bytes, from, to);
  }

  private static boolean isAll(byte set, byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if ((CLASSES[bytes[i] & 0xff] & set) == 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether {@code b} may stand in a field value (RFC 9110 5.5). */
  static boolean isFieldValueByte(int b) {
    return (CLASSES[b & 0xff] & VALUE) != 0;
  }

  /** Whether {@code b} may stand in a token (RFC 9110 5.6.2). */
  static boolean isTokenByte(int b) {
    return (CLASSES[b & 0xff] & TOKEN) != 0;
  }

  /** Whether {@code b} is optional white space: SP or HTAB (RFC 9110 5.6.3). */
  static boolean isSpace(int b) {
    return b == ' ' || b == '\t';
  }

  /** Whether {@code bytes[from, to)} is {@code lowerCase}, letters compared without case. */
  static boolean equalsIgnoreCase(byte[] bytes, int from, int to, byte[] lowerCase) {
    if (to - from != lowerCase.length) {
      return false;
    }
    for (int i = 0; i < lowerCase.length; i++) {
      int b = bytes[from + i];
      if (b >= 'A' && b <= 'Z') {
        b += 'a' - 'A';
      }
      if (b != lowerCase[i]) {
        return false;
      }
    }
    return true;
  }

  /** The value of a hexadecimal digit, or -1. */
  static int hexDigit(int b) {
    if (b >= '0' && b <= '9') {
      return b - '0';
    }
    int letter = b | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
  }

  /** {@code text} in bytes; only for ASCII constants. */
  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
