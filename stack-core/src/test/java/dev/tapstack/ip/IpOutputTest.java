package dev.tapstack.ip;

import static dev.tapstack.testkit.IpHost.FAR;
import static dev.tapstack.testkit.IpHost.ME;
import static dev.tapstack.testkit.IpHost.PEER;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.link.NetInterface;
import dev.tapstack.packet.Packet;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.IpHost.Sent;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where packets of our own go, and with which header. */
class IpOutputTest {
  private static final byte[] DATA = V4.data(30, 5);

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private IpHost host;

  @BeforeEach
  void start() {
    host = new IpHost(harness);
  }

  private static IpAddress address(String text) {
    return IpAddress.parse(text);
  }

  @Test
  void theHeaderIsComplete() {
    Packet packet = host.build(ME, PEER, DATA, Packet.DONT_FRAGMENT);
    packet.tos(0xb9);
    packet.ttl(7);
    host.ip().output(packet);
    byte[] expected = V4.of(ME, PEER).tos(0xb9).ttl(7).dontFragment().id(0).payload(DATA).bytes();
    assertArrayEquals(expected, host.theOneSent());
    assertEquals(Map.of(), host.drops());
    assertEquals(Map.of("output", 1L), host.ip().counters().nonZero());
  }

  @ParameterizedTest
  @CsvSource({"10.0.0.2, 10.0.0.2", "192.0.2.9, 10.0.0.254", "224.0.0.5, 224.0.0.5"})
  void theNextHopIsTheNeighbourOrTheGateway(String destination, String nextHop) {
    host.output(ME, destination, DATA, 0);
    assertEquals(nextHop, host.sent().get(0).nextHop());
  }

  @ParameterizedTest
  @ValueSource(strings = {ME, "127.0.0.1", "127.5.5.5"})
  void ourOwnAddressesAreReachedOverLoopback(String destination) {
    host.output(ME, destination, DATA, 0);
    assertEquals(List.of(), host.sent());
    List<Sent> sent = host.sentToSelf();
    assertEquals(1, sent.size());
    host.receive(host.lo(), sent.get(0).bytes(), 0);
    assertArrayEquals(DATA, host.recorder().take().get(0));
  }

