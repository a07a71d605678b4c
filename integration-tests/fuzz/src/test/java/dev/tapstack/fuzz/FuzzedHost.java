package dev.tapstack.fuzz;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.PingSocket;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpSocket;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.RawPeer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A whole stack on a cable in memory, with an echo service on TCP port {@value #ECHO_PORT} and UDP
 * port {@value #UDP_PORT}, a connection of its own to port {@value #REMOTE_PORT} of the peer, and a
 * ping under way: whatever the peer sends, after every turn each packet is in exactly one account,
 * and after {@link #close} none is left. Everything follows from the frames: the same frames, the
 * same run.
 */
final class FuzzedHost implements AutoCloseable {
  static final String ADDRESS = "10.0.0.1";
  static final String PEER = "10.0.0.2";
  static final int ECHO_PORT = 7;
  static final int UDP_PORT = 53;
  static final int OWN_PORT = 5000;
  static final int REMOTE_PORT = 80;
  static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:01");
  static final MacAddress PEER_MAC = MacAddress.parse("02:00:00:00:00:02");

  private static final int OWN_BYTES = 20_000;

  private final LoopHarness harness = new LoopHarness();
  private final PipeDevice cable = new PipeDevice("eth0", "peer", 1500);
  private final RawPeer peer = new RawPeer(harness, cable.peer());
  private final List<TcpConnection> open = new ArrayList<>();
  private final Stack stack;

  FuzzedHost() {
    StackConfig config =
        StackConfig.named("fuzzed")
            .seed(1)
            .attach(cable, MAC, List.of(IpPrefix.parse(ADDRESS + "/24")))
            .gateway(IpAddress.parse(PEER))
            .build();
    stack = new Stack(harness.loop(), harness.pool(), config);
    TcpOptions options =
        TcpOptions.DEFAULTS.withReceiveBufferBytes(20_000).withSendBufferBytes(8_000);
    harness.turn(); // what comes next goes by the loop's time
    stack.listen(new Endpoint(Ipv4Address.ANY, ECHO_PORT), options, connection -> new Echo());
    stack.bindUdp(new Endpoint(Ipv4Address.ANY, UDP_PORT), this::echo);
    stack.connect(
        new Endpoint(IpAddress.parse(ADDRESS), OWN_PORT),
        new Endpoint(IpAddress.parse(PEER), REMOTE_PORT),
        options.withKeepalive(true).withKeepaliveIdle(Duration.ofSeconds(60)),
        new Source());
    PingSocket ping = stack.openPing((socket, reply) -> {});
    ping.send(IpAddress.parse(PEER), 1, Unpooled.buffer(56).writeZero(56));
    settle();
  }

  /** Frames that the host has sent since the last call. */
  List<byte[]> sent() {
    return peer.takeAll();
  }

  /** The peer's frame; a cable takes none that is longer than it carries. */
  void receive(byte[] frame) {
    peer.send(frame);
    settle();
  }

  void pass(long nanos) {
    harness.runFor(nanos);
    checkLedger();
  }

  private void settle() {
    harness.settle();
    checkLedger();
  }

  private void checkLedger() {
    PacketLedger ledger = stack.ledger();
    long kept = ledger.keptUp() + ledger.keptDown();
    long onCable = cable.waitingFrames() + cable.peer().waitingFrames();
    check(ledger.keptUp() >= 0 && ledger.keptDown() >= 0, "more packets ended than there were");
    check(
        kept + onCable == harness.pool().outstanding(),
        harness.pool().outstanding() + " packets are out, accounted for are " + kept);
    for (TcpConnection connection : open) {
      check(connection.readableBytes() >= 0, "bytes to read");
      check(connection.info().rcvWnd() >= 0, "a window");
    }
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  /** Closes everything; no packet is left. */
  @Override
  public void close() {
    stack.close();
    harness.settle();
    check(stack.ledger().keptUp() == 0, stack.ledger().keptUp() + " received packets kept");
    check(stack.ledger().keptDown() == 0, stack.ledger().keptDown() + " built packets kept");
    check(open.isEmpty(), open.size() + " connections were never told of their end");
    harness.close();
  }

  private void echo(UdpSocket socket) {
    UdpDatagram datagram = socket.receive();
    check(datagram != null, "onReadable without a datagram");
    socket.reply(datagram, datagram.buf().slice(datagram.payloadIndex(), datagram.payloadBytes()));
  }

  /** Counts connections in and out. */
  private abstract class Watched implements TcpHandler {
    @Override
    public void onConnected(TcpConnection connection) {
      check(!open.contains(connection), "connected twice");
      open.add(connection);
    }

    @Override
    public void onClosed(TcpConnection connection, CloseReason reason) {
      open.remove(connection);
    }
  }

  /** Sends back what comes, and ends when the peer does. */
  private final class Echo extends Watched {
    @Override
    public void onReadable(TcpConnection connection) {
      ByteBuf in = connection.peek();
      while (in != null) {
        int taken = connection.write(in.slice(in.readerIndex(), in.readableBytes()));
        if (taken == 0) {
          return;
        }
        connection.skip(taken);
        in = connection.peek();
      }
      if (connection.endOfInput()) {
        connection.close();
      }
    }

    @Override
    public void onWritable(TcpConnection connection) {
      onReadable(connection);
    }
  }

  /** Sends some bytes and half closes; reads little by little. */
  private final class Source extends Watched {
    private int left = OWN_BYTES;

    @Override
    public void onConnected(TcpConnection connection) {
      super.onConnected(connection);
      onWritable(connection);
    }

    @Override
    public void onWritable(TcpConnection connection) {
      left -= connection.write(Unpooled.buffer(left).writeZero(left));
      if (left == 0) {
        connection.shutdownOutput();
      }
    }

    @Override
    public void onReadable(TcpConnection connection) {
      connection.skip(Math.min(connection.readableBytes(), 700));
      if (connection.endOfInput()) {
        connection.close();
      }
    }
  }
}
