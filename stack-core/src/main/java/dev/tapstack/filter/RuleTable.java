package dev.tapstack.filter;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.loop.TokenBucket;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rules in flat arrays, an element for each rule, lists one behind the other; with their counters
 * and token buckets. A list ends with a rule that matches everything. The loop's thread only.
 *
 * <p>Most rules are passed over by their protocol: it is compared first.
 */
final class RuleTable {
  /** Lines of a log rule: enough to see what happens, too few to fill a disk in a day. */
  private static final int LOG_LINES_PER_SECOND = 10;

  private static final int LOG_BURST = 20;

  // Which conditions a rule has.
  private static final int PROTOCOL = 1;
  private static final int ADDRESSES = 1 << 1;
  private static final int PORTS = 1 << 2;
  private static final int ICMP = 1 << 3;
  private static final int IN = 1 << 4;
  private static final int OUT = 1 << 5;
  private static final int WAY = 1 << 6;
  private static final int STATE = 1 << 7;
  private static final int TRANSLATED = 1 << 8;

  private static final int ANY_CODE_MASK = 0xff00;
  private static final int CODE_MASK = 0xffff;

  private final List<Entry> entries = new ArrayList<>(); // the names, for people
  private final long nowNanos;
  private final int[] conditions;
  private final int[] protocols;
  private final long[] sources; // four for each: value and mask, the upper halves first
  private final long[] destinations;
  private final int[] sourceFirst;
  private final int[] sourceLast;
  private final int[] destinationFirst;
  private final int[] destinationLast;
  private final int[] icmpValues;
  private final int[] icmpMasks;
  private final int[] ins;
  private final int[] outs;
  private final int[] ways;
  private final int[] states;
  private final @Nullable TokenBucket[] buckets;
  private final long[] packets;
  private final long[] bytes;

  /** A rule's place among the others, as people name it. */
  private record Entry(
      String list, Direction direction, String rule, List<Match> matches, Action action) {}

  /** An empty table that has room for {@code capacity} rules, those included that end lists. */
  RuleTable(int capacity, long nowNanos) {
    this.nowNanos = nowNanos;
    conditions = new int[capacity];
    protocols = new int[capacity];
    sources = new long[capacity * 4];
    destinations = new long[capacity * 4];
    sourceFirst = new int[capacity];
    sourceLast = new int[capacity];
    destinationFirst = new int[capacity];
    destinationLast = new int[capacity];
    icmpValues = new int[capacity];
    icmpMasks = new int[capacity];
    ins = new int[capacity];
    outs = new int[capacity];
    ways = new int[capacity];
    states = new int[capacity];
    buckets = new @Nullable TokenBucket[capacity];
    packets = new long[capacity];
    bytes = new long[capacity];
  }

  // Filling.

  /** How many rules there are; the index of the next one. */
  int size() {
    return entries.size();
  }

  /**
   * Appends a rule.
   *
   * @param interfaces the interfaces' names, at their indices
   * @throws IllegalArgumentException if it names an interface that is not there
   */
  void add(
      String list,
      Direction direction,
      String name,
      List<Match> matches,
      Action action,
      List<String> interfaces) {
    int r = size();
    sourceLast[r] = Match.MAX_PORT;
    destinationLast[r] = Match.MAX_PORT;
    for (Match match : matches) {
      add(r, match, interfaces);
    }
    buckets[r] =
        switch (action) {
          case Action.Limit limit -> new TokenBucket(limit.perSecond(), limit.burst(), nowNanos);
          case Action.Log log -> new TokenBucket(LOG_LINES_PER_SECOND, LOG_BURST, nowNanos);
          default -> null;
        };
    entries.add(new Entry(list, direction, name, List.copyOf(matches), action));
  }

