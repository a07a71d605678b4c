package dev.tapstack.filter;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.conntrack.FlowState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link FirewallRules} as the hook uses them: a {@link RuleTable}, and for each interface and host
 * the index of its first rule. The loop's thread only.
 */
final class CompiledRules {
  /** Where nothing is judged. */
  static final int NO_LIST = -1;

  private static final String ANSWERS = "answers";
  private static final String OTHERWISE = "otherwise";

  /** Rules that are added to a list at most. */
  private static final int ADDED = 2;

  /** What passes a group without a rule; a host's word to itself is in no flow. */
  private static final List<Match> ANSWER =
      List.of(
          new Match.State(List.of(FlowState.ESTABLISHED, FlowState.RELATED, FlowState.UNTRACKED)));

  private static final Match.State IS_NEW = new Match.State(List.of(FlowState.NEW));

  private final List<String> interfaces;
  private final RuleTable table;
  private final int[] listIn;
  private final int[] listOut;
  private final int[] groupIn;
  private final int[] groupOut;

  // The hosts by address, for a binary search.
  private final long[] hostHi;
  private final long[] hostLo;
  private final int[] hostIn;
  private final int[] hostOut;

  /**
   * Compiles.
   *
   * @param interfaces the interfaces' names, at their indices
   * @throws IllegalArgumentException if a rule names an interface that is not there
   */
  CompiledRules(FirewallRules rules, List<String> interfaces, long nowNanos) {
    this.interfaces = interfaces;
    int lists = (rules.groups().size() + rules.lists().size()) * Direction.values().length;
    table = new RuleTable(rules.count() + lists * ADDED, nowNanos);
    listIn = none(interfaces.size());
    listOut = none(interfaces.size());
    groupIn = none(interfaces.size());
    groupOut = none(interfaces.size());
    for (AccessList list : rules.lists()) {
      set(listIn, list.interfaces(), addList(list.name(), Direction.IN, list.in()));
      set(listOut, list.interfaces(), addList(list.name(), Direction.OUT, list.out()));
    }
    List<Host> hosts = new ArrayList<>();
    for (SecurityGroup group : rules.groups()) {
      int in = addGroup(group.name(), Direction.IN, group.in());
      int out = addGroup(group.name(), Direction.OUT, group.out());
      set(groupIn, group.interfaces(), in);
      set(groupOut, group.interfaces(), out);
      group.hosts().forEach(address -> hosts.add(new Host(address, in, out)));
    }
    hosts.sort(Comparator.comparing(Host::address));
    hostHi = hosts.stream().mapToLong(each -> each.address().hi()).toArray();
    hostLo = hosts.stream().mapToLong(each -> each.address().lo()).toArray();
    hostIn = hosts.stream().mapToInt(Host::in).toArray();
    hostOut = hosts.stream().mapToInt(Host::out).toArray();
  }

  private record Host(IpAddress address, int in, int out) {}

  private static int[] none(int count) {
    int[] lists = new int[count];
    Arrays.fill(lists, NO_LIST);
    return lists;
  }

  private void set(int[] byInterface, List<String> names, int first) {
    for (String name : names) {
      byInterface[RuleTable.indexOf(name, interfaces)] = first;
    }
  }

  private int addList(String name, Direction direction, @Nullable List<Rule> rules) {
    if (rules == null) {
      return NO_LIST;
    }
    int first = table.size();
    for (Rule rule : rules) {
      add(name, direction, Integer.toString(rule.number()), rule.matches(), rule.action());
    }
    add(name, direction, OTHERWISE, List.of(), new Action.Drop());
    return first;
  }

  private int addGroup(String name, Direction direction, @Nullable List<Rule> rules) {
    if (rules == null) {
      return NO_LIST;
    }
    int first = table.size();
    add(name, direction, ANSWERS, ANSWER, new Action.Allow());
    for (Rule rule : rules) {
      List<Match> matches = new ArrayList<>(rule.matches());
      if (!rule.hasState()) {
        matches.add(IS_NEW);
      }
      add(name, direction, Integer.toString(rule.number()), matches, rule.action());
    }
    add(name, direction, OTHERWISE, List.of(), new Action.Drop());
    return first;
  }

  private void add(
      String list, Direction direction, String rule, List<Match> matches, Action action) {
    table.add(list, direction, rule, matches, action, interfaces);
  }

  RuleTable table() {
    return table;
  }

  /** The name of an interface, for a line of the log. */
  String interfaceName(int index) {
    return index < 0 || index >= interfaces.size() ? "-" : interfaces.get(index);
  }

  // The first rule of each list, or NO_LIST.

  int listIn(int index) {
    return at(listIn, index);
  }

  int listOut(int index) {
    return at(listOut, index);
  }

  int groupIn(int index) {
    return at(groupIn, index);
  }

  int groupOut(int index) {
    return at(groupOut, index);
  }

  private static int at(int[] byInterface, int index) {
    return index < 0 ? NO_LIST : byInterface[index];
  }

  int hostIn(long hi, long lo) {
    int host = host(hi, lo);
    return host < 0 ? NO_LIST : hostIn[host];
  }

  int hostOut(long hi, long lo) {
    int host = host(hi, lo);
    return host < 0 ? NO_LIST : hostOut[host];
  }

  private int host(long hi, long lo) {
    int low = 0;
    int high = hostHi.length - 1;
    while (low <= high) {
      int middle = low + high >>> 1;
      int c = Long.compareUnsigned(hostHi[middle], hi);
      c = c != 0 ? c : Long.compareUnsigned(hostLo[middle], lo);
      if (c == 0) {
        return middle;
      }
      if (c < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }
}
