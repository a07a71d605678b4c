package dev.tapstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.conntrack.Conntrack;
import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.device.FaultProfile;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.loop.Rng;
import dev.tapstack.nat.Nat;
import dev.tapstack.nat.NatConfig;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpSocket;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole hosts behind address translators, and translators behind others. */
class BehindNatTest {
  private static final IpAddress SHARED = IpAddress.parse("203.0.113.1");

  /** Makes a router translate: its first port is inside, its second outside. */
  private static Nat translate(SimNet net, SimHost router) {
    IpLayer ip = router.stack().ip();
    Rng rng = Rng.seeded(net.seed(), router.name() + " nat");
    Conntrack conntrack = new Conntrack(net.loop(), ip, rng, ConntrackConfig.DEFAULTS);
    conntrack.inside(1);
    String outside = router.stack().interfaces().get(2).name();
    Nat nat = new Nat(ip, net.loop(), rng, NatConfig.outside(outside).build());
    conntrack.install();
    nat.install(conntrack);
    return nat;
  }

  /** alice - home = carrier - bob: two translators, loss and disorder between them. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void tcpPassesTwoTranslatorsWithLossBetweenThem(long seed) {
    try (SimNet net = SimNet.seeded(seed)) {
      SimHost alice =
          net.host(HostSpec.named("alice").port("192.168.1.2/24").gateway("192.168.1.1"));
      SimHost home =
          net.host(
              HostSpec.named("home")
                  .port("192.168.1.1/24")
                  .port("100.64.0.2/24")
                  .gateway("100.64.0.1")
                  .forwarding());
      SimHost carrier =
          net.host(
              HostSpec.named("carrier").port("100.64.0.1/24").port("203.0.113.1/24").forwarding());
      SimHost bob = net.host(HostSpec.named("bob").port("203.0.113.9/24"));
      net.link(alice, home);
      net.link(home, carrier, FaultProfile.NONE.withLoss(0.03).withDelay(5_000_000, 2_000_000));
      net.link(carrier, bob);
      Nat atHome = translate(net, home);
      Nat atCarrier = translate(net, carrier);

      SplittableRandom random = new SplittableRandom(seed);
      Habits habits = new Habits(200_000, 20_000, false, Integer.MAX_VALUE, 1, false);
      List<SimPeer> clients = new ArrayList<>();
      List<SimPeer> servers = new ArrayList<>();
      List<IpAddress> seen = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        StreamBytes up = new StreamBytes(i * 10L);
        StreamBytes down = new StreamBytes(1_000_000 + i);
        SimPeer server = new SimPeer(habits, random.split(), down, up);
        SimPeer client = new SimPeer(habits, random.split(), up, down);
        bob.stack()
            .listen(
                bob.endpoint(80 + i),
                TcpOptions.DEFAULTS,
                connection -> {
                  seen.add(connection.remote().address());
                  return server;
                });
        TcpConnection made =
            alice.stack().connect(null, bob.endpoint(80 + i), TcpOptions.DEFAULTS, client);
        assertNotNull(made);
        clients.add(client);
        servers.add(server);
      }
      assertTrue(
          net.runUntil(
              () ->
                  clients.stream().allMatch(SimPeer::isOver)
                      && servers.stream().allMatch(SimPeer::isOver),
              Duration.ofMinutes(10)));
      for (int i = 0; i < 3; i++) {
        clients.get(i).checkComplete(servers.get(i));
        servers.get(i).checkComplete(clients.get(i));
      }
      assertEquals(List.of(SHARED, SHARED, SHARED), seen);
      net.runFor(Duration.ofMinutes(15));
      assertEquals(List.of(), atHome.mappings());
      assertEquals(List.of(), atCarrier.mappings());
    }
  }

  /** What a host has heard: who from, and what. */
  private static UdpSocket hear(SimHost host, List<String> heard, List<Endpoint> from) {
    return host.stack()
        .bindUdp(
            host.endpoint(5000),
            socket -> {
              UdpDatagram datagram = socket.receive();
              if (datagram != null) {
                heard.add(
                    datagram
                        .buf()
                        .toString(
                            datagram.payloadIndex(),
                            datagram.payloadBytes(),
                            StandardCharsets.UTF_8));
                from.add(datagram.source());
              }
            });
  }

  private static void say(UdpSocket socket, Endpoint to, String text) {
    assertTrue(socket.send(to, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8)));
  }

  /**
   * RFC 5128 3.3: two hosts behind two translators learn each other's outside endpoint from a
   * server, and both send there: with endpoint-independent mapping they meet.
   */
  @Test
  void twoHostsBehindTwoTranslatorsMeet() {
    try (SimNet net = SimNet.seeded(5)) {
      SimHost a = net.host(HostSpec.named("a").port("192.168.1.2/24").gateway("192.168.1.1"));
      SimHost b = net.host(HostSpec.named("b").port("192.168.1.2/24").gateway("192.168.1.1"));
      SimHost natA =
          net.host(
              HostSpec.named("natA").port("192.168.1.1/24").port("203.0.113.1/24").forwarding());
      SimHost natB =
          net.host(
              HostSpec.named("natB").port("192.168.1.1/24").port("203.0.113.2/24").forwarding());
      SimHost server = net.host(HostSpec.named("server").port("203.0.113.9/24"));
      net.link(a, natA);
      net.link(b, natB);
      net.lan(natA, natB, server);
      translate(net, natA);
      translate(net, natB);
      List<String> heardByA = new ArrayList<>();
      List<String> heardByB = new ArrayList<>();
      List<Endpoint> known = new ArrayList<>();
      UdpSocket atA = hear(a, heardByA, new ArrayList<>());
      UdpSocket atB = hear(b, heardByB, new ArrayList<>());
      assertNotNull(hear(server, new ArrayList<>(), known));

      say(atA, server.endpoint(5000), "here is a");
      say(atB, server.endpoint(5000), "here is b");
      assertTrue(net.runUntil(() -> known.size() == 2, Duration.ofSeconds(10)));
      assertNotEquals(known.get(0), known.get(1));
      Endpoint outsideOfA = known.get(known.get(0).address().equals(SHARED) ? 0 : 1);
      Endpoint outsideOfB = known.get(known.get(0).address().equals(SHARED) ? 1 : 0);

      say(atA, outsideOfB, "hello b"); // opens a's side; b's is closed
      net.runFor(Duration.ofSeconds(1));
      assertEquals(List.of(), heardByB);
      say(atB, outsideOfA, "hello a");
      assertTrue(net.runUntil(() -> heardByA.contains("hello a"), Duration.ofSeconds(10)));
      say(atA, outsideOfB, "hello again");
      assertTrue(net.runUntil(() -> heardByB.contains("hello again"), Duration.ofSeconds(10)));
    }
  }
}
