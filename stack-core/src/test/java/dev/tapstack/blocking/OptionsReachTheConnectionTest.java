package dev.tapstack.blocking;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.blocking.World.Pair;
import dev.tapstack.ip.Hook;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.Verdict;
import dev.tapstack.packet.Packet;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Options of a socket do on the wire what they say, whether they are set before it connects or
 * afterwards.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OptionsReachTheConnectionTest {
  /** So that probes come soon. */
  private static final TcpOptions IMPATIENT =
      TcpOptions.DEFAULTS
          .withKeepaliveIdle(Duration.ofMillis(20))
          .withKeepaliveInterval(Duration.ofMillis(20));

  @RegisterExtension final TwoHosts hosts = new TwoHosts();

  /** What arrived at the servers: each segment's source port, sequence number and bytes of text. */
  private final ConcurrentLinkedQueue<Seen> arrived = new ConcurrentLinkedQueue<>();

  private volatile boolean acksAreLost;

  private record Seen(int port, int seq, int textBytes) {}

  @BeforeEach
  void watch() {
    hosts.inLoop(() -> {
      hosts.b.ip().addHook(HookPoint.PREROUTING, Hook.of((point, packet) -> atServers(packet)));
      hosts.a.ip().addHook(HookPoint.PREROUTING, Hook.of((point, packet) -> atClients(packet)));
    });
  }

  private Verdict atServers(Packet packet) {
    if (packet.protocol() == Ipv4.PROTOCOL_TCP) {
      int at = packet.transport();
      int headerBytes = TcpHeader.dataOffset(packet.buf(), at);
      arrived.add(
          new Seen(
              TcpHeader.sourcePort(packet.buf(), at),
              TcpHeader.seq(packet.buf(), at),
              packet.end() - at - headerBytes));
    }
    return Verdict.ACCEPT;
  }

  private Verdict atClients(Packet packet) {
    return acksAreLost ? Verdict.drop(DropReason.FAULT_LOSS) : Verdict.ACCEPT;
  }

  private World world() {
    World its = World.of(hosts);
    return new World(
        "stack", new StackSocketFactory(hosts.a, IMPATIENT), its.servers(), its.serverHost());
  }

  /** What is done to a socket before and after it connects. */
  private interface Setting {
    void on(Socket socket) throws IOException;
  }

  private Pair connect(Setting before, Setting after) throws IOException {
    World world = world();
    try (ServerSocket server = world.listen()) {
      Socket client = world.sockets().createSocket();
      before.on(client);
      client.connect(server.getLocalSocketAddress());
      after.on(client);
      return new Pair(client, server.accept());
    }
  }

  // TCP_NODELAY.

  /** How many bytes into the text segments began, in the order in which these were first seen. */
  private List<Integer> starts() {
    List<Seen> texts = arrived.stream().filter(seen -> seen.textBytes > 0).toList();
    return texts.stream().map(seen -> seen.seq - texts.get(0).seq).distinct().toList();
  }

  private long times(int textStart) {
    List<Seen> texts = arrived.stream().filter(seen -> seen.textBytes > 0).toList();
    return texts.stream().filter(seen -> seen.seq - texts.get(0).seq == textStart).count();
  }

  /** The first byte is not acknowledged: does the second one wait? */
  private void writeTwice(Socket client) throws Exception {
    acksAreLost = true;
    client.getOutputStream().write(1);
    TwoHosts.await("the first byte", () -> times(0) > 0);
    client.getOutputStream().write(2);
  }

  @Test
  void withNagleTheSecondByteWaitsForTheAck() throws Exception {
    try (Pair pair = connect(socket -> {}, socket -> {})) {
      writeTwice(pair.client());
      TwoHosts.await("a retransmission", () -> times(0) > 1);
      assertEquals(List.of(0), starts());
      acksAreLost = false;
      assertEquals(1, pair.server().getInputStream().read());
      assertEquals(2, pair.server().getInputStream().read());
    }
  }

  @Test
  void noDelayBeforeTheConnectReachesTheNewConnection() throws Exception {
    try (Pair pair = connect(socket -> socket.setTcpNoDelay(true), socket -> {})) {
      writeTwice(pair.client());
      TwoHosts.await("the second byte", () -> times(1) > 0);
      acksAreLost = false;
    }
  }

  @Test
  void noDelayCanBeSetLater() throws Exception {
    try (Pair pair = connect(socket -> {}, socket -> socket.setTcpNoDelay(true))) {
      writeTwice(pair.client());
      TwoHosts.await("the second byte", () -> times(1) > 0);
      acksAreLost = false;
    }
  }

  @Test
  void noDelayCanBeTakenBack() throws Exception {
    try (Pair pair =
        connect(socket -> socket.setTcpNoDelay(true), socket -> socket.setTcpNoDelay(false))) {
      writeTwice(pair.client());
      TwoHosts.await("a retransmission", () -> times(0) > 1);
      assertEquals(List.of(0), starts());
      acksAreLost = false;
    }
  }

  // SO_KEEPALIVE.

  /** Segments of a client; without text, and SYN and the first ACK aside, they are probes. */
  private long probes(Socket client) {
    int port = client.getLocalPort();
    return arrived.stream().filter(seen -> seen.port == port).count() - 2;
  }

  @Test
  void keepaliveProbesAreSentByWhoAskedForThem() throws Exception {
    try (Pair without = connect(socket -> {}, socket -> {});
        Pair before = connect(socket -> socket.setKeepAlive(true), socket -> {});
        Pair after = connect(socket -> {}, socket -> socket.setKeepAlive(true))) {
      TwoHosts.await("probes", () -> probes(before.client()) > 2 && probes(after.client()) > 2);
      assertEquals(0, probes(without.client()));
      after.client().setKeepAlive(false);
      hosts.inLoop(() -> {});
      long soFar = probes(after.client());
      long others = probes(before.client());
      TwoHosts.await("more probes", () -> probes(before.client()) > others + 3);
      assertEquals(soFar, probes(after.client()));
    }
  }

  @Test
  void aSilentPeerEndsTheConnection() throws Exception {
    try (Pair pair = connect(socket -> socket.setKeepAlive(true), socket -> {})) {
      hosts.plug(false);
      assertEquals(
          "java.net.SocketException: Connection timed out",
          World.outcome(() -> pair.client().getInputStream().read()));
    }
  }
}
