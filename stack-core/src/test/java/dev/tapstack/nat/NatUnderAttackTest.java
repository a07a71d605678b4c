package dev.tapstack.nat;

import static dev.tapstack.nat.NatHost.ALICE;
import static dev.tapstack.nat.NatHost.ANN;
import static dev.tapstack.nat.NatHost.BOB;
import static dev.tapstack.nat.NatHost.CAROL;
import static dev.tapstack.nat.NatHost.GATE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.filter.Action;
import dev.tapstack.filter.Firewall;
import dev.tapstack.filter.FirewallRules;
import dev.tapstack.filter.Match;
import dev.tapstack.filter.Rule;
import dev.tapstack.filter.SecurityGroup;
import dev.tapstack.nat.NatConfig.Forward;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Floods and scans, through NAT, connection tracking and firewall together. */
class NatUnderAttackTest {
  private static final int SYN_ACK = Segments.SYN | Segments.ACK;

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  /** Opens a connection from Ann to Bob's port 80. */
  private static void open(NatHost nat, int port) {
    nat.fromInside(Segments.syn(ANN + ":" + port, BOB + ":80"));
    nat.fromOutside(Segments.tcp(BOB + ":80", GATE + ":" + port, SYN_ACK, 2000, 1001));
    nat.fromInside(Segments.tcp(ANN + ":" + port, BOB + ":80", Segments.ACK, 1001, 2001));
  }

  private static boolean isOpen(NatHost nat, int port) {
    byte[] out = Segments.tcp(ANN + ":" + port, BOB + ":80", Segments.ACK, 1001, 2001);
    byte[] in = Segments.tcp(BOB + ":80", GATE + ":" + port, Segments.ACK, 2001, 1001);
    return nat.fromInside(out).size() == 1 && nat.fromOutside(in).size() == 1;
  }

  /** One host sends SYNs to everywhere, under its own address and under its neighbours'. */
  @Test
  void aFloodUnderFalseAddressesDoesNotStopAnothersConnection() {
    NatHost nat = new NatHost(harness);
    open(nat, 4000);
    for (int i = 0; i < 100_000; i++) {
      String from = "192.168.1." + (i % 2 == 0 ? 2 : 10 + i % 199) + ":" + (1024 + i % 64_000);
      String to = "203.0.113." + (20 + i % 100) + ":" + (1 + i % 1000);
      nat.receive(Segments.syn(from, to), true);
      if (i % 10_000 == 9_999) {
        nat.left();
        assertTrue(isOpen(nat, 4000), "after " + i);
        assertEquals(1, nat.fromInside(Segments.udp(ANN + ":53", CAROL + ":53")).size());
      }
    }
    assertTrue(nat.nat.counters().value(NatCounter.PORTS_EXHAUSTED) > 0, "no flood");
    nat.after(1); // errors are limited by their rate
    nat.left();
    List<String> told = nat.fromInside(Segments.syn(ANN + ":4001", BOB + ":80"));
    assertTrue(told.get(0).startsWith("in ERROR 3 192.168.1.1 > 192.168.1.3 "), "" + told);
    assertEquals(
        List.of("wan SYN 203.0.113.1:4000 > 203.0.113.10:80"),
        nat.fromInside(Segments.syn(ANN + ":4000", CAROL + ":80")),
        "an endpoint that has a port has it for others too");
    nat.after(280);
    assertTrue(isOpen(nat, 4000));
    assertEquals(1, nat.fromInside(Segments.syn(ANN + ":4001", BOB + ":80")).size());
    assertEquals(2 + 1, nat.nat.mappings().size(), "two of Ann's TCP, one of UDP");
  }

  private static Rule allow(Match match) {
    return new Rule(1, List.of(match), new Action.Allow());
  }

  private Firewall firewall(NatHost nat, FirewallRules rules) {
    Firewall firewall = new Firewall(nat.host.ip(), harness.loop(), line -> {});
    firewall.replace(rules);
    firewall.install();
    return firewall;
  }

