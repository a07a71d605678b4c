package dev.tapstack.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.conntrack.FlowState;
import dev.tapstack.conntrack.Tracked;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.packet.Packet;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random rules judge random packets as a plain reading of the same rules does. */
class FirewallModelTest {
  private static final int PACKETS = 2_000;
  private static final String[] ADDRESSES = {
    "10.0.0.1", "10.0.0.2", "10.0.0.77", "192.168.1.1", "192.168.1.2", "192.168.1.130", "8.8.8.8"
  };
  private static final String[] PREFIXES = {
    "0.0.0.0/0", "10.0.0.0/8", "10.0.0.64/26", "192.168.1.0/25", "192.168.1.2/32", "8.8.8.8/32"
  };
  private static final int[] PORTS = {0, 22, 53, 80, 81, 1024, 65_535};
  private static final int[] ICMP_TYPES = {0, 3, 8};
  private static final FlowState[] STATES = {
    FlowState.NEW, FlowState.NEW, FlowState.RELATED, FlowState.INVALID, FlowState.UNTRACKED
  };
  private static final HookPoint[] POINTS = {HookPoint.INPUT, HookPoint.FORWARD, HookPoint.OUTPUT};

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  /** A packet as the model knows it, from what it was made of. */
  private record Sample(
      HookPoint point,
      String in,
      String out,
      int protocol,
      String from,
      String to,
      int fromPort,
      int toPort,
      int type,
      int code,
      FlowState state,
      boolean isTranslated) {
    /** What conntrack would say of it. */
    void mark(Packet packet) {
      IpAddress source = IpAddress.parse(from);
      IpAddress destination = IpAddress.parse(to);
      if (state == FlowState.UNTRACKED) {
        packet.set(Packet.UNTRACKED);
      } else if (state != FlowState.INVALID) {
        Tracked flow = new Tracked(protocol, 0, source.lo(), fromPort, 0, destination.lo(), toPort);
        if (isTranslated) {
          flow.replySource(0, destination.lo(), toPort ^ 1);
        }
        packet.flow(flow);
        if (state == FlowState.RELATED) {
          packet.set(Packet.RELATED);
        }
      }
    }

    /** What the wire has of it. */
    V4 bytes() {
      V4 packet = V4.of(from, to).protocol(protocol);
      return switch (protocol) {
        case V4.UDP -> packet.udp(fromPort, toPort, new byte[3]);
        case V4.TCP -> packet.payload(Tcp.segment(fromPort, toPort));
        case V4.ICMP -> packet.icmp(type, code, 0, new byte[5]);
        default -> packet.payload(new byte[9]);
      };
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void firstMatchDecides(long seed) {
    Random random = new Random(seed);
    FirewallHost host = new FirewallHost(harness);
    FirewallRules rules = rules(random);
    host.firewall().replace(rules);
    int passed = 0;
    for (int i = 0; i < PACKETS; i++) {
      Sample sample = sample(random);
      boolean expected = passes(rules, sample);
      assertEquals(
          expected,
          host.passes(sample.point(), sample.in(), sample.out(), sample.bytes(), sample::mark),
          () -> "seed " + seed + " " + sample + " by " + rules);
      passed += expected ? 1 : 0;
    }
    assertEquals(true, passed > PACKETS / 50 && passed < PACKETS, "passed " + passed);
  }

  // The model.

  private static boolean passes(FirewallRules rules, Sample sample) {
    for (AccessList list : rules.lists()) {
      if (list.interfaces().contains(sample.in()) && !passes(list.in(), sample)
          || list.interfaces().contains(sample.out()) && !passes(list.out(), sample)) {
        return false;
      }
    }
    for (SecurityGroup group : rules.groups()) {
      boolean isIn = group.interfaces().contains(sample.in());
      boolean isOut = group.interfaces().contains(sample.out());
      isIn |= group.hosts().contains(IpAddress.parse(sample.to()));
      isOut |= group.hosts().contains(IpAddress.parse(sample.from()));
      boolean isAnswer = List.of(FlowState.RELATED, FlowState.UNTRACKED).contains(sample.state());
      if (!isAnswer
          && (isIn && !passes(ofStates(group.in()), sample)
              || isOut && !passes(ofStates(group.out()), sample))) {
        return false;
      }
    }
    return true;
  }

  /** A rule of a group that names no state is about new flows. */
  private static List<Rule> ofStates(List<Rule> rules) {
    if (rules == null) {
      return null;
    }
    List<Rule> all = new ArrayList<>();
    for (Rule rule : rules) {
      List<Match> matches = new ArrayList<>(rule.matches());
      if (matches.stream().noneMatch(m -> m instanceof Match.State)) {
        matches.add(new Match.State(List.of(FlowState.NEW)));
      }
      all.add(new Rule(rule.number(), matches, rule.action()));
    }
    return all;
  }

  private static boolean passes(List<Rule> rules, Sample sample) {
    if (rules == null) {
      return true;
    }
    for (Rule rule : rules) {
      if (rule.matches().stream().allMatch(match -> matches(match, sample))) {
        return rule.action() instanceof Action.Allow;
      }
    }
    return false;
  }

  private static boolean matches(Match match, Sample sample) {
    boolean hasPorts = sample.protocol() == V4.TCP || sample.protocol() == V4.UDP;
    return switch (match) {
      case Match.Protocol m -> sample.protocol() == m.number();
      case Match.Source m -> m.prefix().contains(IpAddress.parse(sample.from()));
      case Match.Destination m -> m.prefix().contains(IpAddress.parse(sample.to()));
      case Match.SourcePort m ->
          hasPorts && m.first() <= sample.fromPort() && sample.fromPort() <= m.last();
      case Match.DestinationPort m ->
          hasPorts && m.first() <= sample.toPort() && sample.toPort() <= m.last();
      case Match.IcmpType m ->
          sample.protocol() == V4.ICMP
              && sample.type() == m.type()
              && (m.code() == Match.IcmpType.ANY_CODE || m.code() == sample.code());
      case Match.InInterface m -> m.name().equals(sample.in());
      case Match.OutInterface m -> m.name().equals(sample.out());
      case Match.Way m -> m.point() == sample.point();
      case Match.State m -> m.anyOf().contains(sample.state());
      case Match.Translated m -> sample.isTranslated();
    };
  }

  // What is random.

  private static Sample sample(Random random) {
    HookPoint point = pick(random, POINTS);
    FlowState state = pick(random, STATES);
    return new Sample(
        point,
        point == HookPoint.OUTPUT ? FirewallHost.NONE : random.nextBoolean() ? "eth" : "lan",
        point == HookPoint.INPUT ? FirewallHost.NONE : random.nextBoolean() ? "eth" : "lan",
        protocol(random),
        pick(random, ADDRESSES),
        pick(random, ADDRESSES),
        PORTS[random.nextInt(PORTS.length)],
        PORTS[random.nextInt(PORTS.length)],
        ICMP_TYPES[random.nextInt(ICMP_TYPES.length)],
        random.nextInt(2),
        state,
        state == FlowState.NEW && random.nextInt(4) == 0);
  }

  private static int protocol(Random random) {
    return new int[] {V4.ICMP, V4.TCP, V4.UDP, V4.EXPERIMENT}[random.nextInt(4)];
  }

  private static <T> T pick(Random random, T[] from) {
    return from[random.nextInt(from.length)];
  }

  private static FirewallRules rules(Random random) {
    IpAddress host = IpAddress.parse(pick(random, ADDRESSES));
    List<SecurityGroup> groups =
        List.of(
            new SecurityGroup("g1", List.of("lan"), List.of(), group(random), group(random)),
            new SecurityGroup("g2", List.of("eth"), List.of(host), group(random), group(random)));
    List<AccessList> lists =
        List.of(
            new AccessList("one", List.of("eth"), list(random), list(random)),
            new AccessList("two", List.of("lan"), list(random), null));
    return switch (random.nextInt(3)) {
      case 0 -> new FirewallRules(groups, List.of());
      case 1 -> new FirewallRules(List.of(), lists);
      default -> new FirewallRules(groups, lists.subList(1, 2));
    };
  }

  /** Rules that may ask for states. */
  private static List<Rule> group(Random random) {
    List<Rule> rules = new ArrayList<>();
    for (Rule rule : list(random)) {
      List<Match> matches = new ArrayList<>(rule.matches());
      if (random.nextInt(4) == 0) {
        matches.add(new Match.State(List.of(pick(random, STATES))));
      }
      if (random.nextInt(6) == 0) {
        matches.add(new Match.Translated());
      }
      rules.add(new Rule(rule.number(), matches, rule.action()));
    }
    return rules;
  }

  private static List<Rule> list(Random random) {
    List<Rule> rules = new ArrayList<>();
    int count = 1 + random.nextInt(12);
    for (int i = 0; i < count; i++) {
      Action action = random.nextInt(3) == 0 ? new Action.Drop() : new Action.Allow();
      rules.add(new Rule(10 * i + 1, matches(random), action));
    }
    return rules;
  }

  private static List<Match> matches(Random random) {
    List<Match> matches = new ArrayList<>();
    int protocol = protocol(random);
    if (random.nextInt(4) > 0) {
      matches.add(new Match.Protocol(protocol));
      if (protocol == V4.TCP || protocol == V4.UDP) {
        if (random.nextInt(4) == 0) {
          int[] range = range(random);
          matches.add(new Match.SourcePort(range[0], range[1]));
        }
        if (random.nextInt(2) == 0) {
          int[] range = range(random);
          matches.add(new Match.DestinationPort(range[0], range[1]));
        }
      } else if (protocol == V4.ICMP && random.nextBoolean()) {
        matches.add(
            new Match.IcmpType(
                ICMP_TYPES[random.nextInt(ICMP_TYPES.length)], random.nextInt(3) - 1));
      }
    }
    if (random.nextInt(3) == 0) {
      matches.add(new Match.Source(IpPrefix.parse(pick(random, PREFIXES))));
    }
    if (random.nextInt(3) == 0) {
      matches.add(new Match.Destination(IpPrefix.parse(pick(random, PREFIXES))));
    }
    if (random.nextInt(8) == 0) {
      matches.add(new Match.InInterface(random.nextBoolean() ? "eth" : "lan"));
    }
    if (random.nextInt(8) == 0) {
      matches.add(new Match.OutInterface(random.nextBoolean() ? "eth" : "lan"));
    }
    if (random.nextInt(6) == 0) {
      matches.add(new Match.Way(pick(random, POINTS)));
    }
    return matches;
  }

  private static int[] range(Random random) {
    int a = PORTS[random.nextInt(PORTS.length)];
    int b = PORTS[random.nextInt(PORTS.length)];
    return new int[] {Math.min(a, b), Math.max(a, b)};
  }
}
