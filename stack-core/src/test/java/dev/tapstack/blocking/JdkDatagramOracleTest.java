package dev.tapstack.blocking;

import static dev.tapstack.blocking.DatagramWorld.packet;
import static dev.tapstack.blocking.DatagramWorld.receive;
import static dev.tapstack.blocking.DatagramWorld.send;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.blocking.World.Action;
import dev.tapstack.blocking.World.Running;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The same lines with the JDK's own datagram sockets over the kernel's loopback and with ours over
 * two stacks: the same values, exceptions and messages.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JdkDatagramOracleTest {
  @RegisterExtension final TwoHosts hosts = new TwoHosts();

  /** What is done in a world between two sockets; a value, or the exception to compare. */
  private interface Scenario {
    Object in(DatagramWorld world, DatagramSocket client, DatagramSocket server) throws Exception;
  }

  private void assertBoth(String expected, Scenario scenario) {
    for (DatagramWorld world : List.of(DatagramWorld.kernel(), DatagramWorld.of(hosts))) {
      assertEquals(
          expected,
          World.outcome(() -> {
            try (DatagramSocket client = world.client();
                DatagramSocket server = world.server()) {
              return scenario.in(world, client, server);
            }
          }),
          world.name());
    }
  }

  /** {@code call} for what it throws. */
  private interface Call {
    void run() throws Exception;
  }

  private static String outcome(Call call) {
    Action action =
        () -> {
          call.run();
          return "done";
        };
    return World.outcome(action);
  }

  // Receiving.

  @Test
  void aDatagramIsAnswered() {
    assertBoth(
        "question true, answer true",
        (world, client, server) -> {
          send(client, "question", server);
          DatagramPacket asked = new DatagramPacket(new byte[100], 100);
          String question = receive(server, asked);
          boolean isClient = asked.getSocketAddress().equals(client.getLocalSocketAddress());
          DatagramPacket answer = packet("answer");
          answer.setSocketAddress(asked.getSocketAddress());
          server.send(answer);
          DatagramPacket answered = new DatagramPacket(new byte[100], 100);
          String text = receive(client, answered);
          boolean isServer = answered.getSocketAddress().equals(server.getLocalSocketAddress());
          return question + " " + isClient + ", " + text + " " + isServer;
        });
  }

  @Test
  void whatDoesNotFitIsLost() {
    assertBoth(
        "abc, def, ",
        (world, client, server) -> {
          send(client, "abcxyz", server);
          send(client, "def", server);
          send(client, "", server);
          DatagramPacket three = new DatagramPacket(new byte[10], 4, 3);
          return receive(server, three) + ", " + receive(server, three) + ", " + receive(server);
        });
  }

  /** java.net keeps a packet's room apart from the length of what it has received. */
  @Test
  void aPacketThatIsUsedAgainHasItsRoom() {
    assertBoth(
        "abc, abcdef, ab, abcd, abcde 5",
        (world, client, server) -> {
          for (String text : List.of("abc", "abcdef", "ab", "abcdef", "abcdef")) {
            send(client, text, server);
          }
          DatagramPacket packet = new DatagramPacket(new byte[100], 100);
          String first = receive(server, packet) + ", " + receive(server, packet);
          first += ", " + receive(server, packet);
          packet.setLength(4);
          first += ", " + receive(server, packet);
          packet.setData(new byte[5]);
          return first + ", " + receive(server, packet) + " " + packet.getLength();
        });
  }

  @Test
  void aReceiveTimesOut() {
    assertBoth(
        "java.net.SocketTimeoutException: Receive timed out, late, 50",
        (world, client, server) -> {
          server.setSoTimeout(50);
          String first = World.outcome(() -> receive(server));
          send(client, "late", server);
          server.setSoTimeout(TwoHosts.DEADLINE_MILLIS);
          String second = receive(server);
          server.setSoTimeout(50);
          return first + ", " + second + ", " + server.getSoTimeout();
        });
  }

  @Test
  void theLargestDatagramArrivesAndALargerOneIsRefused() {
    assertBoth(
        "65507, java.net.SocketException: Message too long",
        (world, client, server) -> {
          byte[] data = new byte[65_508];
          client.send(new DatagramPacket(data, 65_507, server.getLocalSocketAddress()));
          DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
          server.receive(packet);
          DatagramPacket longer = new DatagramPacket(data, 65_508, server.getLocalSocketAddress());
          return packet.getLength() + ", " + outcome(() -> client.send(longer));
        });
  }

  // Connecting.

  @Test
  void aConnectedSocketHearsItsPeerAlone() {
    assertBoth(
        "true true true, peer, java.net.SocketTimeoutException: Receive timed out, false -1, other",
        (world, client, server) -> {
          try (DatagramSocket other = world.client()) {
            server.connect(client.getLocalSocketAddress());
            String text =
                server.isConnected()
                    + " "
                    + (server.getPort() == client.getLocalPort())
                    + " "
                    + server.getRemoteSocketAddress().equals(client.getLocalSocketAddress());
            send(other, "other", server);
            send(client, "peer", server);
            text += ", " + receive(server);
            server.setSoTimeout(50);
            text += ", " + World.outcome(() -> receive(server));
            server.disconnect();
            text += ", " + server.isConnected() + " " + server.getPort();
            server.setSoTimeout(TwoHosts.DEADLINE_MILLIS);
            send(other, "other", server);
            return text + ", " + receive(server);
          }
        });
  }

  @Test
  void whatCameBeforeTheConnectIsThrownAway() {
    assertBoth(
        "last",
        (world, client, server) -> {
          try (DatagramSocket other = world.client();
              DatagramSocket probe = world.server()) {
            send(other, "other", server);
            send(client, "early", server);
            send(client, "probe", probe);
            receive(probe); // so what was sent before it has arrived
            server.connect(client.getLocalSocketAddress());
            send(client, "last", server);
            return receive(server);
          }
        });
  }

  @Test
  void aConnectedSocketTakesTheAddressOfTheWay() {
    assertBoth(
        "true true",
        (world, client, server) -> {
          try (DatagramSocket any = world.clients().open(new InetSocketAddress(0))) {
            boolean isAny = any.getLocalAddress().isAnyLocalAddress();
            any.connect(server.getLocalSocketAddress());
            return isAny + " " + any.getLocalAddress().equals(world.clientHost());
          }
        });
  }

  @Test
  void aClosedPortIsToldToWhoIsConnected() {
    assertBoth(
        "java.net.PortUnreachableException: null,"
            + " java.net.SocketTimeoutException: Receive timed out",
        (world, client, server) -> {
          client.connect(world.nobody());
          client.send(packet("x"));
          String first = World.outcome(() -> receive(client));
          client.setSoTimeout(50);
          return first + ", " + World.outcome(() -> receive(client));
        });
  }

  @Test
  void aClosedPortIsToldToTheNextSend() {
    assertBoth(
        "java.net.PortUnreachableException: null",
        (world, client, server) -> {
          client.connect(world.nobody());
          String[] told = {"done"};
          TwoHosts.await(
              "an error",
              () -> {
                told[0] = outcome(() -> client.send(packet("x")));
                return !told[0].equals("done");
              });
          return told[0];
        });
  }

  @Test
  void aClosedPortIsNotToldToWhoIsNotConnected() {
    assertBoth(
        "java.net.SocketTimeoutException: Receive timed out",
        (world, client, server) -> {
          DatagramPacket packet = packet("x");
          packet.setSocketAddress(world.nobody());
          client.send(packet);
          client.setSoTimeout(50);
          return receive(client);
        });
  }

  @Test
  void anAddressedPacketIsNotSentElsewhere() {
    assertBoth(
        "java.lang.IllegalArgumentException",
        (world, client, server) -> {
          client.connect(server.getLocalSocketAddress());
          DatagramPacket packet = packet("x");
          packet.setSocketAddress(world.nobody());
          try {
            client.send(packet);
            return "sent";
          } catch (IllegalArgumentException e) {
            return e.getClass().getName();
          }
        });
  }

  // Binding.

  @Test
  void aPortIsTakenOnceAndOnlyOnOwnAddresses() {
    assertBoth(
        "java.net.BindException: Address already in use,"
            + " java.net.BindException: Cannot assign requested address, false 0, true",
        (world, client, server) -> {
          InetAddress foreign = InetAddress.getByName("192.0.2.1");
          try (DatagramSocket unbound = world.clients().open(null)) {
            String text =
                World.outcome(() -> world.servers().open(server.getLocalSocketAddress()))
                    + ", "
                    + World.outcome(() -> world.servers().open(new InetSocketAddress(foreign, 0)))
                    + ", "
                    + unbound.isBound()
                    + " "
                    + unbound.getLocalPort();
            send(unbound, "x", server); // binds it
            return text + ", " + (unbound.isBound() && unbound.getLocalPort() > 0);
          }
        });
  }

  // Ending.

  @Test
  void aReceiverIsEndedByCloseAndByInterruption() {
    assertBoth(
        "java.net.SocketException: Socket closed, java.net.SocketException: Closed by interrupt,"
            + " true",
        (world, client, server) -> {
          client.setSoTimeout(0);
          server.setSoTimeout(0);
          Running first = Running.virtual(() -> receive(client)).awaitBlocked();
          client.close();
          Running second = Running.virtual(() -> receive(server)).awaitBlocked();
          second.thread.interrupt();
          return first.outcome() + ", " + second.outcome() + ", " + server.isClosed();
        });
  }

  @Test
  void aClosedSocketSaysSo() {
    assertBoth(
        "java.net.SocketException: Socket closed, java.net.SocketException: Socket closed,"
            + " true -1 null, java.net.SocketException: Socket is closed, done",
        (world, client, server) -> {
          client.close();
          return outcome(() -> send(client, "x", server))
              + ", "
              + World.outcome(() -> receive(client))
              + ", "
              + client.isClosed()
              + " "
              + client.getLocalPort()
              + " "
              + client.getLocalAddress()
              + ", "
              + outcome(() -> client.setSoTimeout(1))
              + ", "
              + outcome(client::close);
        });
  }

  // Options.

  @Test
  void optionsAreKept() {
    assertBoth(
        "true false 0 1, false true 184 7, java.lang.UnsupportedOperationException:"
            + " 'TCP_NODELAY' not supported",
        (world, client, server) -> {
          String before = options(client);
          client.setBroadcast(false);
          client.setReuseAddress(true);
          client.setTrafficClass(0xb8);
          client.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 7);
          client.setReceiveBufferSize(30_000);
          return before
              + ", "
              + options(client)
              + ", "
              + World.outcome(() -> client.setOption(StandardSocketOptions.TCP_NODELAY, true));
        });
  }

  private static String options(DatagramSocket of) throws Exception {
    return of.getBroadcast()
        + " "
        + of.getReuseAddress()
        + " "
        + of.getTrafficClass()
        + " "
        + of.getOption(StandardSocketOptions.IP_MULTICAST_TTL);
  }

  @Test
  void aBroadcastMustBeAllowed() {
    assertBoth(
        "done, java.net.BindException: Permission denied",
        (world, client, server) -> {
          DatagramPacket toAll = packet("x");
          toAll.setSocketAddress(new InetSocketAddress(world.broadcast(), 9));
          try (DatagramSocket any = world.clients().open(new InetSocketAddress(0))) {
            String allowed = outcome(() -> any.send(toAll));
            any.setBroadcast(false);
            return allowed + ", " + outcome(() -> any.send(toAll));
          }
        });
  }
}
