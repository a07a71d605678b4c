package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpSocket;
import dev.tapstack.tap.NetworkNamespace;
import dev.tapstack.tap.TapConfig;
import dev.tapstack.tap.TapStack;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Multicast through a kernel bridge that asks for members by IGMP and forwards to them alone. */
@Privileged
class MulticastIT {
  private static final String GROUP = "239.1.2.3";
  private static final int PORT = 5000;

  /** A bridge that is the querier, of that version of IGMP, and a route for groups on the host. */
  private static BridgedNetwork network(int igmpVersion) {
    BridgedNetwork network = new BridgedNetwork();
    String options =
        "mcast_igmp_version %d mcast_snooping 1 mcast_querier 1 mcast_last_member_interval 20"
            .formatted(igmpVersion);
    run(network.bridge(), "ip link set " + BridgedNetwork.BRIDGE + " type bridge " + options);
    run(network.host(), "ip route add 224.0.0.0/4 dev " + BridgedNetwork.HOST_INTERFACE);
    return network;
  }

  private static void run(TestNamespace namespace, String command) {
    namespace.run(command.split(" ")).ok();
  }

  /** Whether the bridge knows that a port wants the group. */
  private static boolean isMember(BridgedNetwork network, String port) {
    return network
        .bridge()
        .run("bridge", "mdb", "show", "dev", BridgedNetwork.BRIDGE)
        .ok()
        .output()
        .lines()
        .anyMatch(line -> line.contains("port " + port) && line.contains("grp " + GROUP));
  }

  private static void send(BridgedNetwork network, String to, String text) {
    network.host().run("bash", "-c", "echo -n " + text + " >/dev/udp/" + to + "/" + PORT).ok();
  }

  /** The stack on the bridge's TAP with one socket, which the test uses in the loop. */
  private static final class Member implements AutoCloseable {
    private final TapStack stack;
    private final List<String> received = new CopyOnWriteArrayList<>();
    private UdpSocket socket;

    Member(BridgedNetwork network) {
      stack =
          TapStack.open(
              new TapConfig(
                  StackUnderTest.TAP, NetworkNamespace.named(network.bridge().name()), 0, null),
              IpPrefix.parse(StackUnderTest.ADDRESS + "/24"));
      stack.start(
          services -> socket = services.bindUdp(Endpoint.parse("0.0.0.0:" + PORT), this::receive));
    }

    private void receive(UdpSocket from) {
      UdpDatagram datagram = from.receive();
      received.add(
          datagram
              .buf()
              .toString(
                  datagram.payloadIndex(), datagram.payloadBytes(), StandardCharsets.US_ASCII));
    }

    void inLoop(Consumer<UdpSocket> work) {
      assertTrue(stack.stack().execute(() -> work.accept(socket)));
    }

    @Override
    public void close() {
      stack.close();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void theBridgeKnowsWhatIsJoinedAndLeft(int igmpVersion) {
    IpAddress group = IpAddress.parse(GROUP);
    try (BridgedNetwork network = network(igmpVersion);
        Command tcpdump = network.captureTap("igmp");
        Member member = new Member(network)) {
      // The bridge asks when its port comes up: from then on the stack speaks its version.
      Command.awaitUntil("a query", () -> tcpdump.output().contains("igmp query v" + igmpVersion));
      send(network, GROUP, "before");
      send(network, StackUnderTest.ADDRESS, "one");
      Command.awaitUntil("a unicast", () -> member.received.contains("one"));
      member.inLoop(socket -> socket.join(group, null));
      Command.awaitUntil("the membership", () -> isMember(network, StackUnderTest.TAP));
      send(network, GROUP, "joined");
      Command.awaitUntil("a multicast", () -> member.received.contains("joined"));
      member.inLoop(socket -> socket.leave(group, null));
      Command.awaitUntil("the end of it", () -> !isMember(network, StackUnderTest.TAP));
      send(network, GROUP, "after");
      send(network, StackUnderTest.ADDRESS, "two");
      Command.awaitUntil("a unicast", () -> member.received.contains("two"));
      assertEquals(List.of("one", "joined", "two"), member.received);
      List<String> said =
          igmpVersion == 2
              ? List.of("igmp v2 report " + GROUP, "igmp leave " + GROUP)
              : List.of("[gaddr " + GROUP + " to_ex, 0", "[gaddr " + GROUP + " to_in, 0");
      for (String each : said) {
        Command.awaitUntil(each, () -> tcpdump.output().contains(each));
      }
      assertFalse(tcpdump.output().contains("bad"), tcpdump.output());
    }
  }

  @Test
  void aKernelMemberHearsTheStack() throws IOException {
    try (BridgedNetwork network = network(3);
        Member member = new Member(network);
        DatagramChannel kernel =
            NetworkNamespace.named(network.host().name()).call(MulticastIT::bind)) {
      InetSocketAddress group = new InetSocketAddress(GROUP, PORT);
      assertNull(kernel.receive(ByteBuffer.allocate(100)));
      NetworkNamespace.named(network.host().name()).call(() -> join(kernel, group.getAddress()));
      Command.awaitUntil("the membership", () -> isMember(network, "port"));
      member.inLoop(socket ->
          socket.send(
              Endpoint.parse(GROUP + ":" + PORT),
              Unpooled.copiedBuffer("hello", StandardCharsets.US_ASCII)));
      ByteBuffer received = ByteBuffer.allocate(100);
      InetSocketAddress[] source = new InetSocketAddress[1];
      Command.awaitUntil("a multicast", () -> (source[0] = receive(kernel, received)) != null);
      assertEquals(new InetSocketAddress(StackUnderTest.ADDRESS, PORT), source[0]);
      assertEquals("hello", StandardCharsets.US_ASCII.decode(received.flip()).toString());
    }
  }

  private static DatagramChannel bind() {
    try {
      DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
      channel.bind(new InetSocketAddress(PORT)).configureBlocking(false);
      return channel;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Object join(DatagramChannel channel, InetAddress group) {
    try {
      return channel.join(group, NetworkInterface.getByName(BridgedNetwork.HOST_INTERFACE));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InetSocketAddress receive(DatagramChannel channel, ByteBuffer into) {
    try {
      return (InetSocketAddress) channel.receive(into);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code tapstack nc --join} hears the group, and tells the bridge when it ends. */
  @Test
  void netcatJoins() {
    try (BridgedNetwork network = network(3);
        Command tcpdump = network.captureTap("igmp");
        Command nc =
            Command.start(
                network.clientWords(
                    StackUnderTest.ADDRESS,
                    "nc",
                    "-u",
                    "-l",
                    "--join",
                    GROUP,
                    Integer.toString(PORT)))) {
      Command.awaitUntil("the membership", () -> isMember(network, StackUnderTest.TAP));
      send(network, GROUP, "one");
      send(network, GROUP, "two");
      Command.awaitUntil("both", () -> nc.output().equals("onetwo"));
      nc.signal("INT");
      assertEquals(0, nc.await(Command.DEADLINE).status());
      Command.awaitUntil(
          "a report of leaving", () -> tcpdump.output().contains("[gaddr " + GROUP + " to_in"));
    }
  }
}
