package dev.tapstack.apps.http;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a representation that a GET asks for (RFC 9110 14). A request for several ranges at
 * once is answered with the whole, as 14.2 allows. Immutable.
 *
 * @param from the first byte's position
 * @param length how many bytes; 0 for {@link #UNSATISFIABLE}
 */
public record ByteRange(long from, long length) {
  /** There is no such byte: answer 416 (Range Not Satisfiable). */
  public static final ByteRange UNSATISFIABLE = new ByteRange(0, 0);

  private static final String UNIT = "bytes=";

  /** Digits that a long certainly holds. */
  private static final int MOST_DIGITS = 18;

  /**
   * What part of {@code wholeLength} bytes {@code request} asks for: a range, {@link
   * #UNSATISFIABLE}, or null for the whole, also where the field is malformed or If-Range (13.1.5)
   * names another representation.
   *
   * @param modified when the representation last changed, to the second
   * @param now the time of the response's Date, for a date proves nothing in its own second
   *     (8.8.2.2)
   */
  public static @Nullable ByteRange of(
      HttpRequest request, long wholeLength, EntityTag tag, Instant modified, Instant now) {
    String value = request.header("Range");
    if (value == null
        || request.method() != HttpMethod.GET
        || !value.regionMatches(true, 0, UNIT, 0, UNIT.length())
        || !isStillTheSame(request.header("If-Range"), tag, modified, now)) {
      return null;
    }
    return parse(value.substring(UNIT.length()).strip(), wholeLength);
  }

  private static boolean isStillTheSame(
      @Nullable String ifRange, EntityTag tag, Instant modified, Instant now) {
    if (ifRange == null || tag.isIn(ifRange, true)) {
      return true;
    }
    return modified.isBefore(now.minusSeconds(1)) && modified.equals(HttpDate.parse(ifRange));
  }

  /** A range-spec: {@code first-last}, {@code first-} or {@code -suffix}. */
  private static @Nullable ByteRange parse(String spec, long wholeLength) {
    int dash = spec.indexOf('-');
    if (dash < 0) {
      return null;
    }
    String first = spec.substring(0, dash);
    String last = spec.substring(dash + 1);
    if (!isNumber(first) || !isNumber(last) || first.isEmpty() && last.isEmpty()) {
      return null;
    }
    if (first.isEmpty()) {
      long length = Math.min(number(last), wholeLength);
      return length == 0 ? UNSATISFIABLE : new ByteRange(wholeLength - length, length);
    }
    long from = number(first);
    long to = last.isEmpty() ? Long.MAX_VALUE : number(last);
    if (to < from) {
      return null;
    }
    return from >= wholeLength
        ? UNSATISFIABLE
        : new ByteRange(from, Math.min(to, wholeLength - 1) - from + 1);
  }

  private static boolean isNumber(String digits) {
    return digits.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static long number(String digits) {
    return digits.length() > MOST_DIGITS ? Long.MAX_VALUE : Long.parseLong(digits);
  }

  /** The Content-Range field's value (14.4) for this part of {@code wholeLength} bytes. */
  public String contentRange(long wholeLength) {
    return this == UNSATISFIABLE
        ? "bytes */" + wholeLength
        : "bytes " + from + "-" + (from + length - 1) + "/" + wholeLength;
  }
}
