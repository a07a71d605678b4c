package dev.tapstack.filter;

import static dev.tapstack.filter.FirewallHost.LAN_HOST;
import static dev.tapstack.testkit.IpHost.FAR;
import static dev.tapstack.testkit.IpHost.ME;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.conntrack.Conntrack;
import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.loop.Rng;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Groups and lists behind connection tracking, in a router between lan and eth. */
class FlowRulesTest {
  private static final int PORT = 40_000;

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private FirewallHost host;
  private Conntrack conntrack;

  @BeforeEach
  void start() {
    host = new FirewallHost(harness);
    conntrack =
        new Conntrack(
            harness.loop(), host.host().ip(), Rng.seeded(1, "flows"), ConntrackConfig.DEFAULTS);
    harness.closeAfterTest(conntrack);
    conntrack.install();
    host.firewall().install();
  }

  private void groups(SecurityGroup... groups) {
    host.firewall().replace(new FirewallRules(List.of(groups), List.of()));
  }

  private void outsideDefault() {
    host.firewall().replace(FirewallRules.NONE.withOutside(List.of("eth")));
  }

  private static SecurityGroup onEth(List<Rule> in, List<Rule> out) {
    return new SecurityGroup("outside", List.of("eth"), List.of(), in, out);
  }

  private static Rule allowTcp(int port) {
    return new Rule(
        1,
        List.of(new Match.Protocol(V4.TCP), new Match.DestinationPort(port, port)),
        new Action.Allow());
  }

  /** Whether what comes from the inside leaves. */
  private boolean goesOut(byte[] packet) {
    host.host().receive(host.lan(), packet, 0);
    return host.host().sent().size() == 1;
  }

  /** Whether what comes from outside reaches the inside. */
  private boolean comesIn(byte[] packet) {
    host.host().receive(packet);
    return host.host().sentBy(host.lan()).size() == 1;
  }

  private static byte[] tcp(String from, int fromPort, String to, int toPort, int flags) {
    boolean isAnswer = (flags & Tcp.ACK) != 0 && (from.equals(FAR) || (flags & Tcp.SYN) != 0);
    int seq = isAnswer ? 5000 : (flags & Tcp.SYN) != 0 ? 1000 : 1001;
    int ack = (flags & Tcp.ACK) == 0 ? 0 : isAnswer ? 1001 : 5001;
    return Tcp.packet(from, to, Tcp.segment(fromPort, toPort, seq, ack, flags, 0));
  }

  private void openFromInside() {
    assertEquals(true, goesOut(tcp(LAN_HOST, PORT, FAR, 80, Tcp.SYN)));
    assertEquals(true, comesIn(tcp(FAR, 80, LAN_HOST, PORT, Tcp.SYN | Tcp.ACK)));
    assertEquals(true, goesOut(tcp(LAN_HOST, PORT, FAR, 80, Tcp.ACK)));
  }

  @Test
  void byDefaultOnlyAnswersComeInFromOutside() {
    outsideDefault();
    openFromInside();
    assertEquals(false, comesIn(tcp(FAR, 81, LAN_HOST, PORT, Tcp.SYN)));
    assertEquals(false, comesIn(V4.of(FAR, LAN_HOST).udp(53, PORT, new byte[4]).bytes()));
    host.host().receive(V4.of(FAR, ME).icmp(8, 0, 1, new byte[4]));
    assertEquals(List.of(), host.host().sent(), "not even a ping is answered");
    assertEquals(1, conntrack.size());
    assertEquals(Map.of("filtered", 3L), host.host().drops());
  }

  @Test
  void errorsAboutAFlowComeIn() {
    outsideDefault();
    byte[] asked = V4.of(LAN_HOST, FAR).udp(PORT, 33_434, new byte[20]).bytes();
    assertEquals(true, goesOut(asked));
    byte[] quote = Arrays.copyOf(asked, 28);
    assertEquals(true, comesIn(V4.of("10.0.0.254", LAN_HOST).icmp(11, 0, 0, quote).bytes()));
    quote[21] ^= 1; // of another flow
    assertEquals(false, comesIn(V4.of("10.0.0.254", LAN_HOST).icmp(11, 0, 0, quote).bytes()));
  }

  @Test
  void whatIsRefusedLeavesNoState() {
    for (Action action : List.of(new Action.Drop(), new Action.Reject())) {
      groups(onEth(List.of(), List.of(new Rule(1, List.of(), action))));
      assertEquals(false, goesOut(tcp(LAN_HOST, PORT, FAR, 80, Tcp.SYN)), action.toString());
      assertEquals(false, goesOut(V4.of(LAN_HOST, FAR).udp(1, 2, new byte[4]).bytes()));
      assertEquals(false, goesOut(V4.of(LAN_HOST, FAR).icmp(8, 0, 7, new byte[4]).bytes()));
      assertEquals(0, conntrack.size(), action.toString());
    }
    assertEquals(3, host.host().sentBy(host.lan()).size(), "a RST and two errors");
  }

