package dev.tapstack.filter;

import java.util.List;

/** What holds for the rules of every list. */
final class RuleList {
  private RuleList() {}

  /**
   * A copy of the rules of the list {@code name}.
   *
   * @throws IllegalArgumentException if the name cannot be shown, or the numbers do not grow
   */
  static List<Rule> checked(String name, List<Rule> rules) {
    if (!name.matches("[A-Za-z0-9._-]{1,32}")) {
      throw new IllegalArgumentException(
          "name '"
              + LogLine.printable(name)
              + "' is not 1 to 32 letters, digits, dots, dashes and underscores");
    }
    int last = 0;
    for (Rule rule : rules) {
      if (rule.number() <= last) {
        throw new IllegalArgumentException(
            name
                + ": rule "
                + rule.number()
                + " stands behind rule "
                + last
                + ": numbers grow from rule to rule");
      }
      last = rule.number();
    }
    return List.copyOf(rules);
  }
}
