package dev.tapstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.nat.NatConfig.Filtering;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpSocket;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hosts behind NATs behind a carrier's NAT, with loss, disorder and damage between them: data
 * arrives whole, and two hosts that know each other's outside endpoint from a server meet (RFC 5128
 * 3.3 and 3.4).
 */
class NatTraversalTest {
  private static final Duration LIMIT = Duration.ofHours(1);
  private static final int PORT = 5000;

  static LongStream seeds() {
    return Seeds.all().limit(100);
  }

  static Stream<Arguments> seedsAndFilterings() {
    return Seeds.all()
        .limit(20)
        .boxed()
        .flatMap(seed -> Stream.of(Filtering.values()).map(each -> Arguments.of(seed, each)));
  }

  private static Filtering filtering(long seed) {
    return Filtering.values()[(int) (seed % 3)];
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void dataArrivesWholeThroughTwoTranslators(long seed) {
    Seeds.run(NatTraversalTest.class, seed, NatTraversalTest::transfer);
  }

  private static void transfer(long seed, @Nullable Path captureTo) {
    try (NatNetwork world = new NatNetwork(seed, filtering(seed), false, captureTo)) {
      SplittableRandom random = new SplittableRandom(seed);
      Habits habits = new Habits(60_000, 20_000, false, Integer.MAX_VALUE, 1, false);
      List<SimPeer> clients = new ArrayList<>();
      List<SimPeer> servers = new ArrayList<>();
      List<SimHost> hosts = List.of(world.a, world.b, world.c);
      for (int i = 0; i < hosts.size(); i++) {
        StreamBytes up = new StreamBytes(i * 10L);
        StreamBytes down = new StreamBytes(1_000_000 + i);
        SimPeer server = new SimPeer(habits, random.split(), down, up);
        SimPeer client = new SimPeer(habits, random.split(), up, down);
        Endpoint at = world.server.endpoint(80 + i);
        world.server.stack().listen(at, TcpOptions.DEFAULTS, connection -> server);
        assertNotNull(hosts.get(i).stack().connect(null, at, TcpOptions.DEFAULTS, client));
        clients.add(client);
        servers.add(server);
      }
      provokeErrors(world);
      assertTrue(
          world.net.runUntil(
              () ->
                  clients.stream().allMatch(SimPeer::isOver)
                      && servers.stream().allMatch(SimPeer::isOver),
              LIMIT),
          () -> "not finished: " + clients + servers);
      for (int i = 0; i < hosts.size(); i++) {
        clients.get(i).checkComplete(servers.get(i));
        servers.get(i).checkComplete(clients.get(i));
      }
      assertTrue(world.framesOutside() > 300, world.framesOutside() + " frames outside");
      assertTrue(world.errorsFromHomes() > 0, "no error was seen outside");
      world.checkNothingIsLeft();
    }
  }

  /** The server answers hosts that have closed their socket, and is asked where it has none. */
  private static void provokeErrors(NatNetwork world) {
    UdpSocket late =
        world
            .server
            .stack()
            .bindUdp(
                world.server.endpoint(PORT),
                socket -> {
                  UdpDatagram datagram = socket.receive();
                  if (datagram != null) {
                    socket.send(datagram.source(), Unpooled.copiedBuffer(new byte[100]));
                  }
                });
    for (int i = 0; i < 10; i++) {
      for (SimHost host : List.of(world.a, world.b, world.c)) {
        UdpSocket gone = host.stack().bindUdp(host.endpoint(PORT + i), socket -> {});
        say(gone, world.server.endpoint(PORT), "goodbye");
        say(gone, world.server.endpoint(9), "nobody?");
        gone.close();
      }
    }
    world.net.runFor(Duration.ofSeconds(10));
    late.close();
  }

  private static void say(UdpSocket socket, Endpoint to, String text) {
    socket.send(to, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
  }

  // Hole punching, UDP.

  /** A host with a socket: what it hears, and from whom. */
  private static final class Talker {
    final SimHost host;
    final UdpSocket socket;
    final TreeMap<String, Endpoint> heard = new TreeMap<>();

    Talker(SimHost host) {
      this.host = host;
      socket =
          host.stack()
              .bindUdp(
                  host.endpoint(PORT),
                  from -> {
                    UdpDatagram datagram = from.receive();
                    if (datagram != null) {
                      int at = datagram.payloadIndex();
                      int length = datagram.payloadBytes();
                      String text = datagram.buf().toString(at, length, StandardCharsets.UTF_8);
                      heard.put(text, datagram.source());
                    }
                  });
    }
  }

  /** Says it again and again until it is heard; false if it never is. */
  private static boolean hears(NatNetwork world, Talker talker, Endpoint to, Talker hearer) {
    String text = "this is " + talker.host;
    for (int i = 0; i < 50 && !hearer.heard.containsKey(text); i++) {
      say(talker.socket, to, text);
      world.net.runFor(Duration.ofMillis(200));
    }
    return hearer.heard.containsKey(text);
  }

  private static Endpoint seenAs(NatNetwork world, Talker talker, Talker server) {
    assertTrue(hears(world, talker, world.server.endpoint(PORT), server));
    Endpoint seen = server.heard.get("this is " + talker.host);
    assertNotNull(seen);
    return seen;
  }

  private static void punch(NatNetwork world, SimHost one, SimHost other, Filtering filtering) {
    Talker server = new Talker(world.server);
    Talker x = new Talker(one);
    Talker y = new Talker(other);
    Endpoint outsideOfX = seenAs(world, x, server);
    Endpoint outsideOfY = seenAs(world, y, server);
    assertNotEquals(outsideOfX, outsideOfY);
    String fromX = "this is " + one;
    if (filtering == Filtering.ENDPOINT_INDEPENDENT) {
      assertTrue(hears(world, x, outsideOfY, y), "y has not sent to x, and need not");
    } else {
      for (int i = 0; i < 5; i++) {
        say(x.socket, outsideOfY, fromX);
        world.net.runFor(Duration.ofMillis(200));
      }
    }
    assertTrue(hears(world, y, outsideOfX, x), "x has sent to y");
    assertTrue(hears(world, x, outsideOfY, y), "both have sent");
    assertEquals(outsideOfY, x.heard.get("this is " + other));
    assertEquals(outsideOfX, y.heard.get(fromX), "RFC 4787 REQ-1 and REQ-9 a)");
  }

  @ParameterizedTest(name = "seed {0}, {1}")
  @MethodSource("seedsAndFilterings")
  void hostsMeetByUdp(long seed, Filtering filtering) {
    Seeds.run(
        NatTraversalTest.class,
        seed,
        (number, captureTo) -> {
          try (NatNetwork world = new NatNetwork(number, filtering, false, captureTo)) {
            punch(world, world.a, world.c, filtering);
            world.checkNothingIsLeft();
          }
        });
  }

  /** RFC 4787 REQ-9: both are behind one carrier's NAT, and do not know. */
  @ParameterizedTest(name = "seed {0}, {1}")
  @MethodSource("seedsAndFilterings")
  void hostsBehindOneCarrierMeetByUdp(long seed, Filtering filtering) {
    Seeds.run(
        NatTraversalTest.class,
        seed,
        (number, captureTo) -> {
          try (NatNetwork world = new NatNetwork(number, filtering, false, captureTo)) {
            punch(world, world.a, world.b, filtering);
            world.checkNothingIsLeft();
          }
        });
  }

  // Hole punching, TCP.

  /** RFC 5382 REQ-2 a), REQ-4: both connect from the port that the server knows them by. */
  @ParameterizedTest(name = "seed {0}, {1}")
  @MethodSource("seedsAndFilterings")
  void hostsMeetByTcp(long seed, Filtering filtering) {
    Seeds.run(
        NatTraversalTest.class,
        seed,
        (number, captureTo) -> {
          boolean answersSyns = number % 2 == 0;
          try (NatNetwork world = new NatNetwork(number, filtering, answersSyns, captureTo)) {
            connect(world, world.a, number % 4 < 2 ? world.c : world.b, number);
          }
        });
  }

  private static void connect(NatNetwork world, SimHost one, SimHost other, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Habits none = new Habits(0, 1, false, Integer.MAX_VALUE, 1, false);
    StreamBytes bytes = new StreamBytes(7);
    List<Endpoint> seen = new ArrayList<>();
    world
        .server
        .stack()
        .listen(
            world.server.endpoint(80),
            TcpOptions.DEFAULTS,
            connection -> {
              seen.add(connection.remote());
              return new SimPeer(none, random.split(), bytes, bytes);
            });
    for (SimHost host : List.of(one, other)) {
      int before = seen.size();
      SimPeer asks = new SimPeer(none, random.split(), bytes, bytes);
      assertNotNull(
          host.stack()
              .connect(host.endpoint(PORT), world.server.endpoint(80), TcpOptions.DEFAULTS, asks));
      assertTrue(world.net.runUntil(() -> seen.size() > before, LIMIT));
    }
    StreamBytes up = new StreamBytes(10);
    StreamBytes down = new StreamBytes(20);
    Habits habits = new Habits(20_000, 5000, false, Integer.MAX_VALUE, 1, false);
    SimPeer x = new SimPeer(habits, random.split(), up, down);
    SimPeer y = new SimPeer(habits, random.split(), down, up);
    TcpConnection atX =
        one.stack().connect(one.endpoint(PORT), seen.get(1), TcpOptions.DEFAULTS, x);
    TcpConnection atY =
        other.stack().connect(other.endpoint(PORT), seen.get(0), TcpOptions.DEFAULTS, y);
    assertNotNull(atX);
    assertNotNull(atY);
    assertTrue(
        world.net.runUntil(() -> x.isOver() && y.isOver(), LIMIT),
        () -> "not finished: " + x + " and " + y);
    x.checkComplete(y);
    y.checkComplete(x);
  }
}
