package dev.tapstack.apps.gateway;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.filter.Action;
import dev.tapstack.filter.Match;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A rule in the words of a {@link FirewallFile}, to be shown. Any thread. */
public final class RuleFields {
  private RuleFields() {}

  /**
   * The fields as they stand in a file, the action first; a state may be one that none can name.
   */
  public static Map<String, Object> of(List<Match> matches, Action action) {
    Map<String, Object> fields = new LinkedHashMap<>();
    add(fields, action);
    matches.forEach(match -> add(fields, match));
    return fields;
  }

  private static void add(Map<String, Object> fields, Action action) {
    switch (action) {
      case Action.Allow allow -> fields.put(RuleReader.ACTION, "allow");
      case Action.Drop drop -> fields.put(RuleReader.ACTION, "drop");
      case Action.Reject reject -> fields.put(RuleReader.ACTION, "reject");
      case Action.Log log -> {
        fields.put(RuleReader.ACTION, "log");
        fields.put(RuleReader.LABEL, log.label());
      }
      case Action.Limit limit -> {
        fields.put(RuleReader.ACTION, "limit");
        fields.put(RuleReader.PER_SECOND, limit.perSecond());
        fields.put(RuleReader.BURST, limit.burst());
      }
    }
  }

  private static void add(Map<String, Object> fields, Match match) {
    switch (match) {
      case Match.Protocol m ->
          fields.put(
              RuleReader.PROTOCOL,
              word(RuleReader.PROTOCOLS, m.number(), Integer.toString(m.number())));
      case Match.Source m -> fields.put(RuleReader.FROM, text(m.prefix()));
      case Match.Destination m -> fields.put(RuleReader.TO, text(m.prefix()));
      case Match.SourcePort m -> fields.put(RuleReader.FROM_PORT, range(m.first(), m.last()));
      case Match.DestinationPort m -> fields.put(RuleReader.TO_PORT, range(m.first(), m.last()));
      case Match.IcmpType m -> fields.put(RuleReader.ICMP_TYPE, text(m));
      case Match.InInterface m -> fields.put(RuleReader.IN_INTERFACE, m.name());
      case Match.OutInterface m -> fields.put(RuleReader.OUT_INTERFACE, m.name());
      case Match.Way m ->
          fields.put(RuleReader.WAY, word(RuleReader.WAYS, m.point(), m.point().name()));
      case Match.State m ->
          fields.put(
              RuleReader.STATE,
              m.anyOf().stream()
                  .map(state -> state.name().toLowerCase(Locale.ROOT))
                  .collect(Collectors.joining(",")));
      case Match.Translated m -> fields.put(RuleReader.TRANSLATED, "true");
    }
  }

  private static <T> String word(Map<String, T> words, T meant, String otherwise) {
    return words.entrySet().stream()
        .filter(each -> each.getValue().equals(meant))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(otherwise);
  }

  private static String text(IpPrefix prefix) {
    return prefix.length() == prefix.address().bits()
        ? prefix.address().toString()
        : prefix.toString();
  }

  private static String range(int first, int last) {
    return first == last ? Integer.toString(first) : first + "-" + last;
  }

  private static String text(Match.IcmpType match) {
    return match.code() == Match.IcmpType.ANY_CODE
        ? word(RuleReader.ICMP_TYPES, match.type(), Integer.toString(match.type()))
        : match.type() + "/" + match.code();
  }
}
