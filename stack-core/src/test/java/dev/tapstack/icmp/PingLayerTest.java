package dev.tapstack.icmp;

import static dev.tapstack.testkit.IpHost.FAR;
import static dev.tapstack.testkit.IpHost.ME;
import static dev.tapstack.testkit.IpHost.PEER;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.PingHandler;
import dev.tapstack.socket.PingReply;
import dev.tapstack.socket.PingSocket;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Echo requests of applications, and who learns of the answers. */
class PingLayerTest {
  private static final int ECHO_REPLY = 0;
  private static final int ECHO = 8;

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private final List<String> heard = new ArrayList<>();
  private IpHost host;

  @BeforeEach
  void start() {
    host = new IpHost(harness);
  }

  /** A handler that notes what it is told. */
  private final class Noting implements PingHandler {
    @Override
    public void onReply(PingSocket socket, PingReply reply) {
      heard.add(
          "%s seq %d ttl %d %s"
              .formatted(
                  reply.source(),
                  reply.sequence(),
                  reply.ttl(),
                  ByteBufUtil.hexDump(reply.buf(), reply.payloadIndex(), reply.payloadBytes())));
    }

    @Override
    public void onError(PingSocket socket, IpAddress to, int sequence, CloseReason reason) {
      heard.add("%s seq %d %s".formatted(to, sequence, reason));
    }
  }

  private PingSocket open() {
    return host.ping().open(new Noting());
  }

  private static boolean ask(PingSocket socket, String to, int sequence, byte[] payload) {
    return socket.send(IpAddress.parse(to), sequence, Unpooled.wrappedBuffer(payload));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 56, 1472})
  void aRequestIsAsRfc792HasIt(int size) {
    PingSocket socket = open();
    byte[] data = V4.data(size, 3);
    assertTrue(ask(socket, PEER, 0xfffe, data));
    byte[] sent = host.theOneSent();
    byte[] expected =
        V4.of(ME, PEER).icmp(ECHO, 0, socket.identifier() << 16 | 0xfffe, data).bytes();
    assertArrayEquals(
        Arrays.copyOfRange(expected, 20, expected.length),
        Arrays.copyOfRange(sent, 20, sent.length));
    assertEquals(1, sent[9], "protocol");
  }

  @Test
  void aReplyIsShownWithItsSourceSequenceAndTtl() {
    PingSocket socket = open();
    byte[] data = {1, 2, 3};
    host.receive(V4.of(PEER, ME).ttl(61).icmp(ECHO_REPLY, 0, socket.identifier() << 16 | 7, data));
    assertEquals(List.of("10.0.0.2 seq 7 ttl 61 010203"), heard);
    assertEquals(Map.of("replies-received", 1L), host.ping().counted());
  }

  @Test
  void twoSocketsDoNotHearEachOther() {
    PingSocket first = open();
    PingSocket second = host.ping().open((socket, reply) -> heard.add("second"));
    assertNotEquals(first.identifier(), second.identifier());
    host.receive(V4.of(PEER, ME).icmp(ECHO_REPLY, 0, second.identifier() << 16, new byte[0]));
    assertEquals(List.of("second"), heard);
  }

  @Test
  void aReplyThatNobodyAskedForIsDropped() {
    PingSocket socket = open();
    for (int identifier : new int[] {0, 1, 65_535, socket.identifier() ^ 1}) {
      host.receive(V4.of(PEER, ME).icmp(ECHO_REPLY, 0, identifier << 16, new byte[8]));
    }
    socket.close();
    host.receive(V4.of(PEER, ME).icmp(ECHO_REPLY, 0, socket.identifier() << 16, new byte[8]));
    assertEquals(Map.of("icmp-no-socket", 5L), host.drops());
    assertEquals(List.of(), heard);
  }

  @ParameterizedTest
  @CsvSource({
    "3, 0, NET_UNREACHABLE",
    "3, 1, HOST_UNREACHABLE",
    "3, 2, PORT_UNREACHABLE",
    "3, 13, HOST_UNREACHABLE",
    "11, 0, HOST_UNREACHABLE",
    "11, 1, TIMED_OUT"
  })
  void anErrorIsToldToWhoAsked(int type, int code, CloseReason reason) {
    PingSocket socket = open();
    ask(socket, FAR, 9, new byte[8]);
    byte[] asked = host.theOneSent();
    host.receive(V4.of(PEER, ME).icmp(type, code, 0, asked));
    assertEquals(List.of(FAR + " seq 9 " + reason), heard);
  }

  @Test
  void anErrorAboutAReplyOfOursIsNotAboutAPing() {
    PingSocket socket = open();
    byte[] reply =
        V4.of(ME, PEER).icmp(ECHO_REPLY, 0, socket.identifier() << 16, new byte[8]).bytes();
    host.receive(V4.of(PEER, ME).icmp(3, 1, 0, reply));
    assertEquals(List.of(), heard);
    assertEquals(Map.of("icmp-no-socket", 1L), host.drops());
  }

  @Test
  void whatCannotBeSentIsToldAndCounted() {
    PingSocket socket = open();
    assertFalse(ask(socket, PEER, 1, new byte[65_508]));
    assertEquals(Map.of("not-sent", 1L), host.ping().counted());
    assertThrows(IllegalArgumentException.class, () -> ask(socket, PEER, 65_536, new byte[0]));
    socket.close();
    assertThrows(IllegalStateException.class, () -> ask(socket, PEER, 1, new byte[0]));
  }

  @Test
  void aHandlerThatFailsDoesNoHarm() {
    PingSocket socket =
        host.ping()
            .open((its, reply) -> {
              throw new IllegalStateException("a handler");
            });
    host.receive(V4.of(PEER, ME).icmp(ECHO_REPLY, 0, socket.identifier() << 16, new byte[8]));
    assertEquals(Map.of("replies-received", 1L), host.ping().counted());
  }

  @Test
  void identifiersAreFreeAgainAndBounded() {
    List<PingSocket> all = new ArrayList<>();
    int before = host.ip().ports().size();
    for (int i = 0; i < 28_232; i++) {
      all.add(open());
    }
    assertThrows(IllegalStateException.class, this::open);
    all.forEach(PingSocket::close);
    assertEquals(before, host.ip().ports().size());
    open().close();
  }
}
