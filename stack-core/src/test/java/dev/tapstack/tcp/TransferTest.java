package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.TcpState;
import dev.tapstack.testkit.LoopHarness;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Random;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes written on one host are read on the other, whatever is lost between them. */
class TransferTest {
  private static final long SECOND = 1_000_000_000L;

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  /** Writes all of {@code out}, half closes, reads until the peer does, closes. */
  private static final class Peer implements TcpHandler {
    private final ByteBuf out;
    private final ByteBuf in = Unpooled.buffer();
    private boolean hasFinished;
    private @Nullable CloseReason reason;

    Peer(byte[] out) {
      this.out = Unpooled.wrappedBuffer(out);
    }

    @Override
    public void onConnected(TcpConnection connection) {
      onWritable(connection);
    }

    @Override
    public void onWritable(TcpConnection connection) {
      if (!hasFinished) {
        connection.write(out);
        if (!out.isReadable()) {
          hasFinished = true;
          connection.shutdownOutput();
        }
      }
    }

    @Override
    public void onReadable(TcpConnection connection) {
      in.ensureWritable(connection.readableBytes());
      connection.read(in);
      if (connection.endOfInput() && hasFinished) {
        connection.close();
      }
    }

    @Override
    public void onClosed(TcpConnection connection, CloseReason why) {
      assertEquals(null, reason, "onClosed is called once");
      reason = why;
    }

    byte[] received() {
      byte[] bytes = new byte[in.readableBytes()];
      in.getBytes(in.readerIndex(), bytes);
      return bytes;
    }
  }

  private void transfer(TwoHosts hosts, TcpOptions options, int bytes, long limitNanos) {
    byte[] up = new byte[bytes];
    byte[] down = new byte[bytes];
    new Random(1).nextBytes(up);
    new Random(2).nextBytes(down);
    Peer server = new Peer(down);
    Peer client = new Peer(up);
    hosts.b.tcp.listen(new Endpoint(Ipv4Address.ANY, 80), options, connection -> server);
    TcpConnection connection =
        hosts.a.tcp.connect(null, new Endpoint(hosts.b.ipAddress(), 80), options, client);
    assertTrue(
        harness.runUntil(() -> client.reason != null && server.reason != null, limitNanos),
        () -> "not finished: " + connection.info() + " " + hosts.b.tcp.connections());
    assertEquals(CloseReason.NORMAL, client.reason);
    assertEquals(CloseReason.NORMAL, server.reason);
    assertArrayEquals(up, server.received());
    assertArrayEquals(down, client.received());
    harness.runFor(61 * SECOND);
    assertEquals(TcpState.CLOSED, connection.state());
    assertEquals(0, hosts.a.tcp.connections().size() + hosts.b.tcp.connections().size());
    assertEquals(0, hosts.a.tcp.memoryBytes() + hosts.b.tcp.memoryBytes());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1460, 100_000, 10_000_000})
  void carriesBytesBothWays(int bytes) {
    transfer(new TwoHosts(harness, 0, 1500), TcpOptions.DEFAULTS, bytes, 10 * SECOND);
  }

  @Test
  void carriesBytesOverADelay() {
    transfer(new TwoHosts(harness, 20_000_000, 1500), TcpOptions.DEFAULTS, 3_000_000, 10 * SECOND);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void carriesBytesThroughLoss(long seed) {
    TwoHosts hosts = new TwoHosts(harness, 5_000_000, 1500);
    SplittableRandom random = new SplittableRandom(seed);
    hosts.loss = packet -> random.nextInt(100) < 5;
    transfer(hosts, TcpOptions.DEFAULTS, 1_000_000, 300 * SECOND);
  }

  @Test
  void carriesBytesThroughSmallBuffers() {
    TcpOptions small = TcpOptions.DEFAULTS.withReceiveBufferBytes(3000).withSendBufferBytes(2000);
    TwoHosts hosts = new TwoHosts(harness, 1_000_000, 1500);
    transfer(hosts, small, 200_000, 300 * SECOND);
  }
}
