package dev.tapstack.blocking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.blocking.World.Running;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers whose threads block, against clients whose threads block. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StackServerSocketTest {
  private static final int CLIENTS = 100;

  @RegisterExtension final TwoHosts hosts = new TwoHosts();

  private static ExecutorService threads(boolean isVirtual) {
    return isVirtual
        ? Executors.newVirtualThreadPerTaskExecutor()
        : Executors.newCachedThreadPool();
  }

  private static void serve(ServerSocket server, ExecutorService threads) {
    for (int i = 0; i < CLIENTS; i++) {
      try {
        Socket socket = server.accept();
        threads.execute(() -> {
          try (socket) {
            socket.getInputStream().transferTo(socket.getOutputStream());
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** All connect at once; each gets its own bytes back. */
  @ParameterizedTest(name = "virtual threads: {0}")
  @ValueSource(booleans = {true, false})
  void aThreadForEachConnection(boolean isVirtual) throws Exception {
    World world = World.of(hosts);
    try (ExecutorService threads = threads(isVirtual);
        ServerSocket server = world.servers().createServerSocket(80, CLIENTS)) {
      threads.execute(() -> serve(server, threads));
      List<Future<byte[]>> answers = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int seed = i;
        answers.add(threads.submit(() -> ask(world, server, bytes(seed))));
      }
      for (int i = 0; i < CLIENTS; i++) {
        assertArrayEquals(bytes(i), answers.get(i).get());
      }
    }
  }

  private static byte[] ask(World world, ServerSocket server, byte[] bytes) throws IOException {
    try (Socket socket = world.connect(server)) {
      socket.getOutputStream().write(bytes);
      socket.shutdownOutput();
      return socket.getInputStream().readAllBytes();
    }
  }

  private static byte[] bytes(int seed) {
    byte[] bytes = new byte[20_000 + seed];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** Connections wait in the stack, with what they have sent, until somebody accepts them. */
  @Test
  void whatWasSentBeforeTheAcceptIsThere() throws Exception {
    World world = World.of(hosts);
    try (ServerSocket server = world.listen();
        Socket first = world.connect(server);
        Socket second = world.connect(server)) {
      first.getOutputStream().write(1);
      first.shutdownOutput();
      second.getOutputStream().write(2);
      second.shutdownOutput();
      for (int expected = 1; expected <= 2; expected++) {
        try (Socket accepted = server.accept()) {
          assertArrayEquals(new byte[] {(byte) expected}, accepted.getInputStream().readAllBytes());
        }
      }
    }
  }

  @Test
  void manyAcceptorsShareAPort() throws Exception {
    World world = World.of(hosts);
    try (ServerSocket server = world.listen()) {
      List<Running> acceptors = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        acceptors.add(
            Running.virtual(() -> {
              try (Socket accepted = server.accept()) {
                return accepted.getInputStream().read();
              }
            }));
      }
      int sum = 0;
      for (int i = 0; i < 10; i++) {
        try (Socket client = world.connect(server)) {
          client.getOutputStream().write(i);
          assertEquals(-1, client.getInputStream().read());
        }
      }
      for (Running each : acceptors) {
        sum += Integer.parseInt(each.outcome());
      }
      assertEquals(45, sum);
    }
  }

  @Test
  void anAcceptorOfAStackThatClosesIsWoken() throws Exception {
    ServerSocket server = World.of(hosts).listen();
    Running acceptor = Running.virtual(server::accept).awaitBlocked();
    hosts.inLoop(hosts.b::close);
    assertEquals("java.net.SocketException: Socket closed", acceptor.outcome());
    server.close();
    assertTrue(server.isClosed());
  }

  @Test
  void theOptionsOfAServerAreTheUsualOnes() throws IOException {
    try (ServerSocket server = World.of(hosts).servers().createServerSocket();
        ServerSocket kernel = new ServerSocket()) {
      assertTrue(kernel.supportedOptions().containsAll(server.supportedOptions()));
      assertEquals(kernel.getReuseAddress(), server.getReuseAddress());
      server.setReceiveBufferSize(12_345);
      assertEquals(12_345, server.getReceiveBufferSize());
      server.setSoTimeout(77);
      assertEquals(77, server.getSoTimeout());
    }
  }
}
