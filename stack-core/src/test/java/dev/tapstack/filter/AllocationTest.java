package dev.tapstack.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.conntrack.Tracked;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.Verdict;
import dev.tapstack.packet.Packet;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A packet that is judged by all kinds of lists, behind the largest set of rules, costs no object.
 */
class AllocationTest {
  private static final int PACKETS = 2_000;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  @Test
  void judgingAllocatesNothing() {
    FirewallHost host = new FirewallHost(harness);
    List<Rule> rules = new ArrayList<>();
    for (int i = 1; i < 2040; i++) {
      IpPrefix prefix = IpPrefix.parse("172.16." + i / 256 + "." + i % 256 + "/32");
      rules.add(new Rule(i, List.of(new Match.Source(prefix)), new Action.Drop()));
    }
    rules.add(new Rule(4000, List.of(), new Action.Limit(1_000_000, 1_000_000)));
    host.firewall()
        .replace(
            new FirewallRules(
                List.of(
                    new SecurityGroup("eth", List.of("eth"), List.of(), rules, null),
                    new SecurityGroup(
                        "lan",
                        List.of("lan"),
                        List.of(IpAddress.parse(FirewallHost.LAN_HOST)),
                        List.of(new Rule(1, List.of(), new Action.Allow())),
                        rules)),
                List.of()));
    byte[] bytes = V4.of(IpHost.FAR, FirewallHost.LAN_HOST).udp(1, 2, new byte[8]).bytes();
    Packet packet = host.parsed("eth", "lan", bytes);
    packet.flow(new Tracked(V4.UDP, 0, packet.sourceLo(), 1, 0, packet.destinationLo(), 2));
    judge(host, packet); // classes are loaded
    long before = THREADS.getCurrentThreadAllocatedBytes();
    judge(host, packet);
    long bytesAllocated = THREADS.getCurrentThreadAllocatedBytes() - before;
    packet.unused();
    // An object of 16 bytes for each packet would be 32,000; the measuring itself takes some.
    assertTrue(bytesAllocated < PACKETS, "allocated " + bytesAllocated);
  }

  private static void judge(FirewallHost host, Packet packet) {
    for (int i = 0; i < PACKETS; i++) {
      assertEquals(Verdict.ACCEPT, host.firewall().judge(HookPoint.FORWARD, packet));
    }
  }
}
