package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.tapstack.blocking.StackSocketFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.SocketFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** Redis' Java client as it is, over the stack's sockets, and a kernel's Redis. */
@Privileged
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JedisIT {
  private static final int PORT = 6379;
  private static final int TIMEOUT_MILLIS = 30_000;

  @TempDir static Path directory;
  private static StackInProcess host;
  private static Redis redis;

  @BeforeAll
  static void start() {
    host = new StackInProcess();
    redis = inNamespace(PORT);
  }

  @AfterAll
  static void end() {
    redis.close();
    host.close();
  }

  private static Redis inNamespace(int port) {
    InetSocketAddress address = new InetSocketAddress(StackUnderTest.HOST, port);
    return new Redis(host.namespace().inside(), address, directory);
  }

  private static Jedis connect() {
    return connect(new StackSocketFactory(host.stack()), redis.address());
  }

  private static Jedis connect(SocketFactory sockets, InetSocketAddress to) {
    return new Jedis(
        () -> {
          try {
            Socket socket = sockets.createSocket();
            socket.setTcpNoDelay(true);
            socket.setKeepAlive(true);
            socket.connect(to, TIMEOUT_MILLIS);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            return socket;
          } catch (IOException e) {
            throw new JedisConnectionException("not connected", e);
          }
        },
        DefaultJedisClientConfig.builder().socketTimeoutMillis(TIMEOUT_MILLIS).build());
  }

  @Test
  void thousandsOfCommandsAreAnswered() {
    try (Jedis jedis = connect()) {
      for (int i = 0; i < 2000; i++) {
        assertEquals("OK", jedis.set("key" + i, "value" + i));
        assertEquals("value" + i, jedis.get("key" + i));
      }
      assertNull(jedis.get("no such key"));
    }
  }

  @Test
  void aValueOfManyMegabytesComesBack() {
    byte[] value = new byte[20_000_003];
    new Random(1).nextBytes(value);
    byte[] key = "large".getBytes(StandardCharsets.US_ASCII);
    try (Jedis jedis = connect()) {
      jedis.set(key, value);
      assertArrayEquals(value, jedis.get(key));
      jedis.del(key);
    }
  }

  /** Commands go before their answers are read. */
  @Test
  void aPipelineIsAnsweredInItsOrder() {
    try (Jedis jedis = connect()) {
      jedis.del("counter");
      Pipeline pipeline = jedis.pipelined();
      List<Response<Long>> answers = new ArrayList<>();
      for (int i = 0; i < 20_000; i++) {
        answers.add(pipeline.incr("counter"));
      }
      pipeline.sync();
      for (int i = 0; i < answers.size(); i++) {
        assertEquals(i + 1, answers.get(i).get());
      }
    }
  }

  @Test
  void virtualThreadsWaitForWhatOthersPush() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Jedis pusher = connect()) {
      List<Future<List<String>>> popped = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        String list = "list" + i;
        popped.add(
            threads.submit(() -> {
              try (Jedis jedis = connect()) {
                return jedis.blpop(20, list);
              }
            }));
      }
      for (int i = 0; i < 20; i++) {
        pusher.rpush("list" + i, "element" + i);
      }
      for (int i = 0; i < 20; i++) {
        assertEquals(List.of("list" + i, "element" + i), popped.get(i).get());
      }
    }
  }

  /** With the JDK's own sockets over the kernel's loopback as the oracle. */
  @Test
  void aServerThatIsKilledEndsTheClientAsTheJdksSocketsDo() throws Exception {
    String expected;
    try (Redis onLoopback = new Redis(List.of(), freeOnLoopback(), directory)) {
      expected = killedAmidACommand(SocketFactory.getDefault(), onLoopback);
    }
    try (Redis other = inNamespace(PORT + 1)) {
      assertEquals(expected, killedAmidACommand(new StackSocketFactory(host.stack()), other));
    }
    assertEquals(
        "redis.clients.jedis.exceptions.JedisConnectionException: Unexpected end of stream."
            + " then java.net.ConnectException: Connection refused",
        expected);
  }

  private static InetSocketAddress freeOnLoopback() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new InetSocketAddress("127.0.0.1", free.getLocalPort());
    }
  }

  /** What a client that waits is told, and then one that connects. */
  private static String killedAmidACommand(SocketFactory sockets, Redis server) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Jedis observer = connect(sockets, server.address())) {
      Future<String> waiting =
          threads.submit(() -> {
            try (Jedis jedis = connect(sockets, server.address())) {
              return jedis.blpop(20, "nothing").toString();
            } catch (JedisConnectionException e) {
              return e.toString();
            }
          });
      Command.awaitUntil("a blocked client", () -> isBlocked(observer));
      server.kill();
      return waiting.get() + " then " + refusal(sockets, server.address());
    }
  }

  private static boolean isBlocked(Jedis observer) {
    return observer.info("clients").contains("blocked_clients:1");
  }

  private static String refusal(SocketFactory sockets, InetSocketAddress to) {
    try (Jedis jedis = connect(sockets, to)) {
      return jedis.ping();
    } catch (JedisConnectionException e) {
      return String.valueOf(e.getCause());
    }
  }
}
