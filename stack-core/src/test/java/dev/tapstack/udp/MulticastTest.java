package dev.tapstack.udp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpSocket;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.RawPeer;
import dev.tapstack.testkit.V4;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Multicast datagrams of a host on two networks (RFC 1112 6 and 7), down to the frames. */
class MulticastTest {
  private static final long SECOND = 1_000_000_000L;
  private static final IpAddress GROUP = IpAddress.parse("239.1.2.3");
  private static final IpAddress FIRST = IpAddress.parse("10.0.0.1");
  private static final IpAddress OTHER = IpAddress.parse("10.1.0.1");
  private static final byte[] DATA = V4.data(100, 7);

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private Stack stack;
  private RawPeer first;
  private RawPeer other;

  @BeforeEach
  void start() {
    PipeDevice firstWire = new PipeDevice("eth0", "far0", 1500);
    PipeDevice otherWire = new PipeDevice("eth1", "far1", 1500);
    stack =
        harness.closeAfterTest(
            new Stack(
                harness.loop(),
                harness.pool(),
                StackConfig.named("host")
                    .attach(firstWire, IpPrefix.parse("10.0.0.1/24"))
                    .attach(otherWire, IpPrefix.parse("10.1.0.1/24"))
                    .seed(1)
                    .build()));
    first = new RawPeer(harness, firstWire.peer());
    other = new RawPeer(harness, otherWire.peer());
    harness.runFor(10 * SECOND);
    first.takeAll();
    other.takeAll();
  }

  private UdpSocket bind(String local) {
    return stack.bindUdp(Endpoint.parse(local), socket -> {});
  }

  /** A datagram from .9 of a network to a group, in a frame to its MAC address (RFC 1112 6.4). */
  private void arrives(RawPeer wire, String source, IpAddress group, int port) {
    byte[] ip = V4.of(source, group.toString()).udp(999, port, DATA).bytes();
    byte[] address = group.toBytes();
    byte[] header =
        V4.octets(1, 0, 0x5e, address[1] & 0x7f, address[2], address[3], 2, 0, 0, 0, 0, 9, 8, 0);
    wire.send(V4.concat(header, ip));
    harness.settle();
  }

  private static byte[] payload(UdpDatagram datagram) {
    byte[] data = new byte[datagram.payloadBytes()];
    datagram.buf().getBytes(datagram.payloadIndex(), data);
    return data;
  }

  /** The datagrams among the frames since the last call: IGMP is not looked at here. */
  private static List<byte[]> datagrams(RawPeer wire) {
    return wire.takeAll().stream().filter(frame -> frame[12] == 8 && frame[23] == 17).toList();
  }

  private static String source(byte[] frame) {
    return frame[26] + "." + frame[27] + "." + frame[28] + "." + frame[29];
  }

  private long drops(String reason) {
    return stack.counters().get("drops").getOrDefault(reason, 0L);
  }

  // Receiving.

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0:5000", "239.1.2.3:5000"})
  void aGroupIsHeardWhileItIsJoined(String local) {
    UdpSocket socket = bind(local);
    arrives(first, "10.0.0.9", GROUP, 5000);
    assertNull(socket.receive());
    assertEquals(1, drops("ethernet-not-for-us"), "the link's filter");
    socket.join(GROUP, null);
    arrives(first, "10.0.0.9", GROUP, 5000);
    UdpDatagram datagram = socket.receive();
    assertArrayEquals(DATA, payload(datagram));
    assertEquals(new Endpoint(GROUP, 5000), datagram.destination());
    socket.leave(GROUP, null);
    arrives(first, "10.0.0.9", GROUP, 5000);
    assertNull(socket.receive());
    assertEquals(2, drops("ethernet-not-for-us"));
  }

  @Test
  void aSocketHearsWhatItHasJoinedItselfAlone() {
    UdpSocket member = bind("0.0.0.0:5000");
    UdpSocket another = bind("0.0.0.0:5001");
    member.join(GROUP, null);
    arrives(first, "10.0.0.9", GROUP, 5001);
    assertNull(another.receive());
    assertEquals(1, drops("udp-not-joined"));
    arrives(first, "10.0.0.9", IpAddress.parse("224.0.0.1"), 5000);
    assertNull(member.receive());
    assertEquals(2, drops("udp-not-joined"));
  }