  private void add(int r, Match match, List<String> interfaces) {
    switch (match) {
      case Match.Protocol protocol -> {
        conditions[r] |= PROTOCOL;
        protocols[r] = protocol.number();
      }
      case Match.Source source -> {
        conditions[r] |= ADDRESSES;
        setPrefix(sources, r, source.prefix());
      }
      case Match.Destination destination -> {
        conditions[r] |= ADDRESSES;
        setPrefix(destinations, r, destination.prefix());
      }
      case Match.SourcePort ports -> {
        conditions[r] |= PORTS;
        sourceFirst[r] = ports.first();
        sourceLast[r] = ports.last();
      }
      case Match.DestinationPort ports -> {
        conditions[r] |= PORTS;
        destinationFirst[r] = ports.first();
        destinationLast[r] = ports.last();
      }
      case Match.IcmpType icmp -> {
        boolean isAnyCode = icmp.code() == Match.IcmpType.ANY_CODE;
        conditions[r] |= ICMP;
        icmpValues[r] = icmp.type() << 8 | (isAnyCode ? 0 : icmp.code());
        icmpMasks[r] = isAnyCode ? ANY_CODE_MASK : CODE_MASK;
      }
      case Match.InInterface in -> {
        conditions[r] |= IN;
        ins[r] = indexOf(in.name(), interfaces);
      }
      case Match.OutInterface out -> {
        conditions[r] |= OUT;
        outs[r] = indexOf(out.name(), interfaces);
      }
      case Match.Way way -> {
        conditions[r] |= WAY;
        ways[r] = way.point().ordinal();
      }
      case Match.State state -> {
        conditions[r] |= STATE;
        state.anyOf().forEach(each -> states[r] |= PacketView.bit(each));
      }
      case Match.Translated translated -> conditions[r] |= TRANSLATED;
    }
  }

  private static void setPrefix(long[] prefixes, int r, IpPrefix prefix) {
    prefixes[r * 4] = prefix.network().hi();
    prefixes[r * 4 + 1] = prefix.maskHi();
    prefixes[r * 4 + 2] = prefix.network().lo();
    prefixes[r * 4 + 3] = prefix.maskLo();
  }

  static int indexOf(String name, List<String> interfaces) {
    int index = interfaces.indexOf(name);
    if (index < 0) {
      throw new IllegalArgumentException(
          "there is no interface " + LogLine.printable(name) + ": there are " + interfaces);
    }
    return index;
  }

  // Judging.

  /** The first rule from {@code from} on that matches, counted. */
  int next(int from, PacketView view) {
    int r = from;
    while (!matches(r, view)) {
      r++;
    }
    packets[r]++;
    bytes[r] += view.length;
    return r;
  }

  private boolean matches(int r, PacketView view) {
    int wanted = conditions[r];
    return ((wanted & PROTOCOL) == 0 || protocols[r] == view.protocol)
        && ((wanted & STATE) == 0 || (states[r] & view.stateBit) != 0)
        && ((wanted & PORTS) == 0 || matchesPorts(r, view))
        && ((wanted & ADDRESSES) == 0 || matchesAddresses(r, view))
        && ((wanted & ICMP) == 0 || view.icmp >= 0 && (view.icmp & icmpMasks[r]) == icmpValues[r])
        && ((wanted & IN) == 0 || ins[r] == view.in)
        && ((wanted & OUT) == 0 || outs[r] == view.out)
        && ((wanted & WAY) == 0 || ways[r] == view.point)
        && ((wanted & TRANSLATED) == 0 || view.isTranslated);
  }

  private boolean matchesPorts(int r, PacketView view) {
    return view.hasPorts
        && view.sourcePort >= sourceFirst[r]
        && view.sourcePort <= sourceLast[r]
        && view.destinationPort >= destinationFirst[r]
        && view.destinationPort <= destinationLast[r];
  }

  private boolean matchesAddresses(int r, PacketView view) {
    return isWithin(sources, r * 4, view.sourceHi, view.sourceLo)
        && isWithin(destinations, r * 4, view.destinationHi, view.destinationLo);
  }

  private static boolean isWithin(long[] prefixes, int at, long hi, long lo) {
    return (hi & prefixes[at + 1]) == prefixes[at] && (lo & prefixes[at + 3]) == prefixes[at + 2];
  }

  Action action(int r) {
    return entries.get(r).action();
  }

  /** Whether the bucket of a limit or a log rule has a token, taken. */
  boolean take(int r, long now) {
    TokenBucket bucket = buckets[r];
    assert bucket != null : "rule " + r + " has no bucket";
    return bucket.take(now);
  }

  // Showing.

  String list(int r) {
    return entries.get(r).list();
  }

  /** The counts of all rules, in their order. */
  List<RuleCount> counts() {
    List<RuleCount> counts = new ArrayList<>(size());
    for (int r = 0; r < size(); r++) {
      Entry e = entries.get(r);
      counts.add(
          new RuleCount(
              e.list(), e.direction(), e.rule(), e.matches(), e.action(), packets[r], bytes[r]));
    }
    return counts;
  }
}
