package dev.tapstack.apps.http;

/**
 * A validator for one representation of a resource (RFC 9110 8.8.3). Immutable.
 *
 * @param isWeak whether representations with this tag may differ in ways that nobody minds
 * @param opaque what stands between the quotes: visible characters but no quote
 */
public record EntityTag(boolean isWeak, String opaque) {
  /**
   * A tag.
   *
   * @throws IllegalArgumentException if {@code opaque} has a character that no tag has
   */
  public EntityTag {
    if (!opaque.chars().allMatch(EntityTag::isTagCharacter)) {
      throw new IllegalArgumentException("'" + opaque + "' has a character that no tag has");
    }
  }

  /** A strong tag: equal tags mean equal bytes. */
  public static EntityTag strong(String opaque) {
    return new EntityTag(false, opaque);
  }

  private static boolean isTagCharacter(int c) {
    return c == 0x21 || c >= 0x23 && c <= 0x7e || c >= 0x80 && c <= 0xff; // RFC 9110 8.8.3
  }

  /**
   * Whether a field's list of tags has this one: strongly (RFC 9110 8.8.3.2: neither is weak), or
   * weakly. What is malformed in the list, and all behind it, matches nothing.
   */
  boolean isIn(String list, boolean strongly) {
    int at = 0;
    while (at < list.length()) {
      char c = list.charAt(at);
      if (c == ',' || c == ' ' || c == '\t') {
        at++;
        continue;
      }
      boolean weak = list.startsWith("W/", at);
      int open = weak ? at + 2 : at;
      int close = open < list.length() ? list.indexOf('"', open + 1) : -1;
      if (close < 0 || list.charAt(open) != '"') {
        return false;
      }
      boolean isEqual = list.substring(open + 1, close).equals(opaque);
      if (isEqual && !(strongly && (weak || isWeak))) {
        return true;
      }
      at = close + 1;
    }
    return false;
  }

  /** As it stands in a field: {@code "opaque"} or {@code W/"opaque"}. */
  @Override
  public String toString() {
    return (isWeak ? "W/\"" : "\"") + opaque + '"';
  }
}