  @Test
  void aGroupOfTheSameMacAddressIsNotOurs() {
    UdpSocket socket = bind("0.0.0.0:5000");
    socket.join(GROUP, null);
    arrives(first, "10.0.0.9", IpAddress.parse("238.129.2.3"), 5000);
    assertNull(socket.receive());
    assertEquals(1, drops("ip-not-for-us"));
  }

  @Test
  void aGroupIsHeardOnTheNetworkWhereItIsJoined() {
    UdpSocket socket = bind("0.0.0.0:5000");
    UdpSocket elsewhere = bind("0.0.0.0:5001");
    socket.join(GROUP, OTHER);
    elsewhere.join(GROUP, FIRST);
    arrives(first, "10.0.0.9", GROUP, 5000);
    assertNull(socket.receive());
    assertEquals(1, drops("udp-not-joined"));
    arrives(other, "10.1.0.9", GROUP, 5000);
    assertArrayEquals(DATA, payload(socket.receive()));
    socket.join(GROUP, FIRST);
    arrives(first, "10.0.0.9", GROUP, 5000);
    assertArrayEquals(DATA, payload(socket.receive()));
  }

  @Test
  void theLastMemberThatLeavesEndsIt() {
    UdpSocket one = bind("0.0.0.0:5000");
    UdpSocket two = bind("0.0.0.0:5001");
    one.join(GROUP, null);
    two.join(GROUP, null);
    one.close();
    one.close();
    arrives(first, "10.0.0.9", GROUP, 5001);
    assertArrayEquals(DATA, payload(two.receive()));
    two.close();
    arrives(first, "10.0.0.9", GROUP, 5001);
    assertEquals(1, drops("ethernet-not-for-us"));
  }

  @Test
  void whatCannotBeJoinedIsRefused() {
    UdpSocket socket = bind("0.0.0.0:5000");
    IpAddress ipv6 = IpAddress.parse("ff02::1");
    for (IpAddress group : List.of(FIRST, IpAddress.parse("255.255.255.255"), ipv6)) {
      assertThrows(IllegalArgumentException.class, () -> socket.join(group, null));
    }
    for (String via : List.of("127.0.0.1", "10.0.0.9")) {
      IpAddress address = IpAddress.parse(via);
      assertThrows(IllegalArgumentException.class, () -> socket.join(GROUP, address));
      assertThrows(IllegalArgumentException.class, () -> socket.multicastVia(address));
    }
    assertThrows(IllegalArgumentException.class, () -> socket.multicastTtl(256));
    assertThrows(IllegalStateException.class, () -> socket.leave(GROUP, null));
    socket.join(GROUP, null);
    assertThrows(IllegalStateException.class, () -> socket.join(GROUP, FIRST));
    for (int i = 1; i < 20; i++) {
      socket.join(IpAddress.parse("239.7.0." + i), null);
    }
    assertThrows(
        IllegalStateException.class, () -> socket.join(IpAddress.parse("239.8.0.1"), null));
  }

  @Test
  void anInterfaceHasSixtyFourGroupsAtMost() {
    UdpSocket[] sockets = {
      bind("0.0.0.0:1"), bind("0.0.0.0:2"), bind("0.0.0.0:3"), bind("0.0.0.0:4")
    };
    // 224.0.0.1 has one place in the link's filter.
    for (int i = 0; i < 63; i++) {
      sockets[i / 20].join(IpAddress.parse("239.7.0." + i), null);
    }
    IpAddress tooMany = IpAddress.parse("239.7.0.63");
    assertThrows(IllegalStateException.class, () -> sockets[3].join(tooMany, null));
    sockets[3].join(tooMany, OTHER);
    sockets[0].close();
    sockets[3].join(tooMany, null);
  }

  // Sending.

  @Test
  void aMulticastStaysOnTheNetworkUnlessToldOtherwise() {
    UdpSocket socket = bind("0.0.0.0:5000");
    assertTrue(socket.send(new Endpoint(GROUP, 6000), Unpooled.wrappedBuffer(DATA)));
    socket.multicastTtl(17);
    assertTrue(socket.send(new Endpoint(GROUP, 6000), Unpooled.wrappedBuffer(DATA)));
    harness.settle();
    List<byte[]> frames = datagrams(first);
    assertEquals(2, frames.size());
    assertEquals(1, frames.get(0)[22], "TTL, RFC 1112 6.1");
    assertEquals(17, frames.get(1)[22]);
    assertArrayEquals(V4.octets(1, 0, 0x5e, 1, 2, 3), Arrays.copyOf(frames.get(0), 6));
    assertEquals("10.0.0.1", source(frames.get(0)));
    assertEquals(List.of(), datagrams(other));
  }

