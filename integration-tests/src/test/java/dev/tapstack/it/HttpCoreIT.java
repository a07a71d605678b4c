package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.blocking.StackServerSocketFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.impl.bootstrap.HttpServer;
import org.apache.hc.core5.http.impl.bootstrap.ServerBootstrap;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Apache HttpCore's blocking server as it is, over the stack's sockets, and a kernel's curl. */
@Privileged
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HttpCoreIT {
  private static final int PORT = 8080;
  private static final String URL = "http://" + StackUnderTest.ADDRESS + ":" + PORT;

  @TempDir static Path directory;
  private static StackInProcess host;
  private static HttpServer server;

  @BeforeAll
  static void start() throws IOException {
    host = new StackInProcess();
    server =
        ServerBootstrap.bootstrap()
            .setServerSocketFactory(new StackServerSocketFactory(host.stack()))
            .setLocalAddress(InetAddress.getByName(StackUnderTest.ADDRESS))
            .setListenerPort(PORT)
            .setCanonicalHostName(StackUnderTest.ADDRESS) // what requests are for
            .register(
                "/hello",
                (request, response, context) -> response.setEntity(new StringEntity("hello\n")))
            .register(
                "/echo",
                (request, response, context) -> {
                  byte[] body = EntityUtils.toByteArray(request.getEntity());
                  response.setEntity(
                      new ByteArrayEntity(body, ContentType.APPLICATION_OCTET_STREAM));
                })
            .create();
    server.start();
  }

  @AfterAll
  static void end() throws InterruptedException {
    server.close(CloseMode.IMMEDIATE);
    server.awaitTermination(TimeValue.ofSeconds(30));
    host.close();
  }

  private static Outcome curl(String... words) {
    String[] all = new String[words.length + 4];
    System.arraycopy(new String[] {"curl", "-sS", "-m", "50"}, 0, all, 0, 4);
    System.arraycopy(words, 0, all, 4, words.length);
    return host.namespace().run(all);
  }

  @Test
  void answersTwiceOnOneConnection() {
    String[] twice = {"-w", "%{http_code} %{num_connects}\n", URL + "/hello", URL + "/hello"};
    assertEquals("hello\n200 1\nhello\n200 0\n", curl(twice).ok().output());
  }

  @Test
  void takesAndReturnsALargeBody() throws IOException {
    byte[] body = new byte[20_000_003];
    new Random(1).nextBytes(body);
    Path sent = Files.write(directory.resolve("sent"), body);
    Path received = directory.resolve("received");
    curl("--data-binary", "@" + sent, "-o", received.toString(), URL + "/echo").ok();
    assertArrayEquals(body, Files.readAllBytes(received));
  }

  @Test
  void servesManyClientsAtOnce() {
    String many = "for i in $(seq 40); do curl -sS -m 50 " + URL + "/hello & done; wait";
    assertEquals("hello\n".repeat(40), host.namespace().run("sh", "-c", many).ok().output());
  }
}
