package dev.tapstack.filter;

import dev.tapstack.addr.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All rules of a firewall, checked against each other. Immutable; any thread.
 *
 * @param groups at most one for an interface or host
 * @param lists at most one for an interface
 */
public record FirewallRules(List<SecurityGroup> groups, List<AccessList> lists) {
  /** Each packet may be compared with all of them: more would be felt by everybody. */
  public static final int MAX_RULES = 4096;

  /** Lets everything pass. */
  public static final FirewallRules NONE = new FirewallRules(List.of(), List.of());

  /** The name of the group that {@link #withOutside} adds. */
  public static final String DEFAULT_GROUP = "outside-default";

  public FirewallRules {
    groups = List.copyOf(groups);
    lists = List.copyOf(lists);
    Set<String> names = new LinkedHashSet<>();
    Set<String> inGroup = new LinkedHashSet<>();
    Set<String> inList = new LinkedHashSet<>();
    Set<IpAddress> hosts = new LinkedHashSet<>();
    for (SecurityGroup group : groups) {
      requireFirst(names.add(group.name()), "list", group.name());
      group.interfaces().forEach(each -> requireFirst(inGroup.add(each), "interface", each));
      group.hosts().forEach(each -> requireFirst(hosts.add(each), "host", each));
    }
    for (AccessList list : lists) {
      requireFirst(names.add(list.name()), "list", list.name());
      list.interfaces().forEach(each -> requireFirst(inList.add(each), "interface", each));
    }
    int rules = count(groups, lists);
    if (rules > MAX_RULES) {
      throw new IllegalArgumentException(
          rules + " rules are more than " + MAX_RULES + ": join rules by prefixes and port ranges");
    }
  }

  private static int count(List<SecurityGroup> groups, List<AccessList> lists) {
    return groups.stream().mapToInt(each -> each.in().size() + size(each.out())).sum()
        + lists.stream().mapToInt(each -> size(each.in()) + size(each.out())).sum();
  }

  /** How many rules there are in all. */
  public int count() {
    return count(groups, lists);
  }

  private static int size(@Nullable List<Rule> rules) {
    return rules == null ? 0 : rules.size();
  }

  private static void requireFirst(boolean isFirst, String kind, Object name) {
    if (!isFirst) {
      throw new IllegalArgumentException(
          kind + " " + name + " is named twice: one group and one access list for each");
    }
  }

  /**
   * These rules, and for those of {@code interfaces} that are in no group the default of an
   * outside: nothing comes in but answers, and what the address translation lets pass (port
   * forwards, and mappings by their filtering).
   */
  public FirewallRules withOutside(List<String> interfaces) {
    List<String> open = new ArrayList<>(interfaces);
    groups.forEach(group -> open.removeAll(group.interfaces()));
    if (open.isEmpty()) {
      return this;
    }
    Rule forwarded = new Rule(1, List.of(new Match.Translated()), new Action.Allow());
    List<SecurityGroup> all = new ArrayList<>(groups);
    all.add(new SecurityGroup(DEFAULT_GROUP, open, List.of(), List.of(forwarded), null));
    return new FirewallRules(all, lists);
  }
}
