package dev.tapstack.blocking;

import static dev.tapstack.blocking.DatagramWorld.packet;
import static dev.tapstack.blocking.DatagramWorld.receive;
import static dev.tapstack.blocking.DatagramWorld.send;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.blocking.World.Running;
import dev.tapstack.ip.Hook;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.Verdict;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What datagram sockets of a stack do that the JDK's own cannot be asked. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StackDatagramSocketTest {
  @RegisterExtension final TwoHosts hosts = new TwoHosts();
  private DatagramWorld world;

  @BeforeEach
  void start() {
    world = DatagramWorld.of(hosts);
  }

  /** Datagrams that found no place in a queue of the servers' stack. */
  private long dropped() {
    long[] count = new long[1];
    hosts.inLoop(
        () -> count[0] = hosts.b.counters().get("drops").getOrDefault("udp-queue-full", 0L));
    return count[0];
  }

  /** The loop waits for nobody: what a reader leaves is bounded, and the rest dropped by name. */
  @Test
  void aReaderThatComesLateGetsTheFirst() throws Exception {
    try (DatagramSocket client = world.client();
        DatagramSocket server = world.server()) {
      byte[] data = new byte[1400];
      int sent = 0;
      for (; dropped() < 10; sent++) {
        data[0] = (byte) sent;
        data[1] = (byte) (sent >> 8);
        client.send(new DatagramPacket(data, data.length, server.getLocalSocketAddress()));
      }
      int kept = 64 * 1024 / (1400 + 64) + 1 + 128; // those copied, and 256 KB of 2 KB each
      int tooMany = sent - kept; // the last may be on their way still
      TwoHosts.await("each is kept or dropped", () -> dropped() == tooMany);
      DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
      for (int i = 0; i < kept; i++) {
        server.receive(packet);
        assertEquals(1400, packet.getLength());
        assertEquals(i, data(packet, 0) | data(packet, 1) << 8, "in their order");
      }
      server.setSoTimeout(1);
      assertEquals(
          "java.net.SocketTimeoutException: Receive timed out",
          World.outcome(() -> receive(server)));
      assertEquals(tooMany, dropped());
    }
  }

  private static int data(DatagramPacket packet, int index) {
    return packet.getData()[index] & 0xff;
  }

  /** Datagrams without a byte cost something, too. */
  @Test
  void emptyDatagramsAreBounded() throws Exception {
    try (DatagramSocket client = world.client();
        DatagramSocket server = world.server()) {
      while (dropped() == 0) {
        send(client, "", server);
      }
      assertEquals("", receive(server));
    }
  }

  @Test
  void manyVirtualThreadsAskAndAreAnswered() throws Exception {
    try (DatagramSocket server = world.server()) {
      Thread.startVirtualThread(() ->
          World.outcome(() -> {
            DatagramPacket packet = new DatagramPacket(new byte[100], 100);
            while (true) {
              server.receive(packet);
              server.send(packet);
            }
          }));
      List<Running> clients = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        String text = "client " + i;
        clients.add(
            Running.virtual(() -> {
              try (DatagramSocket client = world.client()) {
                client.connect(server.getLocalSocketAddress());
                for (int j = 0; j < 20; j++) {
                  client.send(packet(text));
                  assertEquals(text, receive(client));
                }
                return "done";
              }
            }));
      }
      for (Running each : clients) {
        assertEquals("done", each.outcome());
      }
    }
  }

  @Test
  void aPeekLeavesTheDatagram() throws Exception {
    try (DatagramSocket client = world.client()) {
      StackDatagramSocketImpl server = new StackDatagramSocketImpl(hosts.b);
      server.bind(5353, world.serverHost());
      DatagramPacket sent = packet("hello");
      sent.setSocketAddress(new InetSocketAddress(world.serverHost(), 5353));
      client.send(sent);
      DatagramPacket packet = new DatagramPacket(new byte[2], 2);
      assertEquals(client.getLocalPort(), server.peekData(packet));
      assertEquals(client.getLocalPort(), server.peek(InetAddress.getLoopbackAddress()));
      assertEquals(2, packet.getLength());
      assertEquals(client.getLocalSocketAddress(), packet.getSocketAddress());
      packet.setData(new byte[9]);
      server.receive(packet);
      assertEquals(5, packet.getLength());
      server.close();
    }
  }

  @Test
  void ttlAndTypeOfServiceReachTheWire() throws Exception {
    ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
    hosts.inLoop(() ->
        hosts
            .b
            .ip()
            .addHook(
                HookPoint.PREROUTING,
                Hook.of((point, packet) -> {
                  seen.add(packet.ttl() + " " + packet.tos());
                  return Verdict.ACCEPT;
                })));
    try (DatagramSocket client = world.clients().open(null);
        DatagramSocket server = world.server()) {
      client.setTrafficClass(0xb8); // before it is bound
      client.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 7);
      send(client, "x", server);
      receive(server);
      DatagramPacket toGroup = packet("x");
      toGroup.setSocketAddress(new InetSocketAddress("224.0.0.1", 9));
      client.send(toGroup);
      client.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 0); // stays here
      client.send(toGroup);
      client.setTrafficClass(4);
      send(client, "x", server);
      receive(server);
    }
    assertEquals(List.of("64 184", "7 184", "64 4"), List.copyOf(seen));
  }

  @Test
  void aGroupIsHeardWhileItIsJoined() throws Exception {
    InetSocketAddress group = new InetSocketAddress("239.1.2.3", 5353);
    DatagramPacket toGroup = packet("group");
    toGroup.setSocketAddress(group);
    try (DatagramSocket client = world.client();
        DatagramSocket member = world.servers().open(new InetSocketAddress(5353))) {
      DatagramPacket toMember = packet("member");
      toMember.setSocketAddress(new InetSocketAddress(world.serverHost(), 5353));
      client.send(toGroup);
      client.send(toMember);
      assertEquals("member", receive(member));
      member.joinGroup(group, null);
      client.send(toGroup);
      assertEquals("group", receive(member));
      assertEquals("java.net.SocketException: Already a member of group", join(member, group));
      member.leaveGroup(group, null);
      client.send(toGroup);
      client.send(toMember);
      assertEquals("member", receive(member));
      assertEquals(
          "java.net.SocketException: Not a member of group",
          World.outcome(() -> {
            member.leaveGroup(group, null);
            return "left";
          }));
    }
  }

  @Test
  void ownMembersHearAMulticastUnlessTheyAreNotTo() throws Exception {
    InetSocketAddress group = new InetSocketAddress("239.1.2.3", 5353);
    DatagramPacket toGroup = packet("group");
    toGroup.setSocketAddress(group);
    try (DatagramSocket member = world.servers().open(new InetSocketAddress(5353))) {
      member.setSoTimeout(TwoHosts.DEADLINE_MILLIS);
      member.joinGroup(group, null);
      member.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, false);
      member.send(toGroup);
      member.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, true);
      toGroup.setLength(1);
      member.send(toGroup);
      assertEquals("g", receive(member));
    }
  }

  private static String join(DatagramSocket by, InetSocketAddress group) {
    return World.outcome(() -> {
      by.joinGroup(group, null);
      return "joined";
    });
  }

  @Test
  void aHostWithoutRouteIsOutOfReach() throws Exception {
    try (DatagramSocket client = world.client()) {
      DatagramPacket packet = packet("x");
      packet.setSocketAddress(new InetSocketAddress("192.0.2.1", 9));
      String unreachable = "java.net.SocketException: Network is unreachable";
      assertEquals(
          unreachable,
          World.outcome(() -> {
            client.send(packet);
            return "sent";
          }));
      assertEquals(
          unreachable,
          World.outcome(() -> {
            client.connect(new InetSocketAddress("192.0.2.1", 9));
            return "connected";
          }));
    }
  }

  /** Platform threads are not interruptible: the interruption is kept for the caller. */
  @Test
  void theInterruptionOfAPlatformThreadDisturbsNothing() throws Exception {
    try (DatagramSocket client = world.client();
        DatagramSocket server = world.server()) {
      Running reader =
          Running.platform(() -> receive(server) + " " + Thread.currentThread().isInterrupted());
      reader.awaitBlocked().thread.interrupt();
      send(client, "x", server);
      assertEquals("x true", reader.outcome());
    }
  }

  @Test
  void theEndOfTheStackEndsAReceiver() throws Exception {
    DatagramSocket server = world.server();
    Running reader = Running.virtual(() -> receive(server)).awaitBlocked();
    hosts.inLoop(hosts.b::close);
    assertEquals("java.net.SocketException: Socket closed", reader.outcome());
    server.close();
  }

  @Test
  void theLoopMayNotWaitForItself() throws Exception {
    try (DatagramSocket server = world.server()) {
      String[] outcome = new String[1];
      hosts.inLoop(() -> outcome[0] = World.outcome(() -> receive(server)));
      assertTrue(
          outcome[0].startsWith("java.lang.IllegalStateException: a blocking call on the thread"),
          outcome[0]);
    }
  }

  @Test
  void aClosedSocketGivesItsPortBack() throws Exception {
    DatagramSocket server = world.server();
    InetSocketAddress local = (InetSocketAddress) server.getLocalSocketAddress();
    server.close();
    try (DatagramSocket again = world.servers().open(local)) {
      assertEquals(local, again.getLocalSocketAddress());
    }
  }
}
