package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.blocking.StackServerSocketFactory;
import dev.tapstack.blocking.StackSocketFactory;
import dev.tapstack.tap.NetworkNamespace;
import dev.tapstack.tap.TapConfig;
import dev.tapstack.tap.TapStack;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import okhttp3.ConnectionPool;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Libraries that know only java.net, over the stack's sockets: OkHttp as the client of a kernel's
 * nginx, TLS on top; and a server that blocks, for a kernel's client.
 */
@Privileged
class BlockingSocketsIT {
  private static final byte[] FILE = new byte[5_000_003];

  @TempDir static Path directory;
  private static TestNamespace namespace;
  private static Nginx nginx;
  private static TapStack stack;
  private static OkHttpClient client;

  @BeforeAll
  static void start() throws IOException {
    new Random(1).nextBytes(FILE);
    Files.write(directory.resolve("file"), FILE);
    namespace = new TestNamespace();
    stack =
        TapStack.open(
            new TapConfig(
                StackUnderTest.TAP,
                NetworkNamespace.named(namespace.name()),
                0,
                IpPrefix.parse(StackUnderTest.HOST + "/24")),
            IpPrefix.parse(StackUnderTest.ADDRESS + "/24"));
    stack.start(services -> {});
    nginx = new Nginx(namespace, directory);
    client =
        new OkHttpClient.Builder().socketFactory(new StackSocketFactory(stack.stack())).build();
  }

  @AfterAll
  static void end() {
    client.dispatcher().executorService().shutdown();
    client.connectionPool().evictAll();
    nginx.close();
    stack.close();
    namespace.close();
  }

  private static byte[] get(OkHttpClient client, String url) throws IOException {
    try (Response response = client.newCall(new Request.Builder().url(url).build()).execute()) {
      assertEquals(200, response.code());
      return response.body().bytes();
    }
  }

  private static String url(String scheme) {
    return scheme + "://" + StackUnderTest.HOST + "/file";
  }

  /** OkHttp as it is, but for where its sockets come from. */
  @Test
  void okHttpFetchesAFileAndUsesItsConnectionAgain() throws IOException {
    ConnectionPool pool = new ConnectionPool();
    OkHttpClient one = client.newBuilder().connectionPool(pool).build();
    assertArrayEquals(FILE, get(one, url("http")));
    assertArrayEquals(FILE, get(one, url("http")));
    assertEquals(1, pool.connectionCount());
    pool.evictAll();
  }

  @Test
  void okHttpFetchesOnManyVirtualThreadsAtOnce() throws Exception {
    OkHttpClient many = client.newBuilder().connectionPool(new ConnectionPool()).build();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<byte[]>> fetched = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        fetched.add(threads.submit(() -> get(many, url("http"))));
      }
      for (Future<byte[]> each : fetched) {
        assertArrayEquals(FILE, each.get());
      }
    }
    many.connectionPool().evictAll();
  }

  @Test
  void okHttpIsToldThatAPortIsClosed() {
    String closed = "http://" + StackUnderTest.HOST + ":81/";
    assertThrows(ConnectException.class, () -> get(client, closed));
  }

  /** TLS by the JDK, layered on the stack's sockets. */
  @Test
  void httpsWorksWithATrustedCertificateOnly() throws Exception {
    assertArrayEquals(FILE, get(trusting(nginx.trustManagers()), url("https")));
    assertThrows(SSLHandshakeException.class, () -> get(client, url("https")));
  }

  private static OkHttpClient trusting(TrustManager[] managers) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers, null);
    return client
        .newBuilder()
        .sslSocketFactory(context.getSocketFactory(), (X509TrustManager) managers[0])
        .build();
  }

  /** A thread for each connection, each blocking in read and write. */
  @Test
  void aBlockingServerEchoesWhatAKernelClientSends() throws IOException {
    Content content = Content.random(4, 20_000_000);
    try (ServerSocket server =
        new StackServerSocketFactory(stack.stack()).createServerSocket(7777)) {
      Thread.startVirtualThread(() -> echo(server));
      String[] nc = {"nc", "-N", "-w", "20", StackUnderTest.ADDRESS, "7777"};
      for (int i = 0; i < 2; i++) {
        StreamedCommand.run(namespace, Command.DEADLINE, content, nc).assertIs(content);
      }
    }
  }

  private static void echo(ServerSocket server) {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread.startVirtualThread(() -> {
          try (socket) {
            socket.getInputStream().transferTo(socket.getOutputStream());
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
      } catch (IOException e) {
        return; // closed
      }
    }
  }
}
