package dev.tapstack.apps.gateway;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.filter.AccessList;
import dev.tapstack.filter.FirewallRules;
import dev.tapstack.filter.Rule;
import dev.tapstack.filter.SecurityGroup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@link FirewallRules} from a configuration file. What a file means is all or nothing: the
 * first mistake refuses it. Any thread; one object for each reading.
 *
 * <pre>{@code
 * security-groups:
 *   - name: outside
 *     interfaces: [wan0]
 *     in:
 *       - {action: allow, protocol: tcp, to: 192.168.1.2, to-port: 80}
 *       - {action: limit, per-second: 5, burst: 10, protocol: icmp, icmp-type: echo-request}
 *       - {action: log, label: refused}
 * access-lists:
 *   - name: lan
 *     interfaces: [lan0]
 *     in:
 *       - {number: 10, action: reject, protocol: tcp, to-port: 25}
 *       - {number: 20, action: allow}
 * }</pre>
 */
public final class FirewallFile {
  private static final String GROUPS = "security-groups";
  private static final String LISTS = "access-lists";
  private static final String NAME = "name";
  private static final String INTERFACES = "interfaces";
  private static final String HOSTS = "hosts";
  private static final String IN = "in";
  private static final String OUT = "out";

  private final List<String> interfaces;

  private FirewallFile(List<String> interfaces) {
    this.interfaces = interfaces;
  }

  /**
   * Reads a file that has rules and nothing else.
   *
   * @param interfaces the names of all interfaces that rules may name
   * @throws ConfigException at the first mistake
   */
  public static FirewallRules read(Path file, List<String> interfaces) throws ConfigException {
    return parse(ConfigFile.read(file), interfaces);
  }

  /** As {@link #read}, from a part of a configuration file. */
  public static FirewallRules parse(ConfigValue value, List<String> interfaces)
      throws ConfigException {
    return new FirewallFile(interfaces).rules(value);
  }

  /** The same, with the default for {@code outside} interfaces added. */
  public static FirewallRules parse(
      ConfigValue value, List<String> interfaces, List<String> outside) throws ConfigException {
    FirewallRules rules = parse(value, interfaces);
    return checked(value, () -> rules.withOutside(outside));
  }

  private FirewallRules rules(ConfigValue value) throws ConfigException {
    ConfigSection section = value.section(List.of(GROUPS, LISTS));
    Set<String> names = new LinkedHashSet<>();
    Set<String> grouped = new LinkedHashSet<>();
    Set<String> listed = new LinkedHashSet<>();
    List<SecurityGroup> groups = new ArrayList<>();
    for (ConfigValue each : section.list(GROUPS)) {
      groups.add(group(each.section(List.of(NAME, INTERFACES, HOSTS, IN, OUT)), names, grouped));
    }
    List<AccessList> lists = new ArrayList<>();
    for (ConfigValue each : section.list(LISTS)) {
      lists.add(accessList(each.section(List.of(NAME, INTERFACES, IN, OUT)), names, listed));
    }
    return checked(value, () -> new FirewallRules(groups, lists));
  }

  private SecurityGroup group(ConfigSection section, Set<String> names, Set<String> taken)
      throws ConfigException {
    String name = first(section.require(NAME), section.require(NAME).text(), names);
    List<String> attached = interfaces(section, taken);
    List<IpAddress> hosts = new ArrayList<>();
    for (ConfigValue each : section.list(HOSTS)) {
      IpAddress host = each.parsed(IpAddress::parse);
      first(each, host.toString(), taken);
      hosts.add(host);
    }
    if (attached.isEmpty() && hosts.isEmpty()) {
      throw section.whole().refusal("is for nobody: add 'interfaces' or 'hosts'");
    }
    List<Rule> in = groupRules(section.find(IN));
    List<Rule> out = groupRules(section.find(OUT));
    return checked(
        section.whole(),
        () -> new SecurityGroup(name, attached, hosts, in == null ? List.of() : in, out));
  }

  private AccessList accessList(ConfigSection section, Set<String> names, Set<String> taken)
      throws ConfigException {
    String name = first(section.require(NAME), section.require(NAME).text(), names);
    List<String> attached = interfaces(section, taken);
    if (attached.isEmpty()) {
      throw section.whole().refusal("is for nobody: add 'interfaces'");
    }
    List<Rule> in = numberedRules(section.find(IN));
    List<Rule> out = numberedRules(section.find(OUT));
    if (in == null && out == null) {
      throw section.whole().refusal("has no rules: add 'in' or 'out'");
    }
    return checked(section.whole(), () -> new AccessList(name, attached, in, out));
  }

  private List<String> interfaces(ConfigSection section, Set<String> taken) throws ConfigException {
    List<String> attached = new ArrayList<>();
    for (ConfigValue each : section.list(INTERFACES)) {
      attached.add(first(each, new RuleReader(interfaces).interfaceName(each), taken));
    }
    return attached;
  }

  private static String first(ConfigValue where, String name, Set<String> taken)
      throws ConfigException {
    if (!taken.add(name)) {
      throw where.refusal(
          ConfigValue.quoted(name) + " is there already: one group and one access list for each");
    }
    return name;
  }

  private @Nullable List<Rule> groupRules(@Nullable ConfigValue value) throws ConfigException {
    if (value == null) {
      return null;
    }
    List<Rule> rules = new ArrayList<>();
    for (ConfigValue each : value.list()) {
      rules.add(new RuleReader(interfaces).groupRule(each, rules.size() + 1));
    }
    return rules;
  }

  private @Nullable List<Rule> numberedRules(@Nullable ConfigValue value) throws ConfigException {
    if (value == null) {
      return null;
    }
    List<Rule> rules = new ArrayList<>();
    int last = 0;
    for (ConfigValue each : value.list()) {
      Rule rule = new RuleReader(interfaces).numberedRule(each, last);
      last = rule.number();
      rules.add(rule);
    }
    return rules;
  }

  /** What {@code make} makes; what it refuses is refused at {@code where}. */
  static <T> T checked(ConfigValue where, Supplier<T> make) throws ConfigException {
    try {
      return make.get();
    } catch (IllegalArgumentException e) {
      throw where.refusal(String.valueOf(e.getMessage()));
    }
  }
}