  /** What the firewall refuses costs neither a flow, nor a mapping, nor a port. */
  @Test
  void whatTheFirewallRefusesLeavesNoState() {
    NatHost nat = new NatHost(harness);
    SecurityGroup inside =
        new SecurityGroup(
            "inside", List.of("in"), List.of(), List.of(allow(new Match.Protocol(V4.UDP))), null);
    FirewallRules rules = new FirewallRules(List.of(inside), List.of());
    firewall(nat, rules.withOutside(List.of("wan")));
    for (int port = 1; port < 3000; port++) {
      assertEquals(List.of(), nat.fromInside(Segments.syn(ALICE + ":" + port, BOB + ":80")));
      assertEquals(List.of(), nat.fromInside(Segments.ping(ALICE + ":" + port, BOB)));
      assertEquals(List.of(), nat.fromOutside(Segments.udp(BOB + ":53", GATE + ":" + port)));
      assertEquals(List.of(), nat.fromOutside(Segments.udp(BOB + ":53", ALICE + ":" + port)));
      assertEquals(List.of(), nat.fromOutside(Segments.ping(BOB + ":" + port, GATE)));
    }
    assertEquals(0, nat.conntrack.size());
    assertEquals(List.of(), nat.nat.mappings());
    assertEquals(0, nat.host.ip().ports().size());
    assertEquals(1, nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53")).size());
    assertEquals(1, nat.fromOutside(Segments.udp(BOB + ":53", GATE + ":5000")).size());
  }

  /** Every port and protocol of the outside address, with a firewall behind the NAT or none. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aScanFindsNothingButTheForwards(boolean hasFirewall) {
    NatHost nat =
        new NatHost(
            harness,
            NatHost.config()
                .forward(V4.TCP, 8080, Endpoint.parse(ALICE + ":80"))
                .forward(
                    new Forward(
                        V4.UDP, IpAddress.parse(GATE), 7000, 7002, Endpoint.parse(ANN + ":6000"))));
    if (hasFirewall) {
      firewall(nat, FirewallRules.NONE.withOutside(List.of("wan")));
    }
    open(nat, 4000);
    nat.fromInside(Segments.udp(ANN + ":4000", BOB + ":53"));
    List<String> found = new ArrayList<>();
    for (int port = 1; port <= 65_535; port++) {
      String to = GATE + ":" + port;
      found.addAll(nat.fromOutside(Segments.syn(CAROL + ":53", to)));
      found.addAll(nat.fromOutside(Segments.udp(CAROL + ":53", to)));
      found.addAll(nat.fromOutside(Segments.tcp(CAROL + ":54", to, Segments.ACK, 1, 1)));
      found.addAll(nat.fromOutside(Segments.tcp(CAROL + ":54", to, 0x01, 1, 0))); // FIN alone
    }
    for (int protocol = 0; protocol < 256; protocol++) {
      if (protocol != V4.ICMP && protocol != V4.TCP && protocol != V4.UDP) {
        byte[] probe = V4.of(CAROL, GATE).protocol(protocol).payload(V4.data(40, 1)).bytes();
        found.addAll(nat.fromOutside(probe));
      }
    }
    nat.after(10);
    found.addAll(nat.left());
    assertEquals(
        List.of(
            "in UDP 203.0.113.10:53 > 192.168.1.3:6000",
            "in UDP 203.0.113.10:53 > 192.168.1.3:6001",
            "in UDP 203.0.113.10:53 > 192.168.1.3:6002",
            "in SYN 203.0.113.10:53 > 192.168.1.2:80"),
        found);
    assertEquals(2 + 4, nat.conntrack.size(), "Ann's two, and what was forwarded");
    assertEquals(Map.of(), onlyUnknown(nat.host.drops()));
  }

  /** Drops under other names than a scan should have. */
  private static Map<String, Long> onlyUnknown(Map<String, Long> drops) {
    drops.keySet().removeAll(List.of("nat-unsolicited", "nat-filtered"));
    return drops;
  }
}
