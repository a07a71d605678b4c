package dev.tapstack.ip;

import static dev.tapstack.testkit.IpHost.FAR;
import static dev.tapstack.testkit.IpHost.ME;
import static dev.tapstack.testkit.IpHost.PEER;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.ip.v4.IcmpCounter;
import dev.tapstack.link.NetInterface;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.IpHost.Sent;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A router sends packets of others on, or tells their senders why not (RFC 1812 5). */
class ForwardingTest {
  private static final String INSIDE = "192.168.1.2";
  private static final int UNREACHABLE = 3;
  private static final int TIME_EXCEEDED = 11;

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private IpHost host;

  /** 192.168.1.1/24, the inside; the outside is eth. */
  private NetInterface inside;

  /** 172.16.0.1/16, with an MTU of 600. */
  private NetInterface narrow;

  @BeforeEach
  void start() {
    host = new IpHost(harness);
    inside = host.attach("in", "192.168.1.1/24");
    narrow = host.attach("narrow", 600, "172.16.0.1/16");
    host.ip().forwarding(true);
  }

  private void fromInside(V4 packet) {
    host.receive(inside, packet.bytes(), 0);
  }

  /** The packet as it leaves a router: one hop less, its checksum computed anew. */
  private static byte[] oneHopLess(byte[] packet) {
    byte[] expected = packet.clone();
    expected[8]--;
    return V4.withHeaderChecksum(expected);
  }

  /** Asserts that the only answer to the inside is an ICMP error, and returns it. */
  private byte[] theError(int type, int code, byte[] about) {
    List<Sent> all = host.sentBy(inside);
    assertEquals(1, all.size(), "errors");
    byte[] error = all.get(0).bytes();
    assertEquals(type, error[20], "type");
    assertEquals(code, error[21], "code");
    assertArrayEquals(new byte[] {(byte) 192, (byte) 168, 1, 1}, Arrays.copyOfRange(error, 12, 16));
    assertArrayEquals(new byte[] {(byte) 192, (byte) 168, 1, 2}, Arrays.copyOfRange(error, 16, 20));
    int quoted = Math.min(about.length, 548);
    assertArrayEquals(Arrays.copyOf(about, quoted), Arrays.copyOfRange(error, 28, error.length));
    return error;
  }

  // RFC 1812 5.2.1: what is sent on.

  @Test
  void aPacketForOthersLeavesWithOneHopLess() {
    V4 packet = V4.of(INSIDE, PEER).ttl(17).tos(0x28).id(7).payload(V4.data(100, 1));
    fromInside(packet);
    List<Sent> all = host.sent();
    assertEquals(1, all.size());
    assertArrayEquals(oneHopLess(packet.bytes()), all.get(0).bytes());
    assertEquals(PEER, all.get(0).nextHop());
    assertEquals(1, host.ip().counters().value(IpCounter.FORWARDED));
    assertEquals(1, host.ledger().forwardedCount());
    assertEquals(Map.of(), host.drops());
  }

  /** RFC 1812 5.2.4.3: the longest prefix wins. */
  @ParameterizedTest
  @CsvSource({
    "10.0.0.2, eth, 10.0.0.2",
    "192.0.2.9, eth, 10.0.0.254",
    "198.51.100.9, narrow, 172.16.0.9",
    "198.51.100.200, eth, 10.0.0.7",
    "172.16.255.1, narrow, 172.16.255.1",
  })
  void theNextHopFollowsFromTheLongestPrefix(String to, String by, String nextHop) {
    route("198.51.100.0/24", narrow, "172.16.0.9");
    route("198.51.100.128/25", host.eth(), "10.0.0.7");
    fromInside(V4.of(INSIDE, to));
    List<Sent> all = new ArrayList<>(host.sent());
    all.addAll(host.sentBy(narrow));
    assertEquals(1, all.size());
    assertEquals(by, all.get(0).interfaceName());
    assertEquals(nextHop, all.get(0).nextHop());
  }

  private void route(String prefix, NetInterface via, String gateway) {
    host.ip()
        .routes()
        .add(new Route(IpPrefix.parse(prefix), Route.Kind.UNICAST, via, IpAddress.parse(gateway)));
  }

