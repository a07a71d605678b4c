package dev.tapstack.blocking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpInfo;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.TcpState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.SocketFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Sockets of one stack, with threads that block, against an echo in the other's loop. */
@Timeout(60)
class StackSocketTest {
  @RegisterExtension final TwoHosts hosts = new TwoHosts();
  private SocketFactory factory;

  /** Sends back what it is given, as far as there is room, and FIN for FIN. */
  private static final class Echo implements TcpHandler {
    @Override
    public void onReadable(TcpConnection connection) {
      for (ByteBuf read = connection.peek(); read != null; read = connection.peek()) {
        int bytes = connection.write(read.duplicate());
        if (bytes == 0) {
          return;
        }
        connection.skip(bytes);
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

  @BeforeEach
  void echo() {
    factory = new StackSocketFactory(hosts.a);
    hosts.inLoop(() ->
        hosts.b.listen(
            Endpoint.parse("0.0.0.0:7"),
            TcpOptions.DEFAULTS.withReceiveBufferBytes(100_000).withSendBufferBytes(100_000),
            c -> new Echo()));
  }

  @Test
  void whatIsWrittenComesBack() throws IOException {
    try (Socket socket = factory.createSocket(TwoHosts.B, 7)) {
      socket.getOutputStream().write(new byte[] {1, 2, -3});
      assertArrayEquals(new byte[] {1, 2, -3}, socket.getInputStream().readNBytes(3));
      socket.getOutputStream().write(200);
      assertEquals(200, socket.getInputStream().read());
      socket.shutdownOutput();
      assertEquals(-1, socket.getInputStream().read());
      assertEquals(-1, socket.getInputStream().read());
    }
  }

  /** Much more than rings, windows and buffers hold together: each side is held back. */
  @Test
  void manyBytesComeBackInOrder() throws Exception {
    byte[] sent = new byte[5_000_003];
    new Random(1).nextBytes(sent);
    try (Socket socket = factory.createSocket(TwoHosts.B, 7)) {
      AtomicReference<Throwable> failure = new AtomicReference<>();
      Thread writer =
          Thread.ofVirtual()
              .uncaughtExceptionHandler((thread, e) -> failure.set(e))
              .start(() -> writeInPieces(socket, sent));
      byte[] received = socket.getInputStream().readAllBytes();
      writer.join();
      assertArrayEquals(sent, received, () -> "failed: " + failure.get());
    }
  }

  private static void writeInPieces(Socket socket, byte[] bytes) {
    try {
      Random lengths = new Random(2);
      for (int at = 0; at < bytes.length; ) {
        int length = Math.min(bytes.length - at, 1 + lengths.nextInt(200_000));
        socket.getOutputStream().write(bytes, at, length);
        at += length;
      }
      socket.shutdownOutput();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Sends its bytes and a FIN at once. */
  private record Source(byte[] bytes) implements TcpHandler {
    @Override
    public void onConnected(TcpConnection connection) {
      connection.write(Unpooled.wrappedBuffer(bytes));
      connection.close();
    }

    @Override
    public void onReadable(TcpConnection connection) {}
  }

  /** Nothing more comes when the reader begins: it alone can have the loop go on. */
  @Test
  void aReaderThatComesLateGetsEverything() throws Exception {
    byte[] sent = new byte[300_000];
    new Random(3).nextBytes(sent);
    hosts.inLoop(() ->
        hosts.b.listen(Endpoint.parse("0.0.0.0:19"), TcpOptions.DEFAULTS, c -> new Source(sent)));
    try (Socket socket = factory.createSocket(TwoHosts.B, 19)) {
      awaitState(TcpState.FIN_WAIT_2);
      assertEquals(Handoff.CAPACITY_BYTES, socket.getInputStream().available());
      assertArrayEquals(sent, socket.getInputStream().readAllBytes());
    }
  }

  /** Waits until all connections of {@code b} are in {@code state}. */
  private void awaitState(TcpState state) throws Exception {
    AtomicBoolean isThere = new AtomicBoolean();
    TwoHosts.await(
        state.name(),
        () -> {
          hosts.inLoop(
              () -> isThere.set(hosts.b.connections().stream().allMatch(c -> c.state() == state)));
          return isThere.get();
        });
  }

  @Test
  void bothEndsHaveAddresses() throws IOException {
    InetAddress self = InetAddress.getByName(TwoHosts.A);
    try (Socket socket = factory.createSocket(InetAddress.getByName(TwoHosts.B), 7, self, 4321)) {
      assertEquals(4321, socket.getLocalPort());
      assertEquals(self, socket.getLocalAddress());
      assertEquals(7, socket.getPort());
      assertEquals(TwoHosts.B, socket.getInetAddress().getHostAddress());
      assertTrue(socket.isConnected());
    }
    try (Socket socket = factory.createSocket("0.0.0.0", 7)) {
      throw new AssertionError("a has no such service: " + socket);
    } catch (ConnectException e) {
      assertEquals("Connection refused", e.getMessage());
    }
  }

  @Test
  void theOptionsAreTheUsualOnes() throws IOException {
    try (Socket socket = factory.createSocket();
        Socket kernel = new Socket()) {
      assertTrue(kernel.supportedOptions().containsAll(socket.supportedOptions()));
      socket.setTcpNoDelay(true);
      socket.setSoLinger(true, 5);
      socket.setKeepAlive(true);
      socket.setReuseAddress(true);
      socket.setReceiveBufferSize(20_000);
      socket.setSendBufferSize(30_000);
      socket.setSoTimeout(1234);
      socket.connect(new InetSocketAddress(TwoHosts.B, 7));
      AtomicReference<TcpInfo> info = new AtomicReference<>();
      hosts.inLoop(() -> info.set(hosts.a.connections().get(0).info()));
      assertTrue(info.get().rcvWnd() <= 20_000, info.toString());
      assertTrue(socket.getTcpNoDelay());
      assertEquals(5, socket.getSoLinger());
      assertTrue(socket.getKeepAlive());
      assertTrue(socket.getReuseAddress());
      assertEquals(20_000, socket.getReceiveBufferSize());
      assertEquals(30_000, socket.getOption(StandardSocketOptions.SO_SNDBUF));
      assertEquals(1234, socket.getSoTimeout());
      socket.setSoLinger(false, 0);
      assertEquals(-1, socket.getSoLinger());
      assertThrows(
          UnsupportedOperationException.class,
          () -> socket.getOption(StandardSocketOptions.IP_MULTICAST_LOOP));
    }
  }

  @Test
  void aCallOnTheLoopsThreadIsRefused() throws IOException {
    try (Socket socket = factory.createSocket(TwoHosts.B, 7)) {
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      hosts.inLoop(() ->
          thrown.set(
              assertThrows(IllegalStateException.class, () -> socket.getInputStream().read())));
      assertTrue(thrown.get().getMessage().contains("TcpConnection"), thrown.get().getMessage());
    }
  }

  @Test
  void aStackThatClosesEndsItsSockets() throws Exception {
    try (Socket socket = factory.createSocket(TwoHosts.B, 7)) {
      hosts.inLoop(hosts.a::close);
      IOException e = assertThrows(IOException.class, () -> socket.getInputStream().read());
      assertEquals("Stack closed", e.getMessage());
      IOException again =
          assertThrows(IOException.class, () -> factory.createSocket(TwoHosts.B, 7));
      assertEquals("Stack closed", again.getMessage());
    }
  }
}