  /** Every port is asked, over TCP and UDP; the one that is allowed is found, and no other. */
  @Test
  void aScanFindsOnlyWhatIsAllowed() {
    groups(onEth(List.of(allowTcp(80)), null));
    for (int port = 0; port <= Match.MAX_PORT; port++) {
      boolean isTcpOpen = comesIn(tcp(FAR, PORT, LAN_HOST, port, Tcp.SYN));
      boolean isUdpOpen = comesIn(V4.of(FAR, LAN_HOST).udp(PORT, port, new byte[1]).bytes());
      assertEquals(port == 80, isTcpOpen, "TCP port " + port);
      assertEquals(false, isUdpOpen, "UDP port " + port);
    }
    for (int flags : new int[] {0, Tcp.FIN, Tcp.ACK, Tcp.FIN | Tcp.ACK, Tcp.RST}) {
      assertEquals(false, comesIn(tcp(FAR, PORT, LAN_HOST, 81, flags)), "flags " + flags);
    }
    assertEquals(List.of(), host.host().sent(), "nothing is answered");
    assertEquals(1, conntrack.size());
  }

  @Test
  void anAnsweredFlowOutlivesANewGroup() {
    groups(onEth(List.of(), null));
    openFromInside();
    assertEquals(true, goesOut(tcp(LAN_HOST, PORT + 1, FAR, 80, Tcp.SYN)));
    groups(onEth(List.of(), List.of()));
    assertEquals(true, goesOut(tcp(LAN_HOST, PORT, FAR, 80, Tcp.ACK)));
    assertEquals(true, comesIn(tcp(FAR, 80, LAN_HOST, PORT, Tcp.ACK)));
    assertEquals(false, goesOut(tcp(LAN_HOST, PORT + 2, FAR, 80, Tcp.SYN)), "a new flow");
    assertEquals(
        false, goesOut(tcp(LAN_HOST, PORT + 1, FAR, 80, Tcp.SYN)), "one without an answer");
  }

  @Test
  void anAccessListJudgesAnsweredFlowsToo() {
    openFromInside();
    AccessList none = new AccessList("none", List.of("eth"), List.of(), null);
    host.firewall().replace(new FirewallRules(List.of(), List.of(none)));
    assertEquals(false, comesIn(tcp(FAR, 80, LAN_HOST, PORT, Tcp.ACK)));
    assertEquals(true, goesOut(tcp(LAN_HOST, PORT, FAR, 80, Tcp.ACK)), "directions are apart");
  }

  @Test
  void badRulesAreRefusedWholeAndTheOldOnesStay() {
    groups(onEth(List.of(allowTcp(80)), null));
    Rule bad = new Rule(9, List.of(new Match.InInterface("wan9")), new Action.Allow());
    List<RuleCount> before = host.firewall().counts();
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class, () -> groups(onEth(List.of(allowTcp(81), bad), null)));
    assertEquals("there is no interface wan9: there are [lo, eth, lan]", refusal.getMessage());
    assertEquals(before, host.firewall().counts());
    assertEquals(true, comesIn(tcp(FAR, PORT, LAN_HOST, 80, Tcp.SYN)));
    assertEquals(false, comesIn(tcp(FAR, PORT, LAN_HOST, 81, Tcp.SYN)));
  }

  @Test
  void aHostsGroupIsAboutItAlone() {
    groups(
        new SecurityGroup(
            "printer",
            List.of(),
            List.of(IpAddress.parse("192.168.1.9"), IpAddress.parse("192.168.1.8")),
            List.of(allowTcp(631)),
            List.of()));
    assertEquals(true, comesIn(tcp(FAR, PORT, "192.168.1.9", 631, Tcp.SYN)));
    assertEquals(true, goesOut(tcp("192.168.1.9", 631, FAR, PORT, Tcp.SYN | Tcp.ACK)));
    assertEquals(false, comesIn(tcp(FAR, PORT, "192.168.1.8", 80, Tcp.SYN)));
    assertEquals(false, goesOut(tcp("192.168.1.9", PORT, FAR, 80, Tcp.SYN)));
    assertEquals(true, comesIn(tcp(FAR, PORT, LAN_HOST, 80, Tcp.SYN)));
  }

  @Test
  void oneGroupAndOneListForEachInterfaceAndHost() {
    SecurityGroup first = onEth(List.of(), null);
    SecurityGroup second = new SecurityGroup("other", List.of("eth"), List.of(), List.of(), null);
    assertThrows(IllegalArgumentException.class, () -> groups(first, second));
    assertThrows(IllegalArgumentException.class, () -> groups(first, first));
  }
}
