package dev.tapstack.apps.gateway;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.conntrack.FlowState;
import dev.tapstack.filter.Action;
import dev.tapstack.filter.Match;
import dev.tapstack.filter.Rule;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.wire.Icmp4;
import dev.tapstack.wire.Ipv4;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a rule of a {@link FirewallFile}. */
final class RuleReader {
  private static final String NUMBER = "number";
  static final String ACTION = "action";
  static final String LABEL = "label";
  static final String PER_SECOND = "per-second";
  static final String BURST = "burst";
  static final String STATE = "state";
  static final String PROTOCOL = "protocol";
  static final String FROM = "from";
  static final String FROM_PORT = "from-port";
  static final String TO = "to";
  static final String TO_PORT = "to-port";
  static final String ICMP_TYPE = "icmp-type";
  static final String IN_INTERFACE = "in-interface";
  static final String OUT_INTERFACE = "out-interface";
  static final String WAY = "way";
  static final String TRANSLATED = "translated";

  private static final List<String> COMMON =
      List.of(
          ACTION,
          PROTOCOL,
          FROM,
          FROM_PORT,
          TO,
          TO_PORT,
          ICMP_TYPE,
          IN_INTERFACE,
          OUT_INTERFACE,
          WAY,
          LABEL,
          PER_SECOND,
          BURST);

  static final Map<String, Integer> PROTOCOLS =
      inOrder("icmp", Ipv4.PROTOCOL_ICMP, "tcp", Ipv4.PROTOCOL_TCP, "udp", Ipv4.PROTOCOL_UDP);

  static final Map<String, Integer> ICMP_TYPES =
      inOrder(
          "echo-reply", Icmp4.ECHO_REPLY,
          "destination-unreachable", Icmp4.DESTINATION_UNREACHABLE,
          "echo-request", Icmp4.ECHO_REQUEST,
          "time-exceeded", Icmp4.TIME_EXCEEDED,
          "parameter-problem", Icmp4.PARAMETER_PROBLEM);

  static final Map<String, HookPoint> WAYS =
      inOrder(
          "to-gateway", HookPoint.INPUT,
          "through", HookPoint.FORWARD,
          "from-gateway", HookPoint.OUTPUT);

  private static final Map<String, FlowState> STATES =
      inOrder("new", FlowState.NEW, "invalid", FlowState.INVALID);

  private final List<String> interfaces;

  RuleReader(List<String> interfaces) {
    this.interfaces = interfaces;
  }

  /** A map that is shown in the order in which it is written. */
  @SuppressWarnings("unchecked")
  private static <T> Map<String, T> inOrder(Object... words) {
    Map<String, T> map = new LinkedHashMap<>();
    for (int i = 0; i < words.length; i += 2) {
      map.put((String) words[i], (T) words[i + 1]);
    }
    return map;
  }

  /** The rule of a security group at that place. */
  Rule groupRule(ConfigValue value, int place) throws ConfigException {
    List<String> keys = new ArrayList<>(COMMON);
    keys.add(STATE);
    keys.add(TRANSLATED);
    return rule(value.section(keys), place);
  }

  /** The rule of an access list behind rule {@code last}. */
  Rule numberedRule(ConfigValue value, int last) throws ConfigException {
    List<String> keys = new ArrayList<>(COMMON);
    keys.add(0, NUMBER);
    ConfigSection section = value.section(keys);
    int number = section.require(NUMBER).number(1, Rule.MAX_NUMBER);
    if (number <= last) {
      throw section
          .require(NUMBER)
          .refusal(number + " stands behind " + last + ": numbers grow from rule to rule");
    }
    return rule(section, number);
  }

  private Rule rule(ConfigSection section, int number) throws ConfigException {
    List<Match> matches = matches(section);
    Action action = action(section);
    return FirewallFile.checked(section.whole(), () -> new Rule(number, matches, action));
  }

  private static Action action(ConfigSection section) throws ConfigException {
    ConfigValue value = section.require(ACTION);
    String word = value.text();
    if (!word.equals("log")) {
      requireAbsent(section, LABEL, "log");
    }
    if (!word.equals("limit")) {
      requireAbsent(section, PER_SECOND, "limit");
      requireAbsent(section, BURST, "limit");
    }
    return switch (word) {
      case "allow" -> new Action.Allow();
      case "drop" -> new Action.Drop();
      case "reject" -> new Action.Reject();
      case "log" -> section.require(LABEL).parsed(Action.Log::new);
      case "limit" ->
          new Action.Limit(
              section.require(PER_SECOND).number(1, Action.Limit.MAX),
              section.require(BURST).number(1, Action.Limit.MAX));
      default ->
          throw value.refusal(
              ConfigValue.quoted(word)
                  + " is unknown: write one of [allow, drop, reject, log, limit]");
    };
  }

