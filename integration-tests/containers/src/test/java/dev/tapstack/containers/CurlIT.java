package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.it.Content;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Network;

/** curl in a container, the stack in another, nothing between them but the engine's bridge. */
@DockerRequired
class CurlIT {
  private static final long GIGABYTE = 1_000_000_000;
  private static final Network NETWORK = Networks.bridge();
  private static final TapStackContainer STACK = TapStackContainer.serve().withNetwork(NETWORK);
  private static final Peer PEER = new Peer(NETWORK);

  @BeforeAll
  static void start() {
    STACK.start();
    PEER.start();
  }

  @AfterAll
  static void end() {
    PEER.stop();
    STACK.stop();
    NETWORK.close();
  }

  private static String url(String path) {
    return "http://" + STACK.address() + path;
  }

  @Test
  void everyMethodIsAnswered() {
    List<String> requests =
        List.of(
            "200 --head /",
            "200 -X GET /",
            "200 -X POST --data abc /sink",
            "200 -X PUT --data abc /sink",
            "200 -X POST --data abc /echo",
            "405 -X DELETE /sink",
            "204 -X OPTIONS /sink",
            "201 -X PUT --data abc /store/it",
            "204 -X DELETE /store/it",
            "404 -X GET /store/it",
            "501 -X BREW /");
    String script =
        requests.stream()
            .map(request -> request.split(" ", 2)[1].replace(" /", " " + url("/")))
            .map(words -> "curl -sS -m 20 -o /dev/null -w '%{http_code}\\n' " + words)
            .collect(Collectors.joining("\n"));
    assertEquals(
        requests.stream().map(request -> request.split(" ", 2)[0]).toList(),
        PEER.ok(script).lines().toList());
  }

  @Test
  void aGigabyteArrivesWhole() {
    String expected = Content.pattern(GIGABYTE).sha256();
    String script = "curl -sS --fail " + url("/bytes/" + GIGABYTE) + " | sha256sum";
    assertEquals(expected, PEER.ok(script).split(" ")[0]);
  }

  @Test
  void anUploadArrivesWhole() {
    String sum = PEER.ok("head -c 200000000 /dev/urandom >sent && sha256sum <sent").split(" ")[0];
    String answer = PEER.ok("curl -sS --fail -T - " + url("/sink") + " <sent");
    assertEquals("length: 200000000\nsha256: " + sum + "\n", answer);
  }

  @Test
  void aHundredAtOnce() {
    // Slow enough that all are open at a time, each of a length of its own.
    String script =
        "curl -sS --no-progress-meter -Z --parallel-max 100 --parallel-immediate"
            + " --limit-rate 50k -w '%{http_code}:%{size_download}\\n' -o /dev/null "
            + url("/bytes/[100000-100099]")
            + " & until [ $(ss -Htn state established dport = :80 | wc -l) = 100 ]; do"
            + " kill -0 $! || exit 1; sleep 0.1; done; wait $!";
    assertEquals(
        IntStream.range(100_000, 100_100).mapToObj(bytes -> "200:" + bytes).toList(),
        PEER.ok(script).lines().sorted().toList());
  }
}
