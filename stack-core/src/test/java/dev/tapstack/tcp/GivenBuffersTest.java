package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.packet.Packet;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.wire.TcpHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Buffers that the application gives fill segments, whatever their size. */
class GivenBuffersTest {
  private static final int BYTES = 30_000;
  private static final int HEADERS = 20 + 20 + 12; // IPv4, TCP, timestamps

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private final byte[] sent = new byte[BYTES];
  private final ByteBuf received = Unpooled.buffer();
  private int returned;
  private int segments;

  private final class Reader implements TcpHandler {
    @Override
    public void onReadable(TcpConnection connection) {
      received.ensureWritable(connection.readableBytes());
      connection.read(received);
      if (connection.endOfInput()) {
        connection.close();
      }
    }
  }

  /** Gives everything at once, in buffers of one size. */
  private final class Giver implements TcpHandler {
    private final int bufferBytes;
    private boolean isClosed;

    Giver(int bufferBytes) {
      this.bufferBytes = bufferBytes;
    }

    @Override
    public void onConnected(TcpConnection connection) {
      for (int at = 0; at < BYTES; at += bufferBytes) {
        ByteBuf buffer = Unpooled.wrappedBuffer(sent, at, Math.min(bufferBytes, BYTES - at));
        assertTrue(
            connection.send(
                buffer,
                (same, acknowledged) -> {
                  assertTrue(acknowledged);
                  returned++;
                }));
      }
      connection.close();
    }

    @Override
    public void onReadable(TcpConnection connection) {}

    @Override
    public void onClosed(TcpConnection connection, CloseReason reason) {
      isClosed = true;
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1500", "7, 1500", "100, 1500", "1447, 1500", "1, 9000", "50, 9000", "300, 9000"})
  void fillSegments(int bufferBytes, int mtu) {
    new Random(1).nextBytes(sent);
    TwoHosts hosts = new TwoHosts(harness, 1_000_000, mtu);
    hosts.loss = this::count;
    hosts.b.tcp.listen(
        new Endpoint(Ipv4Address.ANY, 80), TcpOptions.DEFAULTS, connection -> new Reader());
    Giver giver = new Giver(bufferBytes);
    hosts.a.tcp.connect(null, new Endpoint(hosts.b.ipAddress(), 80), TcpOptions.DEFAULTS, giver);

    harness.runFor(10_000_000_000L);

    assertTrue(giver.isClosed);
    byte[] bytes = new byte[received.readableBytes()];
    received.getBytes(0, bytes);
    assertArrayEquals(sent, bytes);
    assertEquals((BYTES + bufferBytes - 1) / bufferBytes, returned);
    if (mtu == 1500) { // of small pieces a jumbo frame takes what its packet's own memory holds
      int mss = mtu - HEADERS;
      assertEquals((BYTES + mss - 1) / mss, segments);
    }
  }

  private boolean count(Packet packet) {
    boolean isSyn = (TcpHeader.flags(packet.buf(), packet.transport()) & TcpHeader.SYN) != 0;
    segments += packet.length() > HEADERS && !isSyn ? 1 : 0;
    return false;
  }
}