  /** RFC 1812 4.2.2.9, RFC 1624: every checksum that a header may have stays right. */
  @Test
  void theChecksumIsRightWhateverItWas() {
    for (int id = 0; id < 65_536; id++) {
      byte[] packet = V4.of(INSIDE, PEER).ttl(1 + id % 254 + 1).id(id).bytes();
      host.receive(inside, packet, 0);
      assertArrayEquals(oneHopLess(packet), host.theOneSent(), "id " + id);
    }
  }

  @Test
  void whatIsForUsIsDelivered() {
    fromInside(V4.of(INSIDE, ME).payload(V4.data(8, 1))); // on another interface's address
    assertEquals(1, host.recorder().take().size());
    assertEquals(0, host.ip().counters().value(IpCounter.FORWARDED));
  }

  @Test
  void aHostForwardsNothing() {
    host.ip().forwarding(false);
    fromInside(V4.of(INSIDE, PEER));
    assertEquals(List.of(), host.sent());
    assertEquals(Map.of("ip-not-for-us", 1L), host.drops());
  }

  /** A packet of a host on the link, padded to a frame's least length, leaves without padding. */
  @Test
  void paddingIsNotSentOn() {
    byte[] packet = V4.of(INSIDE, PEER).payload(new byte[3]).bytes();
    host.receive(inside, Arrays.copyOf(packet, 46), 0);
    assertEquals(23, host.theOneSent().length);
  }

  // RFC 1812 5.3: what is not.

  /** RFC 1812 5.3.1, 5.2.7.3. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void theLastHopIsReported(int ttl) {
    byte[] packet = V4.of(INSIDE, FAR).ttl(ttl).payload(V4.data(64, 3)).bytes();
    host.receive(inside, packet, 0);
    theError(TIME_EXCEEDED, 0, packet);
    assertEquals(List.of(), host.sent());
    assertEquals(Map.of("ip-ttl-exceeded", 1L), host.drops());
  }

  /** RFC 1812 4.3.2.4: of an interface's addresses the one that the sender knows. */
  @Test
  void anErrorComesFromTheSendersSubnet() {
    NetInterface two = host.attach("two", "192.168.5.1/24", "192.168.6.1/24");
    host.receive(two, V4.of("192.168.6.2", FAR).ttl(1).payload(new byte[8]).bytes(), 0);
    byte[] error = host.sentBy(two).get(0).bytes();
    assertArrayEquals(V4.octets(192, 168, 6, 1), Arrays.copyOfRange(error, 12, 16));
  }

  /** RFC 1812 5.3.1: the TTL of what is for us does not matter. */
  @Test
  void theLastHopMayEndHere() {
    fromInside(V4.of(INSIDE, ME).ttl(1).payload(new byte[8]));
    assertEquals(1, host.recorder().take().size());
  }

  /** RFC 1812 5.2.7.1: code 0. */
  @Test
  void noRouteIsReported() {
    host.ip().routes().remove(IpPrefix.parse("0.0.0.0/0"));
    byte[] packet = V4.of(INSIDE, FAR).payload(V4.data(64, 3)).bytes();
    host.receive(inside, packet, 0);
    theError(UNREACHABLE, 0, packet);
    assertEquals(Map.of("ip-no-route", 1L), host.drops());
  }

  @Test
  void aPulledCableIsReported() {
    IpHost.down(narrow);
    byte[] packet = V4.of(INSIDE, "172.16.0.9").payload(V4.data(64, 3)).bytes();
    host.receive(inside, packet, 0);
    theError(UNREACHABLE, 0, packet);
    assertEquals(Map.of("device-down", 1L), host.drops());
  }

  /** RFC 1812 4.2.2.7, RFC 1191 4: the MTU that would do, about the packet as it came. */
  @Test
  void whatIsTooBigIsReportedWithTheNextHopsMtu() {
    byte[] packet =
        V4.of(INSIDE, "172.16.0.9").dontFragment().ttl(9).payload(V4.data(581, 1)).bytes();
    host.receive(inside, packet, 0);
    byte[] error = theError(UNREACHABLE, 4, packet);
    assertEquals(600, (error[26] & 0xff) << 8 | error[27] & 0xff);
    assertEquals(Map.of("ip-too-big", 1L), host.drops());
    fromInside(V4.of(INSIDE, "172.16.0.9").dontFragment().payload(V4.data(580, 1)));
    assertEquals(600, host.sentBy(narrow).get(0).bytes().length);
  }