  @Test
  void withoutARouteItIsDropped() {
    assertTrue(host.ip().routes().remove(IpPrefix.parse("0.0.0.0/0")));
    host.output(ME, FAR, DATA, 0);
    assertEquals(Map.of("ip-no-route", 1L), host.drops());
    IpAddress far = address(FAR);
    assertNull(host.ip().route(far.hi(), far.lo()));
    assertNull(host.ip().sourceFor(far));
    assertEquals(68, host.ip().mtu(far.hi(), far.lo()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.255", "255.255.255.255"})
  void aBroadcastMustBeMeant(String broadcast) {
    host.output(ME, broadcast, DATA, 0);
    assertEquals(Map.of("ip-martian-destination", 1L), host.drops());
    host.output(ME, broadcast, DATA, Packet.BROADCAST_ALLOWED);
    assertEquals(broadcast, host.sent().get(0).nextHop());
  }

  @ParameterizedTest
  @CsvSource({"10.0.0.2, 64", "224.0.0.9, 1"})
  void theDefaultTtlOfAMulticastIsOne(String destination, int ttl) {
    host.output(ME, destination, DATA, 0);
    assertEquals(ttl, host.theOneSent()[8]);
  }

  /** RFC 6864 4.2. */
  @Test
  void idsOfDatagramsThatMayBeFragmentedDiffer() {
    Set<Integer> ids = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      host.output(ME, PEER, DATA, 0);
      ids.add(id(host.theOneSent()));
    }
    assertEquals(10_000, ids.size());
  }

  @Test
  void theIdsThatAPeerSeesDoNotTellWhatOthersAreSent() {
    host.output(ME, PEER, DATA, 0);
    int before = id(host.theOneSent());
    for (int i = 0; i < 9; i++) {
      host.output(ME, FAR, DATA, 0);
    }
    host.sent();
    host.output(ME, PEER, DATA, 0);
    assertEquals(before + 1 & 0xffff, id(host.theOneSent()));
  }

  private static int id(byte[] packet) {
    return (packet[4] & 0xff) << 8 | packet[5] & 0xff;
  }

  @Test
  void whatIsTooBigAndMustNotBeFragmentedIsDropped() {
    host.output(ME, PEER, new byte[1480], Packet.DONT_FRAGMENT);
    assertEquals(1500, host.theOneSent().length);
    host.output(ME, PEER, new byte[1481], Packet.DONT_FRAGMENT);
    assertEquals(Map.of("ip-too-big", 1L), host.drops());
  }

  @Test
  void theSourceIsTheInterfacesAddress() {
    assertEquals(address(ME), host.ip().sourceFor(address(PEER)));
    assertEquals(address(ME), host.ip().sourceFor(address(FAR)));
    assertEquals(address(ME), host.ip().sourceFor(address("224.0.0.5")));
    assertEquals(address("127.0.0.9"), host.ip().sourceFor(address("127.0.0.9")));
    assertEquals(address(ME), host.ip().sourceFor(address(ME)));
  }

  @Test
  void whoIsWhoIsKnown() {
    for (String local : List.of(ME, "127.0.0.1", "127.200.1.1")) {
      assertTrue(isLocal(local), local);
      assertFalse(isGroup(local), local);
    }
    for (String group : List.of("10.0.0.255", "255.255.255.255", "224.0.0.1", "239.255.0.1")) {
      assertTrue(isGroup(group), group);
      assertFalse(isLocal(group), group);
    }
    for (String other : List.of(PEER, "10.0.0.0", FAR, "0.0.0.0", "223.255.255.255")) {
      assertFalse(isGroup(other), other);
      assertFalse(isLocal(other), other);
    }
  }

  private boolean isLocal(String text) {
    return host.ip().isLocal(address(text).hi(), address(text).lo());
  }

  private boolean isGroup(String text) {
    return host.ip().isGroup(address(text).hi(), address(text).lo());
  }

  @Test
  void progressConfirmsTheNeighbourOnTheWay() {
    host.ip().confirm(address(PEER).hi(), address(PEER).lo());
    host.ip().confirm(address(FAR).hi(), address(FAR).lo());
    host.ip().confirm(address(ME).hi(), address(ME).lo());
    assertEquals(List.of(PEER, "10.0.0.254"), host.confirmed());
  }

  @Test
  void aGroupIsSpokenToOnTheInterfaceOfTheSource() {
    NetInterface second = host.attach("eth2", "172.16.0.1/24");
    host.output("172.16.0.1", "224.0.0.9", DATA, 0);
    host.output("172.16.0.1", "255.255.255.255", DATA, Packet.BROADCAST_ALLOWED);
    assertEquals(2, host.sentBy(second).size());
    host.output(ME, "224.0.0.9", DATA, 0);
    assertEquals(1, host.sent().size());
  }

  @Test
  void amongAnInterfacesAddressesTheOneNearestToTheNextHopIsTheSource() {
    host.attach("eth2", "172.16.0.1/12", "172.16.9.1/24", "198.51.100.1/24");
    assertEquals(address("172.16.0.1"), host.ip().sourceFor(address("172.16.1.1")));
    assertEquals(address("172.16.9.1"), host.ip().sourceFor(address("172.16.9.7")));
    assertEquals(address("198.51.100.1"), host.ip().sourceFor(address("198.51.100.7")));
    IpPrefix far = IpPrefix.parse("203.0.113.0/24");
    NetInterface second = host.ip().interfaces().get(2);
    Route behind = new Route(far, Route.Kind.UNICAST, second, address("198.51.100.9"));
    assertTrue(host.ip().routes().add(behind));
    assertEquals(address("198.51.100.1"), host.ip().sourceFor(address("203.0.113.1")));
  }

  /** The neighbour does not answer for a packet that has {@code header} in front. */
  private void neighborUnreachable(V4 header) {
    Packet packet = host.build(ME, FAR, V4.data(20, 77), 0);
    byte[] bytes = header.bytes();
    packet.network(packet.start() - 20);
    packet.start(packet.start() - 20);
    packet.buf().setBytes(packet.start(), bytes);
    IpAddress source =
        IpAddress.of(0, Ipv4Address.mapped(packet.buf().getInt(packet.start() + 12)));
    packet.source(source.hi(), source.lo());
    host.ip().neighborUnreachable(host.eth(), packet);
  }

  @Test
  void aSilentNeighbourIsAHostUnreachableForTheTransport() {
    neighborUnreachable(V4.of(ME, FAR));
    neighborUnreachable(V4.of(ME, FAR).fragment(0, true));
    String error = "HOST_UNREACHABLE 10.0.0.1>192.0.2.9 bytes=20 first=77 mtu=0";
    assertEquals(List.of(error, error), host.recorder().errors());
    assertEquals(Map.of("neighbor-unreachable", 2L), host.drops());
  }

  @Test
  void itIsNotOurTransportsBusinessIfThereIsNoTransportHeaderOrThePacketIsNotOurs() {
    neighborUnreachable(V4.of(ME, FAR).fragment(8, true));
    neighborUnreachable(V4.of(PEER, FAR));
    assertEquals(List.of(), host.recorder().errors());
    assertEquals(Map.of("neighbor-unreachable", 2L), host.drops());
  }
}
