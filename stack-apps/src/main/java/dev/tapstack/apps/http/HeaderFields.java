package dev.tapstack.apps.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The header section of a request (RFC 9112 5) as positions in the bytes of its head: nothing is
 * copied or made a string until somebody asks. One for each connection. The loop's thread only.
 */
final class HeaderFields {
  private static final int INTS_A_FIELD = 4;

  /** Fields that there is room for at first: curl sends 3, browsers about 15. */
  private static final int FIRST_FIELDS = 16;

  /** The length of the array that {@link #use} is given at first. */
  static final int FIRST_POSITIONS = FIRST_FIELDS * INTS_A_FIELD;

  private static final int[] NONE = {};

  private int[] positions = NONE;
  private int count;

  /** Forgets the section; its positions are noted in the same array. */
  void clear() {
    count = 0;
  }

  /** Begins a section whose positions are to be noted in {@code array}. */
  void use(int[] array) {
    positions = array;
    count = 0;
  }

  /** Forgets the section; returns the array, perhaps a larger one. */
  int[] release() {
    int[] used = positions;
    use(NONE);
    return used;
  }

  int count() {
    return count;
  }

  /**
   * Adds the field line {@code bytes[from, to)}, its CRLF not included: field-name ":" OWS
   * field-value OWS.
   *
   * @return what is wrong with it, or null
   */
  @Nullable HttpError add(byte[] bytes, int from, int to, int maxFields) {
    if (count == maxFields) {
      return HttpError.TOO_MANY_FIELDS;
    }
    int colon = from;
    while (colon < to && bytes[colon] != ':') {
      colon++;
    }
    HttpError error = checkName(bytes, from, colon, to);
    if (error != null) {
      return error;
    }
    int valueFrom = colon + 1;
    int valueTo = to;
    while (valueFrom < valueTo && Syntax.isSpace(bytes[valueFrom])) {
      valueFrom++;
    }
    while (valueTo > valueFrom && Syntax.isSpace(bytes[valueTo - 1])) {
      valueTo--;
    }
    if (!Syntax.isFieldValue(bytes, valueFrom, valueTo)) {
      return HttpError.BAD_FIELD_VALUE;
    }
    int at = count * INTS_A_FIELD;
    if (at == positions.length) {
      positions = Arrays.copyOf(positions, Math.max(FIRST_POSITIONS, 2 * at));
    }
    positions[at] = from;
    positions[at + 1] = colon;
    positions[at + 2] = valueFrom;
    positions[at + 3] = valueTo;
    count++;
    return null;
  }

  private static @Nullable HttpError checkName(byte[] bytes, int from, int colon, int to) {
    if (Syntax.isSpace(bytes[from])) {
      return HttpError.OBSOLETE_FOLDING; // RFC 9112 5.2
    }
    if (colon == to) {
      return HttpError.BAD_FIELD_NAME;
    }
    if (colon > from && Syntax.isSpace(bytes[colon - 1])) {
      return HttpError.SPACE_BEFORE_COLON; // RFC 9112 5.1
    }
    return Syntax.isToken(bytes, from, colon) ? null : HttpError.BAD_FIELD_NAME;
  }

  /** Whether the field's name is {@code lowerCase}, in any case. */
  boolean isNamed(byte[] bytes, int field, byte[] lowerCase) {
    return Syntax.equalsIgnoreCase(bytes, nameFrom(field), nameTo(field), lowerCase);
  }

  int nameFrom(int field) {
    return positions[field * INTS_A_FIELD];
  }

  int nameTo(int field) {
    return positions[field * INTS_A_FIELD + 1];
  }

  int valueFrom(int field) {
    return positions[field * INTS_A_FIELD + 2];
  }

  int valueTo(int field) {
    return positions[field * INTS_A_FIELD + 3];
  }

  /**
   * The value of the fields named {@code name}, several joined by ", " (RFC 9110 5.3), or null if
   * there is none. Makes a string: not for the hot path.
   */
  @Nullable String value(byte[] bytes, String name) {
    byte[] lowerCase = lowerCase(name);
    String value = null;
    for (int i = 0; i < count; i++) {
      if (isNamed(bytes, i, lowerCase)) {
        String one =
            new String(bytes, valueFrom(i), valueTo(i) - valueFrom(i), StandardCharsets.ISO_8859_1);
        value = value == null ? one : value + ", " + one;
      }
    }
    return value;
  }

  private static byte[] lowerCase(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] >= 'A' && bytes[i] <= 'Z') {
        bytes[i] |= 0x20;
      }
    }
    return bytes;
  }
}
