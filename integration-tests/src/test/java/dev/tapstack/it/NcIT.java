package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code tapstack nc} with the kernel's sockets. */
@Privileged
class NcIT {

  private TestNamespace namespace;

  @BeforeEach
  void makeNamespace() {
    namespace = new TestNamespace();
  }

  @AfterEach
  void removeNamespace() {
    namespace.close();
  }

  private String[] nc(String... more) {
    return ClientUnderTest.words(namespace, "nc", more);
  }

  private interface Peer<T> {
    T talk(Socket socket) throws IOException;
  }

  /** Accepts one connection and talks to it, on a thread of its own. */
  private static <T> CompletableFuture<T> serve(ServerSocket server, Peer<T> peer) {
    return CompletableFuture.supplyAsync(() -> {
      try (Socket socket = server.accept()) {
        return peer.talk(socket);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    });
  }

  private static <T> T result(CompletableFuture<T> future) {
    try {
      return future.get(Command.DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String digest(InputStream in) throws IOException {
    MessageDigest digest = Content.newDigest();
    byte[] bytes = new byte[1 << 16];
    for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
      digest.update(bytes, 0, count);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Test
  void aGigabyteEachWayAtOnce() throws IOException {
    Content up = Content.random(1, 1_000_000_000);
    Content down = Content.random(2, 1_000_000_000);
    try (ServerSocket server = ClientUnderTest.listen(namespace)) {
      CompletableFuture<String> received =
          serve(
              server,
              socket -> {
                CompletableFuture<String> digested =
                    CompletableFuture.supplyAsync(() -> {
                      try {
                        return digest(socket.getInputStream());
                      } catch (IOException e) {
                        throw new UncheckedIOException(e);
                      }
                    });
                down.writeTo(socket.getOutputStream());
                socket.shutdownOutput();
                return result(digested);
              });
      StreamedCommand.run(
              namespace, Command.DEADLINE, up, nc(ClientUnderTest.HOST, "" + server.getLocalPort()))
          .assertIs(down);
      assertEquals(up.sha256(), result(received));
    }
  }

  @Test
  void theEndOfInputIsAHalfClose() throws IOException {
    try (ServerSocket server = ClientUnderTest.listen(namespace)) {
      CompletableFuture<Void> answered =
          serve(
              server,
              socket -> {
                String asked =
                    new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                socket.getOutputStream().write((asked + " and more").getBytes("US-ASCII"));
                return null;
              });
      StreamedCommand.run(
              namespace,
              Command.DEADLINE,
              Content.text("a question"),
              nc(ClientUnderTest.HOST, "" + server.getLocalPort()))
          .assertIs(Content.text("a question and more"));
      result(answered);
    }
  }

  /** A peer that has finished still hears what standard input has. */
  @Test
  void theEndOfThePeerIsAHalfCloseToo() throws IOException {
    try (ServerSocket server = ClientUnderTest.listen(namespace)) {
      CompletableFuture<String> received =
          serve(
              server,
              socket -> {
                socket.getOutputStream().write("first".getBytes("US-ASCII"));
                socket.shutdownOutput();
                return new String(
                    socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
              });
      try (StreamedCommand nc =
          StreamedCommand.startOpen(
              namespace, nc(ClientUnderTest.HOST, "" + server.getLocalPort()))) {
        nc.type("late ");
        nc.type("words");
        nc.endInput();
        nc.await(Command.DEADLINE).assertIs(Content.text("first"));
      }
      assertEquals("late words", result(received));
    }
  }

  /** Standard output that is not read costs the window and some buffers, and no memory. */
  @Test
  void whatIsNotReadWaitsAtThePeer() throws IOException {
    Content down = Content.random(3, 100_000_000);
    try (ServerSocket server = ClientUnderTest.listen(namespace)) {
      AtomicLong written = new AtomicLong();
      CompletableFuture<Void> sent =
          serve(
              server,
              socket -> {
                OutputStream out = socket.getOutputStream();
                for (long at = 0; at < down.length(); at += 1_000_000) {
                  down.writeTo(out, at, Math.min(down.length(), at + 1_000_000));
                  written.set(at);
                }
                return null;
              });
      try (StreamedCommand nc =
          StreamedCommand.startUnread(
              namespace, Content.text(""), nc(ClientUnderTest.HOST, "" + server.getLocalPort()))) {
        // The kernel's timer of a peer whose window is closed.
        Command.awaitUntil(
            "a closed window", () -> namespace.run("ss", "-tno").output().contains("persist"));
        assertTrue(written.get() < 40_000_000, "sent into nothing: " + written);
        nc.read();
        nc.await(Command.DEADLINE).assertIs(down);
      }
      result(sent);
    }
  }

  @Test
  void listensForOneConnection() {
    Content up = Content.random(4, 20_000_000);
    Content down = Content.random(5, 10_000_000);
    try (StreamedCommand nc = StreamedCommand.start(namespace, down, nc("-l", "5000"))) {
      String client =
          "until ip -4 -br address show tap0 2>&1 | grep -q 10.77; do sleep 0.1; done; exec nc -N "
              + ClientUnderTest.ADDRESS
              + " 5000";
      StreamedCommand.run(namespace, Command.DEADLINE, up, "bash", "-c", client).assertIs(down);
      nc.await(Command.DEADLINE).assertIs(up);
    }
  }

  @Test
  void aClosedPortRefuses() {
    ClientUnderTest.assertFailed(
        "tapstack nc: 10.77.0.1:99: Connection refused",
        ClientUnderTest.run(namespace, "nc", ClientUnderTest.HOST, "99"));
  }

  @Test
  void aHostThatIsNotThereIsGivenUp() {
    ClientUnderTest.assertFailed(
        "tapstack nc: 10.77.0.9:99: No route to host",
        ClientUnderTest.run(namespace, "nc", ClientUnderTest.NOBODY, "99"));
  }

  @Test
  void anotherSubnetWithoutAGatewayIsNoRoute() {
    Outcome outcome = ClientUnderTest.run(namespace, "nc", "192.0.2.1", "99");
    assertEquals(1, outcome.status());
    assertTrue(outcome.errors().startsWith("tapstack nc: 192.0.2.1:99: "), outcome.errors());
    assertEquals(1, outcome.errors().lines().count(), outcome.errors());
  }

  @Test
  void aResetIsAFailure() throws IOException {
    try (ServerSocket server = ClientUnderTest.listen(namespace)) {
      serve(
          server,
          socket -> {
            socket.setSoLinger(true, 0);
            return null;
          });
      try (StreamedCommand nc =
          StreamedCommand.startOpen(
              namespace, nc(ClientUnderTest.HOST, "" + server.getLocalPort()))) {
        StreamedCommand.Result result = nc.await(Command.DEADLINE);
        assertEquals(1, result.status());
        assertTrue(result.errors().contains(": Connection reset"), result.errors());
      }
    }
  }

  @Test
  void datagramsAreAskedAndAnswered() {
    try (DatagramSocket peer = ClientUnderTest.bind(namespace)) {
      CompletableFuture<Void> echo =
          CompletableFuture.runAsync(() -> {
            DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
            try {
              peer.receive(packet);
              peer.send(packet);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      StreamedCommand.run(
              namespace,
              Command.DEADLINE,
              Content.text("one datagram"),
              nc("-u", "-w", "2", ClientUnderTest.HOST, "" + peer.getLocalPort()))
          .assertIs(Content.text("one datagram"));
      result(echo);
    }
  }

  @Test
  void aClosedUdpPortRefuses() {
    StreamedCommand.Result result =
        StreamedCommand.run(
            namespace, Command.DEADLINE, Content.text("x"), nc("-u", ClientUnderTest.HOST, "99"));
    assertEquals("tapstack nc: 10.77.0.1:99: Connection refused", result.errors().strip());
    assertEquals(1, result.status());
  }
}
