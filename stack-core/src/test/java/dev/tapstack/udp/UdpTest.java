package dev.tapstack.udp;

import static dev.tapstack.testkit.IpHost.FAR;
import static dev.tapstack.testkit.IpHost.ME;
import static dev.tapstack.testkit.IpHost.PEER;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpSocket;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import io.netty.buffer.ByteBuf;
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

/** Which datagram reaches which socket, and what leaves (RFC 768, RFC 1122 4.1). */
class UdpTest {
  private static final byte[] DATA = V4.data(25, 8);

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private IpHost host;

  @BeforeEach
  void start() {
    host = new IpHost(harness);
  }

  private static Endpoint at(String text) {
    return Endpoint.parse(text);
  }

  private UdpSocket bind(String local) {
    return host.udp().bind(at(local), socket -> {});
  }

  private static ByteBuf bytes(byte[] data) {
    return Unpooled.wrappedBuffer(data);
  }

  private static byte[] payload(UdpDatagram datagram) {
    byte[] data = new byte[datagram.payloadBytes()];
    datagram.buf().getBytes(datagram.payloadIndex(), data);
    return data;
  }

  private void receive(String from, String to, byte[] data) {
    Endpoint source = at(from);
    Endpoint destination = at(to);
    host.receive(
        V4.of(source.address().toString(), destination.address().toString())
            .udp(source.port(), destination.port(), data));
  }

