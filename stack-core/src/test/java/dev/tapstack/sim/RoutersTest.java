package dev.tapstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.device.FaultProfile;
import dev.tapstack.ip.IpCounter;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpError;
import dev.tapstack.socket.UdpHandler;
import dev.tapstack.socket.UdpSocket;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hosts speak with each other through routers, as RFC 1812 has them behave. */
class RoutersTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private static Habits sends(long bytes) {
    return new Habits(bytes, 20_000, false, Integer.MAX_VALUE, 1, false);
  }

  private static SimHost left(SimNet net) {
    return net.host(HostSpec.named("a").port("10.1.0.2/24").gateway("10.1.0.1"));
  }

  private static SimHost right(SimNet net) {
    return net.host(HostSpec.named("b").port("10.2.0.2/24").gateway("10.2.0.1"));
  }

  /**
   * RFC 1191, RFC 1812 4.2.2.7: a - r1 = r2 - b, and the middle takes 1,000 bytes only, which both
   * hosts find out while a twentieth of everything there is lost, their routers' reports included.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void tcpFindsTheMtuOfANarrowLossyMiddle(long seed) {
    try (SimNet net = SimNet.seeded(seed)) {
      SimHost a = left(net);
      SimHost b = right(net);
      SimHost r1 =
          net.host(
              HostSpec.named("r1")
                  .port("10.1.0.1/24")
                  .port("192.0.2.1/30", 1000)
                  .route("10.2.0.0/24", "192.0.2.2")
                  .forwarding());
      SimHost r2 =
          net.host(
              HostSpec.named("r2")
                  .port("192.0.2.2/30", 1000)
                  .port("10.2.0.1/24")
                  .gateway("192.0.2.1")
                  .forwarding());
      FaultProfile bad = FaultProfile.NONE.withLoss(0.05).withDelay(5_000_000, 1_000_000);
      net.link(a, r1);
      net.link(r1, r2, bad);
      net.link(b, r2);

      SplittableRandom random = new SplittableRandom(seed);
      StreamBytes up = new StreamBytes(0);
      StreamBytes down = new StreamBytes(1_000_000);
      SimPeer server = new SimPeer(sends(300_000), random.split(), down, up);
      SimPeer client = new SimPeer(sends(300_000), random.split(), up, down);
      b.stack().listen(b.endpoint(80), TcpOptions.DEFAULTS, connection -> server);
      TcpConnection unused = a.stack().connect(null, b.endpoint(80), TcpOptions.DEFAULTS, client);
      assertNotNull(unused);
      assertTrue(
          net.runUntil(() -> client.isOver() && server.isOver(), Duration.ofMinutes(10)),
          () -> "not finished: " + client);
      client.checkComplete(server);
      server.checkComplete(client);
      assertTrue(learned(a) >= 1 && learned(b) >= 1, "path MTUs learned");
      assertEquals(1000, a.stack().ip().mtu(b.address().hi(), b.address().lo()));
      assertTrue(forwarded(r1) > 600 && forwarded(r2) > 600, "forwarded");
      assertEquals(0, r1.stack().ip().counters().value(IpCounter.FRAGMENTED));
    }
  }

  private static long learned(SimHost host) {
    return host.stack().ip().counters().value(IpCounter.PATH_MTUS_LEARNED);
  }

  private static long forwarded(SimHost host) {
    return host.stack().ip().counters().value(IpCounter.FORWARDED);
  }

  /** a - r1 - r2 - b, r1 narrow towards r2; what r1 does not know goes to r2 and the other way. */
  private static SimHost chain(SimNet net) {
    SimHost a = left(net);
    SimHost b = right(net);
    SimHost r1 =
        net.host(
            HostSpec.named("r1")
                .port("10.1.0.1/24")
                .port("192.0.2.1/30", 600)
                .gateway("192.0.2.2")
                .forwarding());
    SimHost r2 =
        net.host(
            HostSpec.named("r2")
                .port("192.0.2.2/30", 600)
                .port("10.2.0.1/24")
                .route("10.1.0.0/24", "192.0.2.1")
                .route("198.51.100.0/24", "192.0.2.1")
                .forwarding());
    net.link(a, r1);
    net.link(r1, r2);
    net.link(b, r2);
    return a;
  }

  /** What a UDP socket hears of what it sends. */
  private static final class Heard implements UdpHandler {
    private final List<String> events = new ArrayList<>();

    @Override
    public void onReadable(UdpSocket socket) {
      UdpDatagram datagram = socket.receive();
      assertNotNull(datagram);
      events.add(datagram.payloadBytes() + " bytes from " + datagram.source().address());
    }

    @Override
    public void onError(UdpSocket socket, UdpError error) {
      events.add(error.kind().toString());
    }
  }

  private static List<String> ask(SimNet net, SimHost a, String to, int ttl, int bytes) {
    Heard heard = new Heard();
    UdpSocket socket = a.stack().bindUdp(new Endpoint(a.address(), 4000), heard);
    socket.ttl(ttl);
    Endpoint peer = new Endpoint(IpAddress.parse(to), 9);
    assertTrue(socket.send(peer, Unpooled.wrappedBuffer(new byte[bytes])));
    net.runUntilIdle(MINUTE);
    socket.close();
    return heard.events;
  }

  /** RFC 1812 5.2.7.3, 5.2.7.1: what traceroute lives by, and what a sender is told. */
  @ParameterizedTest
  @CsvSource({
    "10.2.0.2, 1, TTL_EXCEEDED",
    "10.2.0.2, 2, TTL_EXCEEDED",
    "10.2.0.2, 3, PORT_UNREACHABLE",
    "10.2.0.77, 9, HOST_UNREACHABLE",
    "203.0.113.1, 9, NET_UNREACHABLE",
  })
  void theSenderIsTold(String to, int ttl, String what) {
    try (SimNet net = SimNet.seeded(1)) {
      SimHost a = chain(net);
      assertEquals(List.of(what), ask(net, a, to, ttl, 10));
    }
  }

  /** RFC 1812 5.3.1: routers that send a packet to each other stop when its hops are used up. */
  @Test
  void aLoopEnds() {
    try (SimNet net = SimNet.seeded(1)) {
      SimHost a = chain(net);
      assertEquals(List.of("TTL_EXCEEDED"), ask(net, a, "198.51.100.1", 64, 10));
      long hops = 0;
      for (SimHost each : net.hosts()) {
        hops += forwarded(each);
      }
      assertEquals(63 + 1, hops, "and the report of r2, by r1");
    }
  }

  /** RFC 1812 4.2.2.7: UDP bears no DF here; what is too big for a link on the way is cut there. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsCutOnTheWayArrivesWhole(boolean withReassembly) {
    try (SimNet net = SimNet.seeded(1)) {
      SimHost a = chain(net);
      SimHost b = net.hosts().get(1);
      SimHost r2 = net.hosts().get(3);
      r2.stack().ip().reassembleAll(withReassembly);
      Heard heard = new Heard();
      b.stack().bindUdp(new Endpoint(b.address(), 9), heard);
      assertEquals(List.of(), ask(net, a, "10.2.0.2", 9, 5000));
      assertEquals(List.of("5000 bytes from 10.1.0.2"), heard.events);
      long made = r2.stack().ip().counters().value(IpCounter.REASSEMBLED);
      assertEquals(withReassembly ? 1 : 0, made);
    }
  }

  /**
   * RFC 1027: hosts whose prefix is too short know of no router, and reach each other through it.
   */
  @ParameterizedTest
  @CsvSource({"true, PORT_UNREACHABLE", "false, HOST_UNREACHABLE"})
  void hostsThatKnowOfNoRouterReachEachOtherByProxyArp(boolean proxyArp, String what) {
    try (SimNet net = SimNet.seeded(1)) {
      SimHost a = net.host("a", "10.1.0.2/8");
      SimHost b = net.host("b", "10.2.0.2/8");
      HostSpec spec = HostSpec.named("r").port("10.1.0.1/24").port("10.2.0.1/24").forwarding();
      SimHost r = net.host(proxyArp ? spec.proxyArp() : spec);
      net.link(a, r);
      net.link(b, r);
      assertEquals(List.of(what), ask(net, a, "10.2.0.2", 9, 10));
    }
  }

  @Test
  void aRouterJoinsTwoNetworks() {
    try (SimNet net = SimNet.seeded(1)) {
      SimHost a = left(net);
      SimHost b = right(net);
      SimHost r = net.router("r", "10.1.0.1/24", "10.2.0.1/24");
      net.link(a, r);
      net.link(b, r);
      assertEquals(List.of("PORT_UNREACHABLE"), ask(net, a, "10.2.0.2", 2, 10));
      assertEquals(2, forwarded(r));
    }
  }
}
