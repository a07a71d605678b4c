package dev.tapstack.apps.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.apps.echo.Chargen;
import dev.tapstack.apps.echo.Discard;
import dev.tapstack.apps.echo.Echo;
import dev.tapstack.apps.http.HttpCounter;
import dev.tapstack.apps.http.HttpServer;
import dev.tapstack.apps.http.site.Site;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.testkit.LoopHarness;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** All services on one stack, clients on another, a wire between them, in virtual time. */
class ServicesOverStacksTest {
  private static final long SECOND = 1_000_000_000L;

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  @TempDir Path directory;
  private final List<String> log = new ArrayList<>();
  private Stack clients;
  private Stack servers;
  private HttpServer http;

  @BeforeEach
  void start() throws Exception {
    PipeDevice wire = new PipeDevice("wire-a", "wire-b", 1500);
    clients = open(StackConfig.named("clients").attach(wire, IpPrefix.parse("10.0.0.1/24")));
    servers = open(StackConfig.named("servers").attach(wire.peer(), IpPrefix.parse("10.0.0.2/24")));
    http = Site.addTo(HttpServer.on(servers, 80), directory).log(log::add).start();
    Echo.start(servers, Echo.PORT, log::add);
    Discard.start(servers, Discard.PORT, log::add);
    Chargen.start(servers, Chargen.PORT, log::add);
    harness.runFor(10 * SECOND);
  }

  private Stack open(StackConfig.Builder config) {
    return harness.closeAfterTest(
        new Stack(harness.loop(), harness.pool(), config.seed(1).build()));
  }

  private WireClient client(int port) {
    WireClient client = new WireClient();
    clients.connect(null, Endpoint.parse("10.0.0.2:" + port), TcpOptions.DEFAULTS, client);
    return client;
  }

  private void await(BooleanSupplier condition) {
    assertTrue(harness.runUntil(condition, 60 * SECOND), "not within a minute of virtual time");
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: 10.0.0.2\r\nConnection: close\r\n\r\n";
  }

  private static byte[] random(int bytes) {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    return content;
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private byte[] content(WireClient client) {
    int head = client.text().indexOf("\r\n\r\n") + 4;
    return Arrays.copyOfRange(client.received(), head, client.received().length);
  }

  @Test
  void thePageShowsTheConnectionThatCarriesIt() {
    WireClient client = client(80).send(get("/"));
    await(() -> client.reason() != null);
    assertEquals(CloseReason.NORMAL, client.reason());
    String page = client.text();
    assertTrue(page.contains("10.0.0.1"), page);
    assertTrue(page.contains(Integer.toString(client.connection().local().port())), page);
    assertTrue(page.contains(clients.interfaces().get(1).mac().toString()), page);
    assertTrue(page.contains("ESTABLISHED"), page);
    assertTrue(page.contains("1,448 bytes"), page); // 1500 - 20 - 20 - 12 of timestamps
    harness.runFor(SECOND);
    assertEquals(0, http.openConnections());
    assertEquals(1, log.size());
    assertTrue(log.get(0).startsWith("http 10.0.0.1:"), log.get(0));
    assertTrue(
        log.get(0)
            .endsWith(
                "1 request, "
                    + get("/").length()
                    + " bytes in, "
                    + page.length()
                    + " bytes out, closed"),
        log.get(0));
  }

  @Test
  void tenMegabytesComeDownUnchanged() throws Exception {
    WireClient client = client(80).send(get("/bytes/10000000"));
    await(() -> client.reason() != null);
    String line = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\n";
    byte[] expected =
        line.repeat(10_000_000 / 63 + 1)
            .substring(0, 10_000_000)
            .getBytes(StandardCharsets.US_ASCII);
    assertEquals(sha256(expected), sha256(content(client)));
  }

  @Test
  void fiveMegabytesGoUpAndAreDigested() throws Exception {
    byte[] upload = random(5_000_000);
    WireClient client =
        client(80)
            .send("PUT /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n")
            .send("Connection: close\r\n\r\n")
            .send(upload);
    await(() -> client.reason() != null);
    assertTrue(
        client.text().endsWith("length: 5000000\nsha256: " + sha256(upload) + "\n"), client.text());
  }

  @Test
  void anEchoWaitsForAClientThatDoesNotReadAndLosesNothing() {
    byte[] content = random(20_000_000);
    WireClient client = client(80);
    client.reading(false);
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + content.length + "\r\n");
    client.send("Connection: close\r\n\r\n").send(content);
    harness.runFor(20 * SECOND);
    // Two windows and two send buffers of 4 MB are full: the rest waits at the client.
    assertTrue(client.unsentBytes() > 2_000_000, client.unsentBytes() + " bytes");
    client.reading(true);
    await(() -> client.reason() != null);
    assertArrayEquals(content, content(client));
  }

  @Test
  void aFileIsServedInTurns() throws Exception {
    byte[] content = random(3_000_000);
    Files.write(directory.resolve("file.bin"), content);
    WireClient client = client(80).send(get("/file.bin"));
    await(() -> client.reason() != null);
    assertArrayEquals(content, content(client));
  }

  @Test
  void anErrorInTheMidstOfAnUploadReachesTheClient() {
    WireClient client = client(80);
    client.send("POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 6000000\r\n\r\n");
    client.send(random(6_000_000)).finish();
    await(() -> client.reason() != null);
    assertTrue(client.text().startsWith("HTTP/1.1 405 "), client.text());
    assertEquals(CloseReason.NORMAL, client.reason());
  }

  @Test
  void manyConnectionsAtOnceAreAllServed() {
    List<WireClient> all = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      all.add(client(80).send(get("/bytes/100000").replace("close", "keep-alive") + get("/")));
    }
    await(() -> all.stream().allMatch(each -> each.reason() == CloseReason.NORMAL));
    harness.runFor(SECOND);
    assertEquals(400, http.counters().value(HttpCounter.RESPONSES));
    assertEquals(0, http.openConnections());
  }

  @Test
  void echoReturnsEverythingAfterAHalfClose() {
    byte[] content = random(3_000_000);
    WireClient client = client(Echo.PORT).send(content).finish();
    await(() -> client.reason() != null);
    assertEquals(CloseReason.NORMAL, client.reason());
    assertArrayEquals(content, client.received());
  }

  @Test
  void discardEndsWhenTheClientDoes() {
    WireClient client = client(Discard.PORT).send(random(3_000_000)).finish();
    await(() -> client.reason() != null);
    assertEquals(CloseReason.NORMAL, client.reason());
    assertEquals(0, client.received().length);
  }

  @Test
  void chargenGoesOnUntilItIsReset() {
    WireClient client = client(Chargen.PORT);
    await(() -> client.received().length > 10_000_000);
    assertNull(client.reason());
    client.connection().abort();
    harness.runFor(SECOND);
    assertEquals(0, servers.openConnections());
    assertTrue(log.get(0).endsWith("Connection reset"), log.get(0));
  }
}
