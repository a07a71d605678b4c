package dev.tapstack.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.wire.Ethernet;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import dev.tapstack.wire.Udp;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The captured sessions among the inputs of {@link FrameFuzzTest} still reach the applications: a
 * search that begins with refused segments would learn little.
 */
class SessionCorpusTest {
  private static final int IP = Ethernet.HEADER_LENGTH;

  @ParameterizedTest
  @CsvSource({
    "echo-line, 7, 3",
    "echo-4000-bytes, 7, 4000",
    "echo-reordered-and-repeated, 7, 4000",
    "small-window-and-urgent, 7, 2000",
    "reset-by-peer, 7, 100",
    "own-connection-with-losses, 5000, 20000",
    "udp, 53, 4",
  })
  void hostSendsTheSessionsBytes(String session, int port, int bytes) throws IOException {
    String name = FrameFuzzTest.class.getSimpleName() + "Inputs/anyInput/" + session;
    try (InputStream in = FrameFuzzTest.class.getResourceAsStream(name)) {
      byte[] input = Objects.requireNonNull(in, name).readAllBytes();
      TreeSet<Integer> positions = new TreeSet<>();
      for (byte[] frame : FrameFuzzTest.run(input)) {
        addPositions(Unpooled.wrappedBuffer(frame), port, positions);
      }
      assertEquals(bytes, positions.size(), session);
    }
  }

  /** Adds where in the stream from {@code port} each byte of the frame belongs. */
  private static void addPositions(ByteBuf frame, int port, TreeSet<Integer> positions) {
    if (Ethernet.type(frame, 0) != Ethernet.TYPE_IPV4) {
      return;
    }
    int at = IP + Ipv4.headerLength(frame, IP);
    int end = IP + Ipv4.totalLength(frame, IP);
    int protocol = Ipv4.protocol(frame, IP);
    boolean isTcp = protocol == Ipv4.PROTOCOL_TCP;
    if (!isTcp && protocol != Ipv4.PROTOCOL_UDP || Udp.sourcePort(frame, at) != port) {
      return;
    }
    int text = at + (isTcp ? TcpHeader.dataOffset(frame, at) : Udp.HEADER_LENGTH);
    int first = isTcp ? TcpHeader.seq(frame, at) : positions.size();
    for (int i = 0; i < end - text; i++) {
      positions.add(first + i);
    }
  }
}
