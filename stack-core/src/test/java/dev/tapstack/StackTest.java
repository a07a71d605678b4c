package dev.tapstack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpSocket;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.RawPeer;
import dev.tapstack.testkit.V4;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two whole stacks on one loop and one pool, over a wire in memory. */
class StackTest {
  private static final long SECOND = 1_000_000_000L;
  private static final IpAddress A = IpAddress.parse("10.0.0.1");
  private static final IpAddress B = IpAddress.parse("10.0.0.2");

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private Stack a;
  private Stack b;

  /** What came of the announcements with which stacks begin: nobody knows them yet. */
  private Map<String, Long> announced = Map.of();

  @BeforeEach
  void start() {
    PipeDevice wire = new PipeDevice("wire-a", "wire-b", 1500);
    a = open(StackConfig.named("a").attach(wire, IpPrefix.parse("10.0.0.1/24")));
    b = open(StackConfig.named("b").attach(wire.peer(), IpPrefix.parse("10.0.0.2/24")));
    harness.runFor(10 * SECOND);
    announced = b.counters().get("drops");
    assertEquals(announced, a.counters().get("drops"));
    assertEquals(List.of("arp-not-for-us"), List.copyOf(announced.keySet()));
  }

  private Stack open(StackConfig.Builder config) {
    return harness.closeAfterTest(
        new Stack(harness.loop(), harness.pool(), config.seed(1).build()));
  }

  private static ByteBuf bytes(byte[] data) {
    return Unpooled.wrappedBuffer(data);
  }

  /** A socket that answers every datagram with its own bytes. */
  private static void echo(UdpSocket socket) {
    UdpDatagram datagram = socket.receive();
    socket.reply(datagram, datagram.buf().slice(datagram.payloadIndex(), datagram.payloadBytes()));
  }

  private static byte[] payload(UdpDatagram datagram) {
    byte[] data = new byte[datagram.payloadBytes()];
    datagram.buf().getBytes(datagram.payloadIndex(), data);
    return data;
  }

  private void assertBalanced(Stack stack) {
    long kept = stack.ledger().keptUp() + stack.ledger().keptDown();
    assertEquals(announced, stack.counters().get("drops"));
    assertEquals(0, kept, "packets that " + stack + " keeps");
  }

  @Test
  void aDatagramOfAnySizeComesBack() {
    b.bindUdp(new Endpoint(B, 7), StackTest::echo);
    UdpSocket socket = a.bindUdp(new Endpoint(A, 0), s -> {});
    assertNull(a.neighbor(B));
    for (int size : new int[] {0, 1, 1472, 1473, 4000, 65_507}) {
      byte[] data = V4.data(size, size);
      assertTrue(socket.send(new Endpoint(B, 7), bytes(data)));
      harness.settle();
      UdpDatagram answer = socket.receive();
      assertEquals(new Endpoint(B, 7), answer.source());
      assertArrayEquals(data, payload(answer));
      assertNull(socket.receive());
    }
    assertEquals(b.interfaces().get(1).mac(), a.neighbor(B));
    assertEquals(a.interfaces().get(1).mac(), b.neighbor(A));
    assertBalanced(a);
    assertEquals(announced, b.counters().get("drops"));
  }

  /** Sends a greeting, and keeps what comes and how it ends. */
  private static final class Client implements TcpHandler {
    final List<String> events = new ArrayList<>();

    @Override
    public void onConnected(TcpConnection connection) {
      connection.write(bytes("hello".getBytes(StandardCharsets.US_ASCII)));
      connection.shutdownOutput();
    }

    @Override
    public void onReadable(TcpConnection connection) {
      ByteBuf got = Unpooled.buffer();
      got.ensureWritable(100);
      connection.read(got);
      events.add(got.toString(StandardCharsets.US_ASCII));
    }

    @Override
    public void onClosed(TcpConnection connection, CloseReason reason) {
      events.add(reason.name());
    }
  }

  /** Answers with what it is given. */
  private static final class Echo implements TcpHandler {
    @Override
    public void onReadable(TcpConnection connection) {
      ByteBuf got = Unpooled.buffer(100);
      connection.read(got);
      connection.write(got);
      if (connection.endOfInput()) {
        connection.shutdownOutput();
      }
    }
  }

  @Test
  void aConnectionCarriesBytesBothWays() {
    b.listen(new Endpoint(B, 7), TcpOptions.DEFAULTS, c -> new Echo());
    Client client = new Client();
    a.connect(null, new Endpoint(B, 7), TcpOptions.DEFAULTS, client);
    harness.runFor(3 * SECOND);
    assertEquals("hello", String.join("", client.events).substring(0, 5));
    harness.runFor(120 * SECOND);
    assertEquals("NORMAL", client.events.get(client.events.size() - 1));
    assertEquals(0, a.openConnections());
    assertBalanced(a);
    assertBalanced(b);
  }

  @Test
  void aStackTalksToItselfOverLoopback() {
    a.listen(new Endpoint(IpAddress.parse("0.0.0.0"), 7), TcpOptions.DEFAULTS, c -> new Echo());
    for (String own : List.of("10.0.0.1", "127.0.0.1")) {
      Client client = new Client();
      a.connect(null, Endpoint.parse(own + ":7"), TcpOptions.DEFAULTS, client);
      harness.runFor(120 * SECOND);
      assertEquals("hello", client.events.get(0));
    }
    assertTrue(a.counters().get("link lo").get("frames-out") > 0);
    assertEquals(Map.of(), b.counters().get("ip"), "packets on the wire");
    assertBalanced(a);
  }