  private static void requireAbsent(ConfigSection section, String key, String action)
      throws ConfigException {
    ConfigValue value = section.find(key);
    if (value != null) {
      throw value.refusal("belongs to 'action: " + action + "' alone: leave it");
    }
  }

  private List<Match> matches(ConfigSection section) throws ConfigException {
    List<Match> matches = new ArrayList<>();
    add(matches, section.find(PROTOCOL), v -> new Match.Protocol(protocol(v)));
    add(matches, section.find(FROM), v -> new Match.Source(v.parsed(RuleReader::prefix)));
    add(matches, section.find(TO), v -> new Match.Destination(v.parsed(RuleReader::prefix)));
    add(matches, section.find(FROM_PORT), v -> new Match.SourcePort(firstPort(v), lastPort(v)));
    add(matches, section.find(TO_PORT), v -> new Match.DestinationPort(firstPort(v), lastPort(v)));
    add(matches, section.find(ICMP_TYPE), RuleReader::icmpType);
    add(matches, section.find(IN_INTERFACE), v -> new Match.InInterface(interfaceName(v)));
    add(matches, section.find(OUT_INTERFACE), v -> new Match.OutInterface(interfaceName(v)));
    add(matches, section.find(WAY), v -> new Match.Way(v.oneOf(WAYS)));
    add(matches, section.find(STATE), v -> new Match.State(List.of(v.oneOf(STATES))));
    add(matches, section.find(TRANSLATED), RuleReader::translated);
    return matches;
  }

  /** Reads a match from a value. */
  @FunctionalInterface
  private interface Reading {
    Match read(ConfigValue value) throws ConfigException;
  }

  private static void add(List<Match> matches, @Nullable ConfigValue value, Reading reading)
      throws ConfigException {
    if (value != null) {
      matches.add(reading.read(value));
    }
  }

  String interfaceName(ConfigValue value) throws ConfigException {
    String name = value.text();
    if (!interfaces.contains(name)) {
      throw value.refusal(
          "there is no interface " + ConfigValue.quoted(name) + ": write one of " + interfaces);
    }
    return name;
  }

  private static int protocol(ConfigValue value) throws ConfigException {
    Integer named = PROTOCOLS.get(value.text());
    if (named == null && !value.text().matches("[0-9]{1,9}")) {
      throw value.refusal(
          ConfigValue.quoted(value.text())
              + " is no protocol: write one of "
              + PROTOCOLS.keySet()
              + " or its number");
    }
    return named == null ? value.number(0, Match.MAX_OCTET) : named;
  }

  /** A prefix without host bits; an address alone is itself. */
  private static IpPrefix prefix(String text) {
    if (text.indexOf('/') < 0) {
      IpAddress address = IpAddress.parse(text);
      return new IpPrefix(address, address.bits());
    }
    IpPrefix prefix = IpPrefix.parse(text);
    if (!prefix.address().equals(prefix.network())) {
      throw new IllegalArgumentException(
          text + " has host bits: write " + new IpPrefix(prefix.network(), prefix.length()));
    }
    return prefix;
  }

  private static int firstPort(ConfigValue value) throws ConfigException {
    return ports(value)[0];
  }

  private static int lastPort(ConfigValue value) throws ConfigException {
    return ports(value)[1];
  }

  private static int[] ports(ConfigValue value) throws ConfigException {
    String text = value.text();
    if (text.matches("[0-9]{1,5}(-[0-9]{1,5})?")) {
      String[] ends = text.split("-");
      int first = Integer.parseInt(ends[0]);
      int last = Integer.parseInt(ends[ends.length - 1]);
      if (first <= last && last <= Match.MAX_PORT) {
        return new int[] {first, last};
      }
    }
    throw value.refusal(
        ConfigValue.quoted(text)
            + " is no port: write 0 to 65535, or a range with the lower port first, as 1024-2047");
  }

  /** {@code echo-request}, {@code 8}, or type and code as {@code 3/4}. */
  private static Match icmpType(ConfigValue value) throws ConfigException {
    String text = value.text();
    Integer named = ICMP_TYPES.get(text);
    if (named != null) {
      return new Match.IcmpType(named, Match.IcmpType.ANY_CODE);
    }
    if (text.matches("[0-9]{1,3}(/[0-9]{1,3})?")) {
      String[] parts = text.split("/");
      int type = Integer.parseInt(parts[0]);
      int code = parts.length == 2 ? Integer.parseInt(parts[1]) : Match.IcmpType.ANY_CODE;
      return FirewallFile.checked(value, () -> new Match.IcmpType(type, code));
    }
    throw value.refusal(
        ConfigValue.quoted(text)
            + " is no ICMP type: write one of "
            + ICMP_TYPES.keySet()
            + ", its number, or type and code as 3/4");
  }

  private static Match translated(ConfigValue value) throws ConfigException {
    if (!value.text().equals("true")) {
      throw value.refusal(
          ConfigValue.quoted(value.text()) + " is not 'true': write that, or leave the field");
    }
    return new Match.Translated();
  }
}
