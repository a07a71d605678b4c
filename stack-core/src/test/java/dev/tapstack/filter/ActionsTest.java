package dev.tapstack.filter;

import static dev.tapstack.testkit.IpHost.FAR;
import static dev.tapstack.testkit.IpHost.ME;
import static dev.tapstack.testkit.IpHost.PEER;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.ip.HookPoint;
import dev.tapstack.packet.Packet;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each action does, as the wire and the log show it. */
class ActionsTest {
  private static final long SECOND = 1_000_000_000L;

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private FirewallHost host;

  @BeforeEach
  void start() {
    host = new FirewallHost(harness);
    host.firewall().install();
  }

  /** Rules for what arrives by eth, numbered from 1. */
  private void rules(Action... actions) {
    List<Rule> in =
        IntStream.range(0, actions.length)
            .mapToObj(i -> new Rule(i + 1, List.of(), actions[i]))
            .toList();
    host.firewall()
        .replace(
            new FirewallRules(List.of(), List.of(new AccessList("wan", List.of("eth"), in, null))));
  }

  private void receiveTcp(int seq, int ack, int flags, int text) {
    host.host().receive(Tcp.packet(PEER, ME, Tcp.segment(4000, 80, seq, ack, flags, text)));
  }

  private int received() {
    return host.host().recorder().take().size();
  }

  @Test
  void allowLetsItPass() {
    rules(new Action.Allow());
    host.host().receive(V4.of(PEER, ME).payload(new byte[8]));
    assertEquals(1, received());
    assertEquals(Map.of(), host.host().drops());
  }

  @Test
  void dropIsSilentAndCounted() {
    rules(new Action.Drop());
    host.host().receive(V4.of(PEER, ME).payload(new byte[8]));
    receiveTcp(100, 0, Tcp.SYN, 0);
    assertEquals(0, received());
    assertEquals(Map.of("filtered", 2L), host.host().drops());
    assertEquals(List.of(), host.host().sent());
  }

  @Test
  void whatNoRuleMatchesIsDropped() {
    rules();
    host.host().receive(V4.of(PEER, ME).payload(new byte[8]));
    assertEquals(0, received());
    assertEquals("otherwise", host.firewall().counts().get(0).rule());
    assertEquals(1, host.firewall().counts().get(0).packets());
  }

  /** RFC 9293 3.10.7.1; lengths count SYN and FIN. */
  @ParameterizedTest
  @CsvSource({
    // seq, ack, flags, text => seq, ack, flags
    "100, 0, 2, 0,        0, 101, 20",
    "-1, 0, 2, 5,         0, 5, 20",
    "100, 0, 0, 7,        0, 107, 20",
    "100, 0, 1, 7,        0, 108, 20",
    "100, 777, 16, 7,     777, 0, 4",
    "100, -5, 17, 0,      -5, 0, 4",
    "100, 777, 18, 0,     777, 0, 4",
  })
  void rejectAnswersTcpWithReset(
      int seq, int ack, int flags, int text, int itsSeq, int itsAck, int itsFlags) {
    rules(new Action.Reject());
    receiveTcp(seq, ack, flags, text);
    byte[] bytes = host.host().theOneSent();
    ByteBuffer rst = ByteBuffer.wrap(bytes);
    assertEquals(40, bytes.length);
    assertArrayEquals(V4.octets(10, 0, 0, 1, 10, 0, 0, 2), Arrays.copyOfRange(bytes, 12, 20));
    assertEquals(80, rst.getShort(20));
    assertEquals(4000, rst.getShort(22));
    assertEquals(itsSeq, rst.getInt(24));
    assertEquals(itsAck, rst.getInt(28));
    assertEquals(itsFlags, rst.get(33));
    assertEquals(0, Tcp.checksum(bytes));
    assertEquals(Map.of("filtered", 1L), host.host().drops());
  }

  @Test
  void rejectLeavesResetsBrokenSegmentsAndCutOnesUnanswered() {
    rules(new Action.Reject());
    receiveTcp(100, 5, Tcp.RST, 0);
    receiveTcp(100, 5, Tcp.RST | Tcp.ACK, 0);
    byte[] broken = Tcp.packet(PEER, ME, Tcp.segment(4000, 80, 1, 0, Tcp.SYN, 0));
    broken[37] ^= 1;
    host.host().receive(broken);
    host.host().receive(V4.of(PEER, ME).protocol(V4.TCP).payload(new byte[19]));
    host.host().receive(Tcp.packet(PEER, "10.0.0.255", Tcp.segment(4000, 80, 1, 0, Tcp.SYN, 0)));
    assertEquals(List.of(), host.host().sent());
    assertEquals(Map.of("filtered", 5L), host.host().drops());
  }

  @Test
  void rejectAnswersTheRestAsProhibited() {
    rules(new Action.Reject());
    byte[] asked = V4.of(PEER, ME).udp(5000, 53, new byte[12]).bytes();
    host.host().receive(asked);
    byte[] icmp = host.host().theOneSent();
    assertArrayEquals(V4.octets(10, 0, 0, 1, 10, 0, 0, 2), Arrays.copyOfRange(icmp, 12, 20));
    assertEquals(V4.ICMP, icmp[9]);
    assertEquals(3, icmp[20], "destination unreachable");
    assertEquals(13, icmp[21], "communication administratively prohibited");
    assertArrayEquals(asked, Arrays.copyOfRange(icmp, 28, icmp.length));
    assertEquals(0, V4.checksum(Arrays.copyOfRange(icmp, 20, icmp.length)));
  }