  /** RFC 1812 4.2.2.7: without DF it is cut. The oracle is the reassembly of another host. */
  @Test
  void whatIsTooBigIsCutIfItMayBe() {
    byte[] payload = V4.data(1400, 1);
    fromInside(V4.of(INSIDE, "172.16.0.9").id(77).payload(payload));
    List<Sent> fragments = host.sentBy(narrow);
    assertEquals(3, fragments.size());
    byte[] whole = new byte[1400];
    for (Sent each : fragments) {
      byte[] bytes = each.bytes();
      int offset = ((bytes[6] & 0x1f) << 8 | bytes[7] & 0xff) * 8;
      assertEquals(77, (bytes[4] & 0xff) << 8 | bytes[5] & 0xff);
      assertEquals(63, bytes[8]);
      assertTrue(bytes.length <= 600);
      System.arraycopy(bytes, 20, whole, offset, bytes.length - 20);
    }
    assertArrayEquals(payload, whole);
    assertEquals(1, host.ledger().forwardedCount());
    assertEquals(2, host.ledger().sentCount(), "fragments that were made here");
  }

  /** RFC 1812 4.2.2.8: fragments of others are no business of a router. */
  @Test
  void aFragmentPasses() {
    byte[] fragment = V4.of(INSIDE, PEER).fragment(1480, true).payload(V4.data(80, 1)).bytes();
    host.receive(inside, fragment, 0);
    assertArrayEquals(oneHopLess(fragment), host.theOneSent());
  }

  @ParameterizedTest
  @CsvSource({
    // RFC 3927 7
    "169.254.1.1, 10.0.0.2, 0, ip-link-local",
    "192.168.1.2, 169.254.1.1, 0, ip-link-local",
    // RFC 2644 2
    "192.168.1.2, 10.0.0.255, 0, ip-directed-broadcast",
    // RFC 1812 5.3.4
    "192.168.1.2, 10.0.0.2, 1, ip-unicast-in-broadcast",
    "192.168.1.2, 10.0.0.2, 2, ip-unicast-in-broadcast",
    // multicast routing is not there
    "192.168.1.2, 239.1.2.3, 2, ip-not-for-us",
    // RFC 1812 5.3.7
    "127.0.0.1, 10.0.0.2, 0, ip-martian-source",
    "192.168.1.2, 127.0.0.2, 0, ip-martian-destination",
    "192.168.1.2, 0.1.2.3, 0, ip-martian-destination",
    "192.168.1.255, 10.0.0.2, 0, ip-martian-source",
  })
  void staysHereInSilence(String from, String to, int linkFlags, String reason) {
    host.receive(inside, V4.of(from, to).bytes(), linkFlags);
    assertEquals(List.of(), host.sent());
    assertEquals(List.of(), host.sentBy(inside));
    assertEquals(Map.of(reason, 1L), host.drops());
  }

  @Test
  void aBroadcastOfItsOwnSubnetIsDelivered() {
    host.receive(
        inside, V4.of(INSIDE, "192.168.1.255").payload(new byte[4]).bytes(), Packet.LINK_BROADCAST);
    assertEquals(1, host.recorder().take().size());
  }

  /** RFC 1812 5.2.7.1: the sender hears that the last router got no answer. */
  @Test
  void aSilentNeighbourIsReportedToTheSender() {
    byte[] sent = V4.of(INSIDE, PEER).payload(V4.data(64, 3)).bytes();
    List<Packet> waiting = new ArrayList<>();
    host.ip()
        .addHook(
            HookPoint.POSTROUTING,
            Hook.of((point, packet) -> {
              if (packet.receivedIndex() < 0) {
                return Verdict.ACCEPT;
              }
              waiting.add(packet);
              return Verdict.STOLEN;
            }));
    host.receive(inside, sent, 0);
    Packet failed = waiting.get(0);
    host.ip().neighborUnreachable(host.eth(), failed);
    theError(UNREACHABLE, 1, oneHopLess(sent));
    assertEquals(Map.of("neighbor-unreachable", 1L), host.drops());
    assertEquals(List.of(), host.recorder().errors());
  }

  // Hooks.

