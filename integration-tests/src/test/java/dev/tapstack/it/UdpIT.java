package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.tap.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** UDP with the kernel's: echo, fragments, closed ports. */
@Privileged
class UdpIT {
  private static final int DEADLINE_MILLIS = 20_000;
  private static final int ECHO = 7;
  private static final int DISCARD = 9;
  private static final int CLOSED = 99;

  private static StackUnderTest stack;

  @BeforeAll
  static void start() {
    stack = new StackUnderTest();
  }

  @AfterAll
  static void end() {
    try (StackUnderTest ended = stack) {
      CounterSummary summary = CounterSummary.atTheEndOf(ended);
      assertTrue(summary.of("ip", "reassembled") >= 3, summary.toString());
      assertTrue(summary.of("drops", "udp-port-closed") >= 2, summary.toString());
    }
  }

  /** A socket of the kernel's, connected to a port of the stack. */
  private static DatagramSocket connectedTo(int port) throws IOException {
    DatagramSocket socket = NetworkNamespace.named(stack.namespace().name()).call(UdpIT::newSocket);
    socket.setOption(StandardSocketOptions.SO_RCVBUF, 1 << 20);
    socket.setSoTimeout(DEADLINE_MILLIS);
    socket.connect(new InetSocketAddress(StackUnderTest.ADDRESS, port));
    return socket;
  }

  private static DatagramSocket newSocket() {
    try {
      return new DatagramSocket();
    } catch (SocketException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void send(DatagramSocket socket, byte[] bytes) throws IOException {
    socket.send(new DatagramPacket(bytes, bytes.length));
  }

  private static byte[] receive(DatagramSocket socket) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
    socket.receive(packet);
    return Arrays.copyOf(packet.getData(), packet.getLength());
  }

  @Test
  void ncIsEchoed() {
    Outcome outcome =
        stack.run(
            "bash", "-c", "printf 'one\\ntwo' | nc -u -w 10 -W 1 " + StackUnderTest.ADDRESS + " 7");
    assertEquals("one\ntwo", outcome.ok().output());
  }

  @Test
  void ncIsEchoedInFragments() {
    // nc reads 16,384 bytes at a time: eleven fragments.
    Content content = Content.random(1, 16_384);
    StreamedCommand.run(
            stack.namespace(),
            Command.DEADLINE,
            content,
            words("nc -u -w 10 -W 1 " + StackUnderTest.ADDRESS + " 7"))
        .assertIs(content);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1472, 1473, 20_000, 65_507})
  void datagramsComeBackAsTheyWere(int size) throws IOException {
    byte[] sent = new byte[size];
    new Random(size).nextBytes(sent);
    try (DatagramSocket socket = connectedTo(ECHO)) {
      send(socket, sent);
      assertArrayEquals(sent, receive(socket));
    }
  }

  @Test
  void aClosedPortIsTold() throws IOException {
    try (DatagramSocket socket = connectedTo(CLOSED)) {
      send(socket, new byte[100]);
      assertThrows(PortUnreachableException.class, () -> receive(socket));
    }
  }

  @Test
  void aClosedPortIsToldAfterFragmentsToo() throws IOException {
    try (DatagramSocket socket = connectedTo(CLOSED)) {
      send(socket, new byte[20_000]);
      assertThrows(PortUnreachableException.class, () -> receive(socket));
    }
  }

  @Test
  void discardTakesAndSaysNothing() throws IOException {
    try (DatagramSocket echo = connectedTo(ECHO);
        DatagramSocket discard = connectedTo(DISCARD)) {
      discard.setSoTimeout(1); // what was to come would come before the echo
      for (int i = 0; i < 50; i++) {
        send(discard, new byte[1000]);
      }
      send(echo, new byte[10]);
      assertEquals(10, receive(echo).length);
      assertThrows(SocketTimeoutException.class, () -> receive(discard));
    }
  }
}
