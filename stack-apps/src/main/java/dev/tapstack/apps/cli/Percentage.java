package dev.tapstack.apps.cli;

import java.math.BigDecimal;

/**
 * A chance as people write it: 5% or 0.1%.
 *
 * @param chance 0 to 1
 */
record Percentage(double chance) {
  static Percentage parse(String text) {
    // The sign is asked for: 0.05 would be 5% to one reader and 0.05% to the next.
    if (text.matches("[0-9]{1,3}(\\.[0-9]{1,9})?%")) {
      double chance =
          new BigDecimal(text.substring(0, text.length() - 1)).movePointLeft(2).doubleValue();
      if (chance <= 1) {
        return new Percentage(chance);
      }
    }
    throw new IllegalArgumentException("'" + text + "' is no chance: write 5% or 0.1%");
  }

  /** As {@link #parse} reads it. */
  static String format(double chance) {
    return BigDecimal.valueOf(chance).movePointRight(2).stripTrailingZeros().toPlainString() + "%";
  }
}