  @Test
  void hooksSeeItAtThreePointsAndTheHopsAsTheyAreThere() {
    List<String> seen = new ArrayList<>();
    for (HookPoint point : HookPoint.values()) {
      host.ip()
          .addHook(
              point,
              Hook.of((at, packet) -> {
                seen.add(
                    at
                        + " "
                        + packet.receivedIndex()
                        + ">"
                        + packet.interfaceIndex()
                        + " ttl "
                        + packet.ttl());
                return Verdict.ACCEPT;
              }));
    }
    fromInside(V4.of(INSIDE, PEER).ttl(9));
    assertEquals(
        List.of("PREROUTING 2>2 ttl 9", "FORWARD 2>1 ttl 9", "POSTROUTING 2>1 ttl 8"), seen);
  }

  @Test
  void aFilterEndsIt() {
    host.ip()
        .addHook(HookPoint.FORWARD, Hook.of((at, packet) -> Verdict.drop(DropReason.FILTERED)));
    fromInside(V4.of(INSIDE, PEER));
    assertEquals(List.of(), host.sent());
    assertEquals(0, host.ip().counters().value(IpCounter.FORWARDED));
    assertEquals(Map.of("filtered", 1L), host.drops());
  }

  /** What PREROUTING makes of the destination decides the way. */
  @Test
  void aRewrittenDestinationIsRouted() {
    IpAddress peer = IpAddress.parse("172.16.0.9");
    host.ip()
        .addHook(
            HookPoint.PREROUTING,
            Hook.of((at, packet) -> {
              packet.destination(peer.hi(), peer.lo());
              return Verdict.ACCEPT;
            }));
    fromInside(V4.of(INSIDE, ME));
    assertEquals("172.16.0.9", host.sentBy(narrow).get(0).nextHop());
  }

  // Redirects (RFC 1812 5.2.7.2).

  /** The sender's next packet may go to the better router at once. */
  @Test
  void aSenderWithABetterRouterOnItsSubnetIsToldWhileItsPacketGoesOn() {
    route("198.51.100.0/24", inside, "192.168.1.7");
    byte[] packet = V4.of(INSIDE, "198.51.100.9").payload(V4.data(64, 3)).bytes();
    host.receive(inside, packet, 0);
    List<Sent> sent = host.sentBy(inside);
    assertEquals(2, sent.size());
    byte[] redirect = sent.get(0).bytes();
    assertArrayEquals(V4.octets(192, 168, 1, 1, 192, 168, 1, 2), part(redirect, 12, 20));
    assertArrayEquals(V4.octets(5, 1), part(redirect, 20, 22));
    assertArrayEquals(V4.octets(192, 168, 1, 7), part(redirect, 24, 28));
    assertArrayEquals(oneHopLess(packet), part(redirect, 28, redirect.length));
    assertEquals("192.168.1.7", sent.get(1).nextHop());
    assertArrayEquals(oneHopLess(packet), sent.get(1).bytes());
  }

  private static byte[] part(byte[] bytes, int from, int to) {
    return Arrays.copyOfRange(bytes, from, to);
  }

  /** A neighbour of the sender is its own next hop. */
  @Test
  void aSenderThatCouldReachTheDestinationItselfIsTold() {
    fromInside(V4.of(INSIDE, "192.168.1.9").payload(new byte[8]));
    byte[] redirect = host.sentBy(inside).get(0).bytes();
    assertArrayEquals(V4.octets(192, 168, 1, 9), part(redirect, 24, 28));
  }

  @ParameterizedTest
  @CsvSource({
    "192.168.1.2, 10.0.0.9", // leaves elsewhere
    "203.0.113.5, 198.51.100.9", // its sender is behind another router
  })
  void othersAreNot(String from, String to) {
    route("198.51.100.0/24", inside, "192.168.1.7");
    fromInside(V4.of(from, to).payload(new byte[8]));
    assertEquals(0, host.v4().icmp().counters().value(IcmpCounter.REDIRECTS_SENT));
    assertEquals(1, host.ip().counters().value(IpCounter.FORWARDED));
  }

