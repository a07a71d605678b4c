package dev.tapstack.apps.gateway;

import dev.tapstack.Stack;
import dev.tapstack.conntrack.Conntrack;
import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.filter.Firewall;
import dev.tapstack.filter.FirewallRules;
import dev.tapstack.filter.RuleCount;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.link.NetInterface;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.nat.MssClamp;
import dev.tapstack.nat.Nat;
import dev.tapstack.nat.NatConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Connection tracking, NAT and firewall on a stack that forwards. On a TAP or in a simulation
 * alike. The loop's thread only, or before the loop runs.
 */
public final class Gateway implements AutoCloseable {
  private final Conntrack conntrack;
  private final @Nullable Nat nat;
  private final Firewall firewall;
  private final @Nullable MssClamp mssClamp;

  /**
   * Hooks the modules into {@code stack}, which stays the caller's to close.
   *
   * @param stack a router that has all its interfaces
   * @param rng for the keys of tables and for ports
   * @param inside names of the interfaces whose hosts are the gateway's own
   * @param nat what NAT does, or null for a plain router
   * @param clampsMss whether forwarded TCP connections agree on segments that fit both links
   * @param log takes the lines of the firewall's log rules; called in the loop
   * @throws IllegalArgumentException if {@code nat} names what the stack does not have
   */
  public Gateway(
      Stack stack,
      StackLoop loop,
      Rng rng,
      List<String> inside,
      ConntrackConfig tracking,
      @Nullable NatConfig nat,
      boolean clampsMss,
      Consumer<String> log) {
    IpLayer ip = stack.ip();
    conntrack = new Conntrack(loop, ip, rng, tracking);
    for (NetInterface each : ip.interfaces()) {
      if (inside.contains(each.name())) {
        conntrack.inside(each.index());
      }
    }
    conntrack.install();
    this.nat = nat == null ? null : new Nat(ip, loop, rng, nat);
    if (this.nat != null) {
      this.nat.install(conntrack);
    }
    firewall = new Firewall(ip, loop, log);
    firewall.install();
    mssClamp = clampsMss ? new MssClamp(ip) : null;
    if (mssClamp != null) {
      mssClamp.install();
    }
  }

  public Conntrack conntrack() {
    return conntrack;
  }

  /**
   * Has packets judged by {@code rules} from now on, and by no others; flows that were answered go
   * on where security groups judge.
   *
   * @throws IllegalArgumentException if a rule names an interface that is not there; what was stays
   */
  public void rules(FirewallRules rules) {
    firewall.replace(rules);
  }

  /** What each rule has matched since {@link #rules}; empty without rules. */
  public List<RuleCount> ruleCounts() {
    return firewall.counts();
  }

  /** Null on a plain router. */
  public @Nullable Nat nat() {
    return nat;
  }

  /** Adds what the modules counted to {@link Stack#counters}. */
  public void addCounters(Map<String, Map<String, Long>> counters) {
    Map<String, Long> flows = new LinkedHashMap<>(conntrack.counters().nonZero());
    flows.put("flows", (long) conntrack.size());
    counters.put("conntrack", flows);
    if (nat != null) {
      counters.put("nat", nat.counters().nonZero());
    }
    if (mssClamp != null && mssClamp.clamped() > 0) {
      counters.put("mss", Map.of("clamped", mssClamp.clamped()));
    }
  }

  @Override
  public void close() {
    conntrack.close();
    if (nat != null) {
      nat.close();
    }
  }
}