  @Test
  void rejectSaysNothingAboutErrorsAndGroups() {
    rules(new Action.Reject());
    host.host().receive(V4.of(PEER, ME).icmp(3, 1, 0, new byte[28]));
    host.host().receive(V4.of(PEER, "10.0.0.255").udp(5000, 53, new byte[12]));
    assertEquals(List.of(), host.host().sent());
  }

  @Test
  void rejectTellsOurOwnApplications() {
    Rule tcp = new Rule(1, List.of(new Match.Protocol(V4.TCP)), new Action.Reject());
    AccessList list = new AccessList("wan", List.of("eth"), null, List.of(tcp));
    host.firewall().replace(new FirewallRules(List.of(), List.of(list)));
    Packet syn = host.host().build(ME, PEER, Tcp.segment(4000, 80, 9, 0, Tcp.SYN, 0), 0);
    syn.protocol(V4.TCP);
    host.host().ip().output(syn);
    assertEquals(List.of(), host.host().sent());
    byte[] rst = host.host().sentToSelf().get(0).bytes();
    assertArrayEquals(V4.octets(10, 0, 0, 2, 10, 0, 0, 1), Arrays.copyOfRange(rst, 12, 20));
    assertEquals(10, ByteBuffer.wrap(rst).getInt(28));
  }

  /** Our answer to a refused packet is not itself refused. */
  @Test
  void answersPassTheRulesForWhatLeaves() {
    Rule all = new Rule(1, List.of(), new Action.Reject());
    AccessList list = new AccessList("wan", List.of("eth"), List.of(all), List.of(all));
    host.firewall().replace(new FirewallRules(List.of(), List.of(list)));
    receiveTcp(100, 0, Tcp.SYN, 0);
    assertEquals(1, host.host().sent().size());
    host.host().output(ME, PEER, new byte[4], 0);
    assertEquals(0, host.host().sent().size());
  }

  @Test
  void limitKeepsItsRateUnderVirtualTime() {
    rules(new Action.Limit(10, 3));
    for (int i = 0; i < 50; i++) {
      host.host().receive(V4.of(PEER, ME).payload(new byte[8]));
    }
    assertEquals(3, received(), "the burst");
    harness.runFor(SECOND / 10);
    for (int i = 0; i < 5; i++) {
      host.host().receive(V4.of(PEER, ME).payload(new byte[8]));
    }
    assertEquals(1, received(), "a tenth of a second later");
    int later = 0;
    for (int i = 0; i < 1000; i++) {
      harness.runFor(SECOND / 100);
      host.host().receive(V4.of(PEER, ME).payload(new byte[8]));
      later += received();
    }
    assertTrue(later >= 99 && later <= 101, "in ten seconds: " + later);
  }

  @Test
  void logWritesALineAndTheNextRuleDecides() {
    rules(new Action.Log("seen"), new Action.Drop());
    host.host().receive(V4.of(PEER, ME).udp(5000, 53, new byte[12]));
    host.host().receive(V4.of(PEER, ME).icmp(8, 0, 0, new byte[4]));
    host.host().receive(V4.of(FAR, ME).payload(new byte[4]));
    assertEquals(
        List.of(
            "seen list=wan in=eth out=- udp 10.0.0.2:5000 > 10.0.0.1:53 bytes=40",
            "seen list=wan in=eth out=- icmp 10.0.0.2 > 10.0.0.1 type=8 code=0 bytes=32",
            "seen list=wan in=eth out=- protocol=253 192.0.2.9 > 10.0.0.1 bytes=24"),
        host.logged());
    assertEquals(Map.of("filtered", 3L), host.host().drops());
  }

  @Test
  void linesAreLimitedAndSayWhatTheyLeaveOut() {
    rules(new Action.Log("seen"), new Action.Allow());
    for (int i = 0; i < 120; i++) {
      host.host().receive(V4.of(PEER, ME).payload(new byte[8]));
    }
    assertEquals(120, received());
    assertEquals(20, host.logged().size());
    harness.runFor(SECOND);
    host.host().receive(V4.of(PEER, ME).payload(new byte[8]));
    List<String> lines = host.logged();
    assertEquals(1, lines.size());
    assertTrue(lines.get(0).endsWith("(100 packets before it are not shown)"), lines.get(0));
    harness.runFor(60 * SECOND);
    host.host().receive(V4.of(PEER, ME).payload(new byte[8]));
    assertTrue(host.logged().get(0).endsWith("bytes=28"));
  }

  @Test
  void countsAreOfEachRule() {
    Rule web =
        new Rule(
            10,
            List.of(new Match.Protocol(V4.UDP), new Match.DestinationPort(53, 53)),
            new Action.Allow());
    Rule rest = new Rule(20, List.of(), new Action.Drop());
    AccessList list = new AccessList("wan", List.of("eth"), List.of(web, rest), null);
    host.firewall().replace(new FirewallRules(List.of(), List.of(list)));
    host.passes(HookPoint.INPUT, "eth", "-", V4.of(PEER, ME).udp(1, 53, new byte[10]));
    host.passes(HookPoint.FORWARD, "eth", "lan", V4.of(PEER, FAR).udp(1, 53, new byte[20]));
    host.passes(HookPoint.INPUT, "eth", "-", V4.of(PEER, ME).udp(1, 54, new byte[30]));
    host.passes(HookPoint.INPUT, "lan", "-", V4.of(PEER, ME).udp(1, 54, new byte[30]));
    assertEquals(
        List.of(
            new RuleCount("wan", Direction.IN, "10", web.matches(), web.action(), 2, 86),
            new RuleCount("wan", Direction.IN, "20", List.of(), rest.action(), 1, 58),
            new RuleCount("wan", Direction.IN, "otherwise", List.of(), rest.action(), 0, 0)),
        host.firewall().counts());
  }
}