  /** What is translated must come by here. */
  @ParameterizedTest
  @EnumSource(
      value = HookPoint.class,
      names = {"PREROUTING", "POSTROUTING"})
  void neverWhereAnAddressWasTranslated(HookPoint point) {
    IpAddress other = IpAddress.parse("192.168.1.9");
    host.ip()
        .addHook(
            point,
            Hook.of((at, packet) -> {
              if (at == HookPoint.PREROUTING) {
                packet.destination(other.hi(), other.lo());
              } else {
                packet.source(other.hi(), other.lo());
              }
              return Verdict.ACCEPT;
            }));
    fromInside(V4.of(INSIDE, "192.168.1.8").payload(new byte[8]));
    assertEquals(1, host.sentBy(inside).size());
    assertEquals(0, host.v4().icmp().counters().value(IcmpCounter.REDIRECTS_SENT));
  }

  /** RFC 1812 4.3.2.8. */
  @Test
  void redirectsAreFew() {
    for (int i = 0; i < 100; i++) {
      fromInside(V4.of(INSIDE, "192.168.1.9").payload(new byte[8]));
    }
    assertEquals(10, host.v4().icmp().counters().value(IcmpCounter.REDIRECTS_SENT));
    assertEquals(90, host.v4().icmp().counters().value(IcmpCounter.ERRORS_RATE_LIMITED));
    assertEquals(100 + 10, host.sentBy(inside).size());
  }

  // The reverse path (RFC 1812 5.3.8, RFC 3704 2.2).

  @ParameterizedTest
  @CsvSource({
    "192.168.1.2, 10.0.0.2, true",
    "198.51.100.9, 10.0.0.2, true", // behind a router on this side
    "172.16.0.9, 10.0.0.2, false", // another side's subnet
    "203.0.113.5, 10.0.0.2, false", // beyond the default route, on another side
    "172.16.0.9, 10.0.0.1, false", // to this host too
  })
  void aSourceIsTakenOnlyOnItsOwnSide(String from, String to, boolean isTaken) {
    NetInterface strict = host.attachStrict("strict", "192.168.7.1/24");
    route("198.51.100.0/24", strict, "192.168.7.9");
    String source = from.replace("192.168.1.", "192.168.7.");
    host.receive(strict, V4.of(source, to).payload(new byte[8]).bytes(), 0);
    assertEquals(isTaken ? 1 : 0, host.sent().size());
    assertEquals(0, host.recorder().take().size());
    assertEquals(isTaken ? Map.of() : Map.of("ip-reverse-path", 1L), host.drops());
  }

  /** An interface without the option takes it: routes may be asymmetric. */
  @Test
  void withoutTheCheckAnySourceIsTaken() {
    fromInside(V4.of("172.16.0.9", PEER));
    assertEquals(1, host.sent().size());
  }

  // Options (RFC 1812 5.3.13).

  /** RFC 1812 5.3.13.5: the address of the interface that it leaves by. */
  @Test
  void theRouteIsRecorded() {
    fromInside(V4.of(INSIDE, PEER).options(7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    byte[] sent = host.theOneSent();
    assertArrayEquals(
        V4.octets(7, 11, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0), Arrays.copyOfRange(sent, 20, 32));
    assertArrayEquals(V4.withHeaderChecksum(sent.clone()), sent);
  }

  /** RFC 1812 5.3.13.6; time since the stack's beginning, which is not midnight: high bit set. */
  @Test
  void theTimeIsNoted() {
    fromInside(V4.of(INSIDE, PEER).options(68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0));
    byte[] sent = host.theOneSent();
    assertArrayEquals(V4.octets(68, 12, 13, 1, 10, 0, 0, 1), Arrays.copyOfRange(sent, 20, 28));
    assertTrue(sent[28] < 0);
    assertArrayEquals(V4.withHeaderChecksum(sent.clone()), sent);
  }

  /** RFC 1812 5.3.13.1: an option that is not understood is passed on. */
  @Test
  void anUnknownOptionPasses() {
    byte[] packet = V4.of(INSIDE, PEER).options(0x9e, 4, 1, 2).bytes();
    host.receive(inside, packet, 0);
    assertArrayEquals(oneHopLess(packet), host.theOneSent());
  }

  /** RFC 1812 5.3.13.4 wants source routes forwarded; they are refused as RFC 7126 4.3 advises. */
  @Test
  void aSourceRouteIsRefused() {
    fromInside(V4.of(INSIDE, PEER).options(131, 7, 4, 10, 0, 0, 2, 0));
    assertEquals(List.of(), host.sent());
    assertEquals(Map.of("ip-source-route", 1L), host.drops());
  }
}
