package dev.tapstack.filter;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stateless rules for interfaces: every packet is judged, and answers need a rule of their own.
 * Immutable; any thread.
 *
 * @param in rules for what arrives, in order; what none matches is dropped. Null if nothing is
 *     judged
 * @param out the same for what leaves
 */
public record AccessList(
    String name, List<String> interfaces, @Nullable List<Rule> in, @Nullable List<Rule> out) {
  public AccessList {
    interfaces = List.copyOf(interfaces);
    in = in == null ? null : stateless(name, RuleList.checked(name, in));
    out = out == null ? null : stateless(name, RuleList.checked(name, out));
  }

  private static List<Rule> stateless(String name, List<Rule> rules) {
    for (Rule rule : rules) {
      if (rule.hasState()) {
        throw new IllegalArgumentException(
            "access list "
                + name
                + ", rule "
                + rule.number()
                + ": it knows no states: write a security group, or leave the state");
      }
    }
    return rules;
  }
}
