package dev.tapstack.blocking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.blocking.World.Pair;
import dev.tapstack.blocking.World.Running;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The same lines with the JDK's own sockets over the kernel's loopback and with ours over two
 * stacks: the same values, exceptions and messages.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JdkOracleTest {
  @RegisterExtension final TwoHosts hosts = new TwoHosts();

  /** What is done in a world; a value, or the exception to compare. */
  private interface Scenario {
    Object in(World world) throws Exception;
  }

  private void assertBoth(String expected, Scenario scenario) {
    for (World world : List.of(World.kernel(), World.of(hosts))) {
      assertEquals(expected, World.outcome(() -> scenario.in(world)), world.name());
    }
  }

  // Connecting.

  @Test
  void aClosedPortRefuses() {
    assertBoth(
        "java.net.ConnectException: Connection refused",
        world -> world.sockets().createSocket(world.serverHost(), world.closedPort()));
  }

  @Test
  void aNameThatIsNotResolvedIsUnknown() {
    assertBoth(
        "java.net.UnknownHostException: nowhere.invalid",
        world -> {
          try (Socket socket = world.sockets().createSocket()) {
            socket.connect(InetSocketAddress.createUnresolved("nowhere.invalid", 80));
            return socket;
          }
        });
  }

  @Test
  void aFailedConnectClosesTheSocket() {
    assertBoth(
        "true, java.net.SocketException: Socket is closed",
        world -> {
          Socket socket = world.sockets().createSocket();
          InetSocketAddress nobody = new InetSocketAddress(world.serverHost(), world.closedPort());
          World.outcome(() -> connect(socket, nobody, 0));
          return socket.isClosed() + ", " + World.outcome(() -> connect(socket, nobody, 0));
        });
  }

  private static Object connect(Socket socket, InetSocketAddress to, int timeoutMillis)
      throws Exception {
    socket.connect(to, timeoutMillis);
    return socket;
  }

  /** A host that does not answer: on loopback a listener whose backlog is full. */
  private static final class Silence implements AutoCloseable {
    private final List<AutoCloseable> open = new ArrayList<>();
    final InetSocketAddress address;

    Silence(World world) throws Exception {
      if (world.name().equals("stack")) {
        address = new InetSocketAddress("10.0.0.99", 80);
        return;
      }
      ServerSocket full = world.servers().createServerSocket(0, 1, world.serverHost());
      open.add(full);
      address = new InetSocketAddress(world.serverHost(), full.getLocalPort());
      boolean isFull = false;
      while (!isFull) {
        Socket waiting = world.sockets().createSocket();
        open.add(waiting);
        isFull = World.outcome(() -> connect(waiting, address, 100)).contains("timed out");
      }
    }

    @Override
    public void close() throws Exception {
      for (AutoCloseable each : open) {
        each.close();
      }
    }
  }

  @Test
  void aHostThatIsSilentTimesOut() {
    assertBoth(
        "java.net.SocketTimeoutException: Connect timed out",
        world -> {
          try (Silence nobody = new Silence(world);
              Socket socket = world.sockets().createSocket()) {
            return connect(socket, nobody.address, 50);
          }
        });
  }

  @Test
  void aConnectIsEndedByCloseAndByInterruption() {
    assertBoth(
        "java.net.SocketException: Socket closed, java.net.SocketException: Closed by interrupt,"
            + " true true",
        world -> {
          try (Silence nobody = new Silence(world)) {
            Socket closed = world.sockets().createSocket();
            Running first = Running.virtual(() -> connect(closed, nobody.address, 0));
            first.awaitBlocked();
            closed.close();
            Socket other = world.sockets().createSocket();
            Running second =
                Running.virtual(() ->
                    World.outcome(() -> connect(other, nobody.address, 0))
                        + ", "
                        + other.isClosed()
                        + " "
                        + Thread.currentThread().isInterrupted());
            second.awaitBlocked().thread.interrupt();
            return first.outcome() + ", " + second.outcome();
          }
        });
  }

  // Reading.

  @Test
  void aReadTimesOutAndMayBeTriedAgain() {
    assertBoth(
        "java.net.SocketTimeoutException: Read timed out, 42",
        world -> {
          try (Pair pair = world.pair()) {
            pair.client().setSoTimeout(20);
            String first = World.outcome(() -> pair.client().getInputStream().read());
            pair.client().setSoTimeout(TwoHosts.DEADLINE_MILLIS);
            pair.server().getOutputStream().write(42);
            return first + ", " + pair.client().getInputStream().read();
          }
        });
  }

  @Test
  void aResetIsToldToReadersEachTimeAndThenToWriters() {
    String reset = "java.net.SocketException: Connection reset";
    assertBoth(
        reset + ", " + reset + ", java.net.SocketException: Broken pipe",
        world -> {
          try (Pair pair = world.pair()) {
            pair.server().setSoLinger(true, 0);
            pair.server().close();
            InputStream in = pair.client().getInputStream();
            String first = World.outcome(in::read);
            String second = World.outcome(in::read);
            return first + ", " + second + ", " + World.outcome(() -> write(pair.client()));
          }
        });
  }

  private static Object write(Socket socket) throws Exception {
    socket.getOutputStream().write(1);
    return "written";
  }

  private static void awaitAvailable(Socket socket) throws Exception {
    TwoHosts.await("bytes to read", () -> socket.getInputStream().available() > 0);
  }

  @Test
  void availableTellsWhatIsThere() {
    assertBoth(
        "0 3 2 0 java.net.SocketException: Socket closed java.net.SocketException: Socket is closed",
        world -> {
          try (Pair pair = world.pair()) {
            InputStream in = pair.server().getInputStream();
            String seen = in.available() + " ";
            pair.client().getOutputStream().write(new byte[3]);
            awaitAvailable(pair.server());
            seen += in.available() + " ";
            in.read();
            seen += in.available() + " ";
            pair.server().shutdownInput();
            seen += in.available() + " ";
            pair.server().close();
            return seen
                + World.outcome(in::available)
                + " "
                + World.outcome(() -> pair.server().getInputStream());
          }
        });
  }

  @Test
  void aReaderIsEndedByCloseAndByInterruption() {
    String closed = "java.net.SocketException: Socket closed";
    assertBoth(
        closed + ", java.net.SocketException: Closed by interrupt, " + closed,
        world -> {
          try (Pair one = world.pair();
              Pair two = world.pair()) {
            Running first = Running.virtual(one.client().getInputStream()::read).awaitBlocked();
            one.client().close();
            InputStream in = two.client().getInputStream();
            Running second = Running.virtual(in::read).awaitBlocked();
            second.thread.interrupt();
            return first.outcome() + ", " + second.outcome() + ", " + World.outcome(in::read);
          }
        });
  }

  @Test
  void aWriterThatWaitsIsEndedByClose() {
    assertBoth(
        "java.net.SocketException: Socket closed",
        world -> {
          try (Pair pair = world.pair()) {
            Running writer =
                Running.virtual(() -> {
                  OutputStream out = pair.client().getOutputStream();
                  while (true) {
                    out.write(new byte[1 << 20]);
                  }
                });
            awaitAvailable(pair.server());
            writer.awaitBlocked();
            pair.client().close();
            return writer.outcome();
          }
        });
  }

  // Half close.

  @Test
  void eachHalfIsClosedByItself() {
    assertBoth(
        "-1 7 -1 java.net.SocketException: Socket output is shutdown"
            + " java.net.SocketException: Broken pipe",
        world -> {
          try (Pair pair = world.pair()) {
            OutputStream out = pair.client().getOutputStream();
            pair.client().shutdownOutput();
            String seen = pair.server().getInputStream().read() + " ";
            pair.server().getOutputStream().write(7);
            seen += pair.client().getInputStream().read() + " ";
            InputStream in = pair.client().getInputStream();
            pair.client().shutdownInput();
            seen += in.read() + " ";
            seen += World.outcome(() -> pair.client().getOutputStream()) + " ";
            return seen
                + World.outcome(() -> {
                  out.write(1);
                  return "written";
                });
          }
        });
  }

  @Test
  void aReaderIsEndedByShutdownInput() {
    assertBoth(
        "-1",
        world -> {
          try (Pair pair = world.pair()) {
            Running reader = Running.virtual(pair.client().getInputStream()::read).awaitBlocked();
            pair.client().shutdownInput();
            return reader.outcome();
          }
        });
  }

  // Listening.

  @Test
  void anAcceptTimesOutAndMayBeTriedAgain() {
    assertBoth(
        "java.net.SocketTimeoutException: Accept timed out, true",
        world -> {
          try (ServerSocket server = world.listen()) {
            server.setSoTimeout(20);
            String first = World.outcome(server::accept);
            server.setSoTimeout(TwoHosts.DEADLINE_MILLIS);
            try (Socket client = world.connect(server);
                Socket accepted = server.accept()) {
              return first + ", " + (accepted.getPort() == client.getLocalPort());
            }
          }
        });
  }

  @Test
  void anAcceptorIsEndedByCloseAndByInterruption() {
    assertBoth(
        "java.net.SocketException: Socket closed, java.net.SocketException: Closed by interrupt,"
            + " java.net.SocketException: Socket is closed",
        world -> {
          ServerSocket one = world.listen();
          Running first = Running.virtual(one::accept).awaitBlocked();
          one.close();
          ServerSocket two = world.listen();
          Running second = Running.virtual(two::accept).awaitBlocked();
          second.thread.interrupt();
          return first.outcome() + ", " + second.outcome() + ", " + World.outcome(two::accept);
        });
  }

  @Test
  void aPortIsTakenOnceAndOnlyOnOwnAddresses() {
    assertBoth(
        "java.net.BindException: Address already in use,"
            + " java.net.BindException: Cannot assign requested address,"
            + " java.net.SocketException: Socket is not bound yet",
        world -> {
          try (ServerSocket server = world.listen();
              ServerSocket unbound = world.servers().createServerSocket()) {
            int port = server.getLocalPort();
            InetAddress foreign = InetAddress.getByName("192.0.2.1");
            return World.outcome(
                    () -> world.servers().createServerSocket(port, 1, world.serverHost()))
                + ", "
                + World.outcome(() -> world.servers().createServerSocket(0, 1, foreign))
                + ", "
                + World.outcome(unbound::accept);
          }
        });
  }

  /** Also one that comes after an acceptor has given up. */
  @Test
  void connectionsThatNobodyAcceptedAreReset() {
    String reset = "java.net.SocketException: Connection reset";
    assertBoth(
        "java.net.SocketTimeoutException: Accept timed out, " + reset + ", " + reset,
        world -> {
          try (ServerSocket server = world.listen()) {
            server.setSoTimeout(1);
            String gaveUp = World.outcome(server::accept);
            try (Socket one = world.connect(server);
                Socket two = world.connect(server)) {
              server.close();
              return gaveUp
                  + ", "
                  + World.outcome(one.getInputStream()::read)
                  + ", "
                  + World.outcome(two.getInputStream()::read);
            }
          }
        });
  }

  // The stack alone.

  /**
   * RFC 1122 4.2.2.13. (The JDK's own sockets shut their output down before they close, so that a
   * FIN goes before the reset.)
   */
  @Test
  void bytesThatNobodyReadsMakeACloseAReset() throws Exception {
    try (Pair pair = World.of(hosts).pair()) {
      write(pair.client());
      awaitAvailable(pair.server());
      pair.server().close();
      assertEquals(
          "java.net.SocketException: Connection reset",
          World.outcome(pair.client().getInputStream()::read));
    }
  }

  /** Platform threads are not interruptible: the interruption is kept for the caller. */
  @Test
  void theInterruptionOfAPlatformThreadDisturbsNothing() throws Exception {
    World world = World.of(hosts);
    try (Pair pair = world.pair()) {
      Running reader =
          Running.platform(() -> {
            int read = pair.client().getInputStream().read();
            return read + " " + Thread.currentThread().isInterrupted();
          });
      reader.awaitBlocked().thread.interrupt();
      pair.server().getOutputStream().write(5);
      assertEquals("5 true", reader.outcome());
    }
  }

  @Test
  void thereIsNoRouteToAFarHost() {
    World world = World.of(hosts);
    assertEquals(
        "java.net.SocketException: Network is unreachable",
        World.outcome(() -> world.sockets().createSocket("192.0.2.1", 80)));
  }

  @Test
  void aServersAddressesAreThoseOfTheConnection() throws Exception {
    try (Pair pair = World.of(hosts).pair()) {
      assertEquals(pair.client().getLocalSocketAddress(), pair.server().getRemoteSocketAddress());
      assertEquals(pair.client().getRemoteSocketAddress(), pair.server().getLocalSocketAddress());
      assertTrue(pair.server().isConnected());
    }
  }
}
