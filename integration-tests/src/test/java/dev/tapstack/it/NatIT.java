package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tapstack.tap.NetworkNamespace;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code tapstack gateway} with NAT between two kernels that know nothing of it. */
@Privileged
class NatIT {
  private static final long BYTES = 1 << 30;

  private static final int CONNECTIONS = 500;

  /** What {@code /bytes/N} repeats. */
  private static final byte[] BLOCK = Content.random(5, 1).block();

  private static final ExecutorService THREADS = Executors.newCachedThreadPool();
  private static GatewayUnderTest gateway;
  private static HttpServer alice;
  private static HttpServer bob;

  @BeforeAll
  static void start() {
    gateway = new GatewayUnderTest("--forward", "tcp:8080=192.168.1.2:80");
    alice = serve(gateway.inside());
    bob = serve(gateway.outside());
  }

  @AfterAll
  static void end() {
    alice.stop(0);
    bob.stop(0);
    THREADS.shutdownNow();
    try (GatewayUnderTest ended = gateway) {
      CounterSummary.atTheEndOf(ended);
    }
  }

  /**
   * A web server of the kernel's: / says who asks, /bytes/N has content, /method says how it was
   * asked, and a PUT is digested.
   */
  private static HttpServer serve(TestNamespace namespace) {
    HttpServer server =
        NetworkNamespace.named(namespace.name())
            .call(() -> {
              try {
                return HttpServer.create(new InetSocketAddress(80), 1000);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    server.setExecutor(THREADS);
    server.createContext("/", NatIT::answer);
    server.start();
    return server;
  }

  private static void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    MessageDigest digest = Content.newDigest();
    try (DigestInputStream in = new DigestInputStream(exchange.getRequestBody(), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    if (path.startsWith("/bytes/")) {
      Content content = new Content(BLOCK, Long.parseLong(path.substring("/bytes/".length())));
      exchange.sendResponseHeaders(200, content.length());
      content.writeTo(exchange.getResponseBody());
    } else if (path.equals("/method")) {
      String method = exchange.getRequestMethod();
      String text = method + " " + HexFormat.of().formatHex(digest.digest());
      exchange.getResponseHeaders().add("Method", method);
      exchange.sendResponseHeaders(200, method.equals("HEAD") ? -1 : text.length());
      if (!method.equals("HEAD")) {
        exchange.getResponseBody().write(text.getBytes(US_ASCII));
      }
    } else {
      String text =
          exchange.getRequestMethod().equals("PUT")
              ? HexFormat.of().formatHex(digest.digest())
              : exchange.getRemoteAddress().getAddress().getHostAddress();
      exchange.sendResponseHeaders(200, text.length());
      exchange.getResponseBody().write(text.getBytes(US_ASCII));
    }
    exchange.close();
  }

  @Test
  void bobSeesTheGatewayAndAliceGetsHerAnswer() {
    String seen = gateway.inside().run(words("curl -sS -m 20 http://203.0.113.2/")).ok().output();
    assertEquals("203.0.113.1", seen);
  }

  @Test
  void pingsPass() {
    String small = gateway.inside().run(words("ping -c 3 -i 0.2 203.0.113.2")).ok().output();
    assertTrue(small.contains(" 3 received") && small.contains(" ttl=63 "), small);
    String large = gateway.inside().run(words("ping -c 2 -s 5000 203.0.113.2")).ok().output();
    assertTrue(large.contains(" 2 received"), large);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-U", "-I", "-T"})
  void tracerouteSeesTheGatewayAndThenBob(String method) {
    String line = "traceroute -n -q 1 -w 5 -m 4 " + method + " 203.0.113.2";
    String trace = gateway.inside().run(words(line)).ok().output();
    assertTrue(trace.contains("\n 1  192.168.1.1 "), trace);
    assertTrue(trace.contains("\n 2  203.0.113.2 "), trace);
  }

  @Test
  void tracepathArrives() {
    String path = gateway.inside().run(words("tracepath -n 203.0.113.2")).ok().output();
    assertTrue(path.contains("pmtu 1500 hops 2 back 2"), path);
  }

  @Test
  void everyByteOfAGigabytePassesBothWays() {
    String curl = "curl -sS --fail -m 100 ";
    StreamedCommand.run(
            gateway.inside(),
            Command.GIGABYTE_DEADLINE,
            words(curl + "http://203.0.113.2/bytes/" + BYTES))
        .assertIs(new Content(BLOCK, BYTES));
    Content up = Content.random(6, BYTES);
    StreamedCommand.run(
            gateway.inside(),
            Command.GIGABYTE_DEADLINE,
            up,
            words(curl + "-T - http://203.0.113.2/put"))
        .assertIs(Content.text(up.sha256()));
  }

  /** All are open before the first asks, and each gets what it asked for. */
  @Test
  void fiveHundredConnectionsAtOnce() throws IOException {
    List<Socket> clients = connect(CONNECTIONS);
    try {
      String established = "ss -Htn state established sport = :80";
      assertEquals(
          CONNECTIONS,
          gateway.outside().run(words(established)).ok().output().lines().count(),
          "as bob's kernel has them");
      for (int i = 0; i < CONNECTIONS; i++) {
        String request = "GET /bytes/%d HTTP/1.1\r\nHost: bob\r\nConnection: close\r\n\r\n";
        clients.get(i).getOutputStream().write(request.formatted(5000 + i).getBytes(US_ASCII));
      }
      for (int i = 0; i < CONNECTIONS; i++) {
        byte[] answer = clients.get(i).getInputStream().readAllBytes();
        int head = answer.length - (5000 + i);
        assertTrue(head > 0, "connection " + i + " got " + answer.length + " bytes");
        assertArrayEquals(
            Arrays.copyOf(BLOCK, 5000 + i), Arrays.copyOfRange(answer, head, answer.length));
      }
    } finally {
      for (Socket client : clients) {
        client.close();
      }
    }
  }

  /** Sockets of alice's kernel to bob's server. */
  private static List<Socket> connect(int count) {
    return NetworkNamespace.named(gateway.inside().name())
        .call(() -> {
          List<Socket> sockets = new ArrayList<>();
          try {
            for (int i = 0; i < count; i++) {
              Socket socket = new Socket(GatewayUnderTest.BOB, 80);
              socket.setSoTimeout((int) Command.DEADLINE.toMillis());
              sockets.add(socket);
            }
            return sockets;
          } catch (IOException e) {
            throw new UncheckedIOException("after " + sockets.size(), e);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "DELETE", "OPTIONS", "TRACE"})
  void everyMethodArrives(String method) {
    String curl = "curl -sS --fail -m 20 -X " + method + " http://203.0.113.2/method";
    String digest = Content.text("").sha256();
    assertEquals(method + " " + digest, gateway.inside().run(words(curl)).ok().output());
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "PATCH"})
  void everyMethodArrivesWithItsContent(String method) {
    Content content = Content.random(7, 300_000);
    String curl = "curl -sS --fail -m 20 --data-binary @- -X " + method;
    StreamedCommand.run(
            gateway.inside(),
            Command.GIGABYTE_DEADLINE,
            content,
            words(curl + " http://203.0.113.2/method"))
        .assertIs(Content.text(method + " " + content.sha256()));
  }

  @Test
  void headGetsAHeadAlone() {
    String answer =
        gateway.inside().run(words("curl -sS -m 20 -I http://203.0.113.2/method")).ok().output();
    assertTrue(answer.matches("(?s)HTTP/1.1 200 .*\r\nMethod: HEAD\r\n.*\r\n\r\n"), answer);
  }

  @Test
  void aForwardedPortLeadsInside() {
    String seen =
        gateway.outside().run(words("curl -sS -m 20 http://203.0.113.1:8080/")).ok().output();
    assertEquals("203.0.113.2", seen, "alice sees who really asks");
  }

  @Test
  void whatNobodyAskedForMeetsSilence() {
    Outcome tcp = gateway.outside().run(words("nc -v -z -w 2 203.0.113.1 80"));
    assertTrue(tcp.errors().contains("timed out"), tcp.errors());
    // Though bob knows the way to an inside address, nothing of his arrives there.
    gateway.outside().run(words("ip route add 192.168.1.0/24 via 203.0.113.1")).ok();
    Outcome inside = gateway.outside().run(words("ping -c 1 -W 1 192.168.1.2"));
    assertFalse(inside.output().contains("1 received"), inside.output());
    assertEquals(0, gateway.inside().kernelCounter("IcmpInEchos"));
  }

  /** RFC 4787 REQ-9: the source that she sees is the outside one. */
  @Test
  void aliceReachesHerselfByTheOutsideAddress() {
    String seen =
        gateway.inside().run(words("curl -sS -m 20 http://203.0.113.1:8080/")).ok().output();
    assertEquals("203.0.113.1", seen);
  }

  @Test
  void datagramsAreAnswered() {
    try (Command echo =
        gateway.outside().start("bash", "-c", "exec nc -u -l -W 1 5000 < <(echo answer)")) {
      Command.awaitUntil(
          "bob listens", () -> gateway.outside().run(words("ss -Hlun")).output().contains(":5000"));
      String[] ask = {"bash", "-c", "echo question | nc -u -w 5 -W 1 203.0.113.2 5000"};
      assertEquals("answer\n", gateway.inside().run(ask).output());
      assertEquals("question\n", echo.await(Command.DEADLINE).output());
    }
  }

  @Test
  void nothingFromInsideIsSeenOutside() {
    try (Command tcpdump =
        gateway.outside().start(words("tcpdump -n -l -i wan0 net 192.168.0.0/16"))) {
      Command.awaitUntil("tcpdump listens", () -> tcpdump.errors().contains("listening on"));
      gateway.inside().run(words("curl -sS -m 20 http://203.0.113.2/")).ok();
      gateway.inside().run(words("curl -sS -m 20 http://203.0.113.2:99/"));
      gateway.inside().run(words("ping -c 2 -i 0.2 203.0.113.2")).ok();
      gateway.inside().run(words("traceroute -n -q 1 -w 2 -m 3 203.0.113.2")).ok();
      assertEquals("", tcpdump.output());
    }
  }
}
