package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
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
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
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
  private static final long BYTES = 200_000_000;

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
      Outcome outcome = ended.stop();
      assertEquals(0, outcome.status());
      assertEquals("", outcome.errors());
    }
  }

  /** A web server of the kernel's: / says who asks, /bytes/N has content, PUT is digested. */
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
      Content content = Content.random(5, Long.parseLong(path.substring("/bytes/".length())));
      exchange.sendResponseHeaders(200, content.length());
      content.writeTo(exchange.getResponseBody());
    } else {
      String text =
          exchange.getRequestMethod().equals("PUT")
              ? HexFormat.of().formatHex(digest.digest())
              : exchange.getRemoteAddress().getAddress().getHostAddress();
      exchange.sendResponseHeaders(200, text.length());
      exchange.getResponseBody().write(text.getBytes(StandardCharsets.US_ASCII));
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
  void everyBytePassesBothWays() {
    String curl = "curl -sS --fail -m 100 ";
    StreamedCommand.run(
            gateway.inside(), Command.DEADLINE, words(curl + "http://203.0.113.2/bytes/" + BYTES))
        .assertIs(Content.random(5, BYTES));
    Content up = Content.random(6, BYTES);
    StreamedCommand.run(
            gateway.inside(), Command.DEADLINE, up, words(curl + "-T - http://203.0.113.2/put"))
        .assertIs(Content.text(up.sha256()));
  }

  @Test
  void manyConnectionsAtOnce() {
    String curl =
        "curl -sS --no-progress-meter -Z --parallel-max 300 --parallel-immediate -w"
            + " %{http_code}:%{size_download}\\n -o /dev/null http://203.0.113.2/bytes/[5001-5300]";
    Outcome outcome = gateway.inside().run(words(curl)).ok();
    assertEquals(300, outcome.output().lines().distinct().count(), outcome.output());
    assertTrue(outcome.output().lines().allMatch(line -> line.startsWith("200:5")));
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
    Outcome inside = gateway.outside().run(words("ping -c 1 -W 1 192.168.1.2"));
    assertFalse(inside.output().contains("1 received"), inside.output());
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