  // Up.

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 24, 25, 1472})
  void aDatagramReachesItsSocket(int size) {
    List<UdpSocket> called = new ArrayList<>();
    UdpSocket socket = host.udp().bind(at("10.0.0.1:53"), called::add);
    byte[] data = V4.data(size, 1);
    receive("10.0.0.2:999", "10.0.0.1:53", data);
    assertEquals(List.of(socket), called);
    UdpDatagram datagram = socket.receive();
    assertArrayEquals(data, payload(datagram));
    assertEquals(at("10.0.0.2:999"), datagram.source());
    assertEquals(at("10.0.0.1:53"), datagram.destination());
    assertNull(socket.receive());
    assertEquals(Map.of(), host.drops());
    assertEquals(Map.of("received", 1L), host.udp().counted());
  }

  @Test
  void datagramsWaitInTheirOrder() {
    UdpSocket socket = bind("0.0.0.0:53");
    for (int i = 0; i < 5; i++) {
      receive("10.0.0.2:999", "10.0.0.1:53", V4.octets(i));
    }
    for (int i = 0; i < 5; i++) {
      assertArrayEquals(V4.octets(i), payload(socket.receive()));
    }
    assertNull(socket.receive());
  }

  @Test
  void aDatagramEndsWithTheNext() {
    UdpSocket socket = bind("0.0.0.0:53");
    receive("10.0.0.2:999", "10.0.0.1:53", DATA);
    UdpDatagram datagram = socket.receive();
    assertEquals(1, host.ledger().keptUp());
    assertNull(socket.receive());
    assertEquals(0, host.ledger().keptUp());
    assertThrows(IllegalStateException.class, datagram::payloadBytes);
  }

  @Test
  void noChecksumIsAccepted() {
    UdpSocket socket = bind("0.0.0.0:53");
    byte[] udp = Arrays.copyOfRange(V4.of(PEER, ME).udp(9, 53, DATA).bytes(), 20, 53);
    udp[6] = udp[7] = 0;
    host.receive(V4.of(PEER, ME).protocol(V4.UDP).payload(udp));
    assertArrayEquals(DATA, payload(socket.receive()));
  }

  @Test
  void aZeroSumIsSentAndAcceptedAsAllOnes() {
    UdpSocket socket = bind("0.0.0.0:53");
    for (int i = 0; i < 65_536; i += 1) {
      byte[] packet = V4.of(PEER, ME).udp(9, 53, V4.octets(i >> 8, i & 255)).bytes();
      if (packet[26] == -1 && packet[27] == -1) {
        host.receive(packet);
        assertArrayEquals(V4.octets(i >> 8, i & 255), payload(socket.receive()));
        assertTrue(socket.send(at("10.0.0.2:9"), bytes(V4.octets(i >> 8, i & 255))));
        byte[] sent = host.theOneSent();
        assertEquals(-1, sent[26]); // the same words in another order: the same sum
        assertEquals(-1, sent[27]);
        return;
      }
    }
    throw new AssertionError("no payload sums to zero");
  }

  @Test
  void anyBitIsUnderTheChecksum() {
    bind("0.0.0.0:53");
    byte[] good = V4.of(PEER, ME).udp(9, 53, DATA).bytes();
    long wrong = 0;
    for (int bit = 20 * 8; bit < good.length * 8; bit++) {
      boolean isLength = bit / 8 == 24 || bit / 8 == 25;
      if (!isLength) {
        byte[] packet = good.clone();
        packet[bit / 8] ^= (byte) (1 << bit % 8);
        host.receive(packet);
        wrong++;
      }
    }
    assertEquals(Map.of("udp-bad-checksum", wrong), host.drops());
    assertEquals(List.of(), host.sent());
  }

  @Test
  void theAddressesAreUnderTheChecksum() {
    bind("0.0.0.0:53");
    byte[] packet = V4.of(PEER, ME).udp(9, 53, DATA).bytes();
    packet[15] = 3;
    host.receive(V4.withHeaderChecksum(packet));
    assertEquals(Map.of("udp-bad-checksum", 1L), host.drops());
  }

  @ParameterizedTest
  @CsvSource({"0", "7", "34", "65535"})
  void aLengthThatCannotBeIsDropped(int length) {
    bind("0.0.0.0:53");
    byte[] packet = V4.of(PEER, ME).udp(9, 53, DATA).bytes();
    packet[24] = (byte) (length >> 8);
    packet[25] = (byte) length;
    host.receive(packet);
    assertEquals(Map.of("udp-bad-length", 1L), host.drops());
  }

  @Test
  void aCutHeaderIsDropped() {
    for (int length = 0; length < 8; length++) {
      host.receive(V4.of(PEER, ME).protocol(V4.UDP).payload(new byte[length]));
    }
    assertEquals(Map.of("udp-truncated", 8L), host.drops());
  }

  @Test
  void bytesBehindTheDatagramAreNotPartOfIt() {
    UdpSocket socket = bind("0.0.0.0:53");
    byte[] udp = Arrays.copyOfRange(V4.of(PEER, ME).udp(9, 53, DATA).bytes(), 20, 53);
    host.receive(V4.of(PEER, ME).protocol(V4.UDP).payload(V4.concat(udp, new byte[11])));
    assertArrayEquals(DATA, payload(socket.receive()));
  }

  @Test
  void aClosedPortIsReported() {
    byte[] packet = V4.of(PEER, ME).udp(999, 53, DATA).bytes();
    host.receive(packet);
    assertEquals(Map.of("udp-port-closed", 1L), host.drops());
    byte[] error = host.theOneSent();
    assertEquals(3, error[20]);
    assertEquals(3, error[21]);
    assertArrayEquals(packet, Arrays.copyOfRange(error, 28, error.length));
  }

  @Test
  void theSocketOfTheVeryAddressComesFirst() {
    UdpSocket loopback = bind("127.0.0.1:53");
    UdpSocket own = bind("10.0.0.1:53");
    receive("10.0.0.2:999", "10.0.0.1:53", DATA);
    assertNull(loopback.receive());
    assertArrayEquals(DATA, payload(own.receive()));
    assertThrows(IllegalStateException.class, () -> bind("0.0.0.0:53"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.255", "255.255.255.255", "224.0.0.1"})
  void aGroupIsHeardByWhoIsBoundToAnyOrToIt(String group) {
    UdpSocket own = bind("10.0.0.1:54");
    receive("10.0.0.2:999", group + ":54", DATA);
    assertNull(own.receive());
    assertEquals(Map.of("udp-port-closed", 1L), host.drops());
    for (String local : List.of("0.0.0.0:55", group + ":56")) {
      UdpSocket socket = bind(local);
      if (group.equals("224.0.0.1")) {
        socket.join(IpAddress.parse(group), null);
      }
      receive("10.0.0.2:999", group + ":" + socket.local().port(), DATA);
      UdpDatagram datagram = socket.receive();
      assertArrayEquals(DATA, payload(datagram));
      assertTrue(socket.reply(datagram, bytes(DATA)));
      assertEquals(ME, source(host.theOneSent()), "a group is nobody's source");
    }
  }

  private static String source(byte[] packet) {
    return packet[12] + "." + packet[13] + "." + packet[14] + "." + packet[15];
  }

  @Test
  void theQueueIsBoundedByTheMemoryItHolds() {
    UdpSocket socket = bind("0.0.0.0:53");
    for (int i = 0; i < 200; i++) {
      receive("10.0.0.2:999", "10.0.0.1:53", V4.octets(i));
    }
    // 256 KiB in buffers of 2 KiB; the first come stay.
    assertEquals(Map.of("udp-queue-full", 72L), host.drops());
    assertArrayEquals(V4.octets(0), payload(socket.receive()));
    receive("10.0.0.2:999", "10.0.0.1:53", V4.octets(200));
    assertEquals(Map.of("udp-queue-full", 72L), host.drops());
    assertEquals(Map.of("received", 129L), host.udp().counted());
  }

  @Test
  void aSmallDatagramDoesNotPinALargeBuffer() {
    bind("0.0.0.0:53");
    byte[] packet = V4.of(PEER, ME).udp(999, 53, DATA).bytes();
    for (int i = 0; i < 128; i++) {
      host.receive(host.eth(), packet, 0, 60_000);
    }
    assertEquals(Map.of(), host.drops());
  }

  @Test
  void aHandlerThatFailsHarmsNobody() {
    UdpSocket socket =
        host.udp()
            .bind(
                at("0.0.0.0:53"),
                s -> {
                  throw new IllegalArgumentException("meant by the test");
                });
    receive("10.0.0.2:999", "10.0.0.1:53", DATA);
    assertArrayEquals(DATA, payload(socket.receive()));
  }

  @Test
  void aHandlerMayCloseItsSocket() {
    host.udp().bind(at("0.0.0.0:53"), UdpSocket::close);
    receive("10.0.0.2:999", "10.0.0.1:53", DATA);
    receive("10.0.0.2:999", "10.0.0.1:53", DATA);
    assertEquals(Map.of("udp-port-closed", 2L), host.drops());
    assertEquals(0, host.ip().ports().size());
  }

  // Down.

  @Test
  void aDatagramLeavesAsRfc768HasIt() {
    UdpSocket socket = bind("10.0.0.1:53");
    ByteBuf data = bytes(DATA);
    assertTrue(socket.send(at("192.0.2.9:4000"), data));
    assertEquals(DATA.length, data.readableBytes());
    byte[] sent = host.theOneSent();
    byte[] expected = V4.of(ME, FAR).udp(53, 4000, DATA).bytes();
    assertArrayEquals(
        Arrays.copyOfRange(expected, 20, expected.length),
        Arrays.copyOfRange(sent, 20, sent.length));
    assertEquals(Map.of("sent", 1L), host.udp().counted());
  }

  @Test
  void anAnswerLeavesFromTheAddressThatWasAsked() {
    UdpSocket socket = bind("0.0.0.0:53");
    byte[] question = V4.of("127.0.0.1", "127.3.3.3").udp(999, 53, DATA).bytes();
    host.receive(host.lo(), question, 0);
    assertTrue(socket.reply(socket.receive(), bytes(DATA)));
    byte[] answer = host.sentToSelf().get(0).bytes();
    assertEquals("127.3.3.3", source(answer));
    assertArrayEquals(V4.octets(0, 53, 3, 0xe7), Arrays.copyOfRange(answer, 20, 24));
  }

  @Test
  void sourcePortZeroWantsNoAnswer() {
    UdpSocket socket = bind("0.0.0.0:53");
    receive("10.0.0.2:0", "10.0.0.1:53", DATA);
    assertFalse(socket.reply(socket.receive(), bytes(DATA)));
    assertEquals(List.of(), host.sent());
  }

  @Test
  void whatCannotBeSentIsRefusedAndCounted() {
    UdpSocket socket = bind("0.0.0.0:53");
    assertFalse(socket.send(at("10.0.0.2:9"), bytes(new byte[65_508])));
    host.ip().routes().remove(IpPrefix.parse("0.0.0.0/0"));
    assertFalse(socket.send(at("192.0.2.9:9"), bytes(DATA)));
    assertEquals(Map.of("not-sent", 2L), host.udp().counted());
    assertTrue(socket.send(at("10.0.0.2:9"), bytes(new byte[65_507])));
    assertEquals(45, host.sent().size());
    assertThrows(IllegalArgumentException.class, () -> socket.send(at("10.0.0.2:0"), bytes(DATA)));
  }

  @Test
  void aBroadcastIsMeantByWhoNamesIt() {
    UdpSocket socket = bind("0.0.0.0:53");
    assertTrue(socket.send(at("10.0.0.255:9"), bytes(DATA)));
    assertTrue(socket.send(at("255.255.255.255:9"), bytes(DATA)));
    assertEquals(2, host.sent().size());
    assertEquals(Map.of(), host.drops());
  }

  @Test
  void aSocketSaysTtlAndTypeOfService() {
    UdpSocket socket = bind("0.0.0.0:53");
    assertEquals("64 0", ttlAndTos(socket, "10.0.0.2:9"));
    assertEquals("1 0", ttlAndTos(socket, "224.1.2.3:9"));
    socket.ttl(255);
    socket.multicastTtl(7);
    socket.typeOfService(0xb8);
    assertEquals("255 184", ttlAndTos(socket, "10.0.0.2:9"));
    assertEquals("7 184", ttlAndTos(socket, "224.1.2.3:9"));
    socket.ttl(0);
    assertEquals("64 184", ttlAndTos(socket, "10.0.0.2:9"));
    assertThrows(IllegalArgumentException.class, () -> socket.ttl(256));
    assertThrows(IllegalArgumentException.class, () -> socket.typeOfService(-1));
  }

  private String ttlAndTos(UdpSocket from, String to) {
    assertTrue(from.send(at(to), bytes(DATA)));
    byte[] sent = host.theOneSent();
    return (sent[8] & 255) + " " + (sent[1] & 255);
  }

  // Sockets.

  @Test
  void portsAreExclusiveAndComeBack() {
    UdpSocket first = bind("10.0.0.1:53");
    assertThrows(IllegalStateException.class, () -> bind("10.0.0.1:53"));
    assertThrows(IllegalStateException.class, () -> bind("192.0.2.9:54"));
    first.close();
    first.close();
    bind("0.0.0.0:53").close();
    assertEquals(0, host.ip().ports().size());
    assertThrows(IllegalStateException.class, () -> first.send(at("10.0.0.2:9"), bytes(DATA)));
  }

  @Test
  void manySocketsAreFoundAndForgotten() {
    List<UdpSocket> sockets = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      sockets.add(bind("0.0.0.0:0"));
    }
    for (int i = 0; i < 500; i += 2) {
      sockets.get(i).close();
    }
    for (int i = 0; i < 500; i++) {
      UdpSocket socket = sockets.get(i);
      receive("10.0.0.2:999", "10.0.0.1:" + socket.local().port(), V4.octets(i, i >> 8));
      if (i % 2 == 1) {
        assertArrayEquals(V4.octets(i, i >> 8), payload(socket.receive()));
      }
    }
    assertEquals(Map.of("udp-port-closed", 250L), host.drops());
    host.udp().close();
    assertEquals(0, host.ip().ports().size());
  }
}