  @ParameterizedTest
  @CsvSource({"0.0.0.0, 10.1.0.1", "10.0.0.1, 10.1.0.1", "10.1.0.1,"})
  void aMulticastLeavesByTheNetworkThatIsChosen(String local, String via) {
    UdpSocket socket = bind(local + ":5000");
    socket.multicastVia(via == null ? null : IpAddress.parse(via));
    assertTrue(socket.send(new Endpoint(GROUP, 6000), Unpooled.wrappedBuffer(DATA)));
    harness.settle();
    assertEquals(List.of(), datagrams(first));
    List<byte[]> frames = datagrams(other);
    assertEquals(1, frames.size());
    assertEquals("10.1.0.1", source(frames.get(0)));
  }

  @Test
  void aUnicastIsNoneOfTheseOptions() {
    UdpSocket socket = bind("0.0.0.0:5000");
    socket.multicastTtl(0);
    socket.multicastVia(OTHER);
    stack.bindUdp(new Endpoint(FIRST, 6000), UdpSocket::receive);
    assertTrue(socket.send(Endpoint.parse("10.0.0.255:6000"), Unpooled.wrappedBuffer(DATA)));
    harness.settle();
    List<byte[]> frames = datagrams(first);
    assertEquals(1, frames.size());
    assertEquals(64, frames.get(0)[22]);
  }

  // Loopback (RFC 1112 6.1).

  @Test
  void ownMembersHearOwnMulticastsUnlessThatIsSwitchedOff() {
    UdpSocket member = bind("0.0.0.0:6000");
    UdpSocket socket = bind("0.0.0.0:5000");
    Endpoint to = new Endpoint(GROUP, 6000);
    socket.send(to, Unpooled.wrappedBuffer(DATA));
    harness.settle();
    assertNull(member.receive());
    member.join(GROUP, null);
    socket.send(to, Unpooled.wrappedBuffer(DATA));
    harness.settle();
    UdpDatagram datagram = member.receive();
    assertArrayEquals(DATA, payload(datagram));
    assertEquals(new Endpoint(FIRST, 5000), datagram.source());
    assertNull(member.receive());
    socket.multicastLoopback(false);
    socket.send(to, Unpooled.wrappedBuffer(DATA));
    harness.settle();
    assertNull(member.receive());
    assertEquals(3, datagrams(first).size());
    assertEquals(Map.of(), dropsButArp());
  }

  private Map<String, Long> dropsButArp() {
    Map<String, Long> drops = new TreeMap<>(stack.counters().get("drops"));
    drops.remove("arp-not-for-us");
    return drops;
  }

  @Test
  void aMemberOnAnotherNetworkDoesNotHearIt() {
    UdpSocket member = bind("0.0.0.0:6000");
    member.join(GROUP, OTHER);
    UdpSocket socket = bind("0.0.0.0:5000");
    socket.send(new Endpoint(GROUP, 6000), Unpooled.wrappedBuffer(DATA));
    harness.settle();
    assertNull(member.receive());
    socket.multicastVia(OTHER);
    socket.send(new Endpoint(GROUP, 6000), Unpooled.wrappedBuffer(DATA));
    harness.settle();
    assertArrayEquals(DATA, payload(member.receive()));
  }

  @Test
  void aTtlOfZeroDoesNotLeaveTheHost() {
    UdpSocket member = bind("0.0.0.0:6000");
    member.join(GROUP, null);
    UdpSocket socket = bind("0.0.0.0:5000");
    socket.multicastTtl(0);
    socket.send(new Endpoint(GROUP, 6000), Unpooled.wrappedBuffer(DATA));
    harness.settle();
    assertArrayEquals(DATA, payload(member.receive()));
    assertEquals(List.of(), datagrams(first));
    assertEquals(1, drops("ip-ttl-exceeded"));
  }
}