  @Test
  void aClosedPortRefuses() {
    Client client = new Client();
    a.connect(null, new Endpoint(B, 9), TcpOptions.DEFAULTS, client);
    harness.runFor(SECOND);
    assertEquals(List.of("REFUSED"), client.events);
    assertEquals(Map.of("arp-not-for-us", 2L, "tcp-port-closed", 1L), b.counters().get("drops"));
  }

  @Test
  void aClosedStackSaysSoAndHoldsNothing() {
    Client client = new Client();
    b.listen(new Endpoint(B, 7), TcpOptions.DEFAULTS, c -> new Echo());
    a.connect(null, new Endpoint(B, 7), TcpOptions.DEFAULTS, client);
    a.bindUdp(new Endpoint(A, 5000), s -> {});
    harness.turn();
    a.close();
    a.close();
    assertEquals(List.of("STACK_CLOSED"), client.events);
    assertFalse(a.execute(() -> {}));
    assertThrows(IllegalStateException.class, () -> a.bindUdp(new Endpoint(A, 5001), s -> {}));
    assertEquals(0, a.ledger().keptUp() + a.ledger().keptDown());
    assertEquals(0, a.ip().ports().size());
  }

  @Test
  void aClosedStackKeepsNoFragments() {
    PipeDevice wire = new PipeDevice("wire-c", "wire-d", 1500);
    Stack c = open(StackConfig.named("c").attach(wire, IpPrefix.parse("10.1.0.1/24")));
    RawPeer peer = new RawPeer(harness, wire.peer());
    byte[] header = V4.octets(0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 9, 8, 0);
    System.arraycopy(macOctets(c.interfaces().get(1).mac()), 0, header, 0, 6);
    byte[] fragment = V4.of("10.1.0.9", "10.1.0.1").fragment(0, true).payload(new byte[8]).bytes();
    peer.send(V4.concat(header, fragment));
    harness.settle();
    assertEquals(1, c.ledger().keptUp());
    c.close();
    assertEquals(0, c.ledger().keptUp());
    assertEquals(Map.of("stack-closed", 1L), c.counters().get("drops"));
  }

  private static byte[] macOctets(MacAddress mac) {
    byte[] octets = new byte[6];
    for (int i = 0; i < 6; i++) {
      octets[i] = (byte) (mac.bits() >>> 8 * (5 - i));
    }
    return octets;
  }

  @Test
  void aGatewayMustBeOnAnAttachedSubnet() {
    PipeDevice wire = new PipeDevice("wire-c", "wire-d", 1500);
    harness.closeAfterTest(wire.peer());
    StackConfig wrong =
        StackConfig.named("c")
            .attach(wire, IpPrefix.parse("10.1.0.1/24"))
            .gateway(IpAddress.parse("10.2.0.1"))
            .build();
    String text =
        assertThrows(
                IllegalArgumentException.class,
                () -> new Stack(harness.loop(), harness.pool(), wrong))
            .getMessage();
    assertTrue(text.contains("10.2.0.1"), text);
  }

  @Test
  void whatIsFarGoesThroughTheGateway() {
    PipeDevice wire = new PipeDevice("wire-c", "wire-d", 1500);
    harness.closeAfterTest(wire.peer());
    Stack c =
        open(
            StackConfig.named("c")
                .attach(wire, IpPrefix.parse("10.1.0.1/24"))
                .gateway(IpAddress.parse("10.1.0.254")));
    IpAddress far = IpAddress.parse("192.0.2.1");
    assertEquals(IpAddress.parse("10.1.0.254"), c.ip().route(far.hi(), far.lo()).gateway());
    assertNull(a.ip().route(far.hi(), far.lo()));
  }

  @Test
  void countersOfEveryLayerAreNamed() {
    assertEquals(
        List.of(
            "packets",
            "link lo",
            "link wire-a",
            "ip",
            "icmp",
            "igmp",
            "ping",
            "udp",
            "tcp",
            "drops"),
        List.copyOf(a.counters().keySet()));
  }

  @Test
  void aMacAddressFollowsFromDeviceAndAddress() {
    MacAddress mac = StackConfig.macFor("tap0", A);
    assertEquals(mac, StackConfig.macFor("tap0", A));
    assertNotEquals(mac, StackConfig.macFor("tap1", A));
    assertNotEquals(mac, StackConfig.macFor("tap0", B));
    assertEquals(0x02, mac.bits() >>> 40 & 3, "locally administered and not a group");
  }

  @Test
  void equalSeedsMakeEqualChoices() {
    int port = a.bindUdp(new Endpoint(A, 0), s -> {}).local().port();
    PipeDevice wire = new PipeDevice("wire-c", "wire-d", 1500);
    harness.closeAfterTest(wire.peer());
    Stack twin = open(StackConfig.named("a").attach(wire, IpPrefix.parse("10.0.0.1/24")));
    assertEquals(port, twin.bindUdp(new Endpoint(A, 0), s -> {}).local().port());
    int other = b.bindUdp(new Endpoint(B, 0), s -> {}).local().port();
    assertNotEquals(port, other);
  }
}
