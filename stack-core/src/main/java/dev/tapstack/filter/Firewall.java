package dev.tapstack.filter;

import dev.tapstack.ip.Hook;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.HookPriority;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.ip.Verdict;
import dev.tapstack.link.NetInterface;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;
import java.util.List;
import java.util.function.Consumer;

/**
 * Judges packets by {@link FirewallRules}, as a hook at INPUT, FORWARD and OUTPUT.
 *
 * <p>A packet passes the lists of its interfaces and hosts one after the other (the order is in the
 * package's description); in each the first rule that matches decides, and what none matches is
 * dropped. Where there is no list, it passes. States come from conntrack, whose hook stands before
 * this one; without it every packet is INVALID, and groups let nothing pass.
 *
 * <p>Nothing is kept of a packet but counts, and nothing is allocated for one, but for the lines of
 * log rules and the answers of reject rules. The loop's thread only.
 */
public final class Firewall extends Hook {
  private static final Verdict REFUSED = Verdict.drop(DropReason.FILTERED);

  private final IpLayer ip;
  private final StackLoop loop;
  private final Consumer<String> log;
  private final Refusal refusal;
  private final PacketView view = new PacketView();
  private CompiledRules rules;
  private long unlogged;
  private boolean isAnswering;

  /**
   * A firewall that lets everything pass until {@link #replace}; the interfaces are those that
   * {@code ip} has by then.
   *
   * @param log takes the lines of log rules, each without an end of line; called in the loop
   */
  public Firewall(IpLayer ip, StackLoop loop, Consumer<String> log) {
    this.ip = ip;
    this.loop = loop;
    this.log = log;
    refusal = new Refusal(ip);
    rules = compile(FirewallRules.NONE);
  }

  /** Adds it to the three points. */
  public void install() {
    ip.addHook(HookPoint.INPUT, HookPriority.FILTER, this);
    ip.addHook(HookPoint.FORWARD, HookPriority.FILTER, this);
    ip.addHook(HookPoint.OUTPUT, HookPriority.FILTER, this);
  }

  /**
   * Replaces all rules between two packets. Counts begin anew. Answered flows go on where security
   * groups judge; access lists judge their next packet by the new rules.
   *
   * @throws IllegalArgumentException if a rule names an interface that is not there; the old rules
   *     stay
   */
  public void replace(FirewallRules wanted) {
    rules = compile(wanted);
  }

  private CompiledRules compile(FirewallRules wanted) {
    List<String> interfaces = ip.interfaces().stream().map(NetInterface::name).toList();
    return new CompiledRules(wanted, interfaces, loop.nowNanos());
  }

  /** What each rule has matched since the last {@link #replace}, list by list. */
  public List<RuleCount> counts() {
    return rules.table().counts();
  }

  @Override
  public Verdict judge(HookPoint point, Packet packet) {
    if (isAnswering) {
      return Verdict.ACCEPT; // our own word about a packet that we refused
    }
    PacketView v = view;
    v.read(ip, point, packet);
    CompiledRules r = rules;
    boolean passes =
        passes(r, r.listIn(v.in), packet)
            && passes(r, r.groupIn(v.in), packet)
            && passes(r, r.hostIn(v.destinationHi, v.destinationLo), packet)
            && passes(r, r.hostOut(v.sourceHi, v.sourceLo), packet)
            && passes(r, r.groupOut(v.out), packet)
            && passes(r, r.listOut(v.out), packet);
    return passes ? Verdict.ACCEPT : REFUSED;
  }

  private boolean passes(CompiledRules judging, int first, Packet packet) {
    if (first == CompiledRules.NO_LIST) {
      return true;
    }
    RuleTable table = judging.table();
    int rule = table.next(first, view);
    while (table.action(rule) instanceof Action.Log log) {
      log(judging, rule, log);
      rule = table.next(rule + 1, view);
    }
    Action action = table.action(rule);
    if (action instanceof Action.Limit) {
      return table.take(rule, loop.nowNanos());
    }
    if (action instanceof Action.Reject) {
      answer(packet);
    }
    return action instanceof Action.Allow;
  }

  private void log(CompiledRules judging, int rule, Action.Log action) {
    RuleTable table = judging.table();
    if (table.take(rule, loop.nowNanos())) {
      log.accept(LogLine.of(action.label(), table.list(rule), view, judging, unlogged));
      unlogged = 0;
    } else {
      unlogged++;
    }
  }

  private void answer(Packet packet) {
    isAnswering = true;
    refusal.answer(packet);
    isAnswering = false;
  }
}
