package dev.tapstack.apps.http;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whether a request is to be carried out, by its conditional fields (RFC 9110 13). Static; any
 * thread.
 */
public final class Preconditions {
  /** What becomes of the request. */
  public enum Outcome {
    /** It is carried out. */
    PROCEED,
    /** Answer 304 (Not Modified) with the validators. */
    NOT_MODIFIED,
    /** Answer 412 (Precondition Failed). */
    FAILED
  }

  private Preconditions() {}

  /**
   * Evaluates If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in the order of
   * RFC 9110 13.2.2.
   *
   * @param tag of the resource's present representation, or null if it has none
   * @param modified when it last changed, to the second, or null if that is not known
   */
  public static Outcome evaluate(
      HttpRequest request, @Nullable EntityTag tag, @Nullable Instant modified) {
    boolean isRead = request.method() == HttpMethod.GET || request.method() == HttpMethod.HEAD;
    String ifMatch = request.header("If-Match");
    if (ifMatch != null) {
      if (!matches(ifMatch, tag, true)) {
        return Outcome.FAILED;
      }
    } else {
      Instant limit = date(request, "If-Unmodified-Since", modified);
      if (modified != null && limit != null && modified.isAfter(limit)) {
        return Outcome.FAILED;
      }
    }
    String ifNoneMatch = request.header("If-None-Match");
    if (ifNoneMatch != null) {
      if (matches(ifNoneMatch, tag, false)) {
        return isRead ? Outcome.NOT_MODIFIED : Outcome.FAILED;
      }
    } else if (isRead) {
      Instant since = date(request, "If-Modified-Since", modified);
      if (modified != null && since != null && !modified.isAfter(since)) {
        return Outcome.NOT_MODIFIED;
      }
    }
    return Outcome.PROCEED;
  }

  private static boolean matches(String list, @Nullable EntityTag tag, boolean strongly) {
    return tag != null && (list.strip().equals("*") || tag.isIn(list, strongly));
  }

  /** A field's date; null if there is none, it is no date, or there is nothing to compare with. */
  private static @Nullable Instant date(
      HttpRequest request, String name, @Nullable Instant modified) {
    String value = modified == null ? null : request.header(name);
    return value == null ? null : HttpDate.parse(value);
  }
}
