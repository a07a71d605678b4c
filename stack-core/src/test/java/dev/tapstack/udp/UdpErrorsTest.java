package dev.tapstack.udp;

import static dev.tapstack.testkit.IpHost.ME;
import static dev.tapstack.testkit.IpHost.PEER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.QuotedPacket;
import dev.tapstack.socket.UdpError;
import dev.tapstack.socket.UdpError.Kind;
import dev.tapstack.socket.UdpHandler;
import dev.tapstack.socket.UdpSocket;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Who learns of an error about a datagram, and what (RFC 1122 4.1.3.3). */
class UdpErrorsTest {
  private static final byte[] DATA = V4.data(25, 8);

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private IpHost host;

  @BeforeEach
  void start() {
    host = new IpHost(harness);
  }

  /** Writes down the errors of its socket. */
  private static final class Failures implements UdpHandler {
    final List<UdpError> errors = new ArrayList<>();

    @Override
    public void onReadable(UdpSocket socket) {}

    @Override
    public void onError(UdpSocket socket, UdpError error) {
      errors.add(error);
    }

    /** Those since the last call. */
    List<UdpError> take() {
      List<UdpError> all = List.copyOf(errors);
      errors.clear();
      return all;
    }
  }

  private static Endpoint at(String text) {
    return Endpoint.parse(text);
  }

  private static UdpError error(Kind kind, String to, int mtu) {
    return new UdpError(kind, at(to), mtu);
  }

  /** An ICMP error about a datagram arrives from somebody on the way. */
  private void receiveError(int type, int code, int info, String from, String to) {
    Endpoint source = at(from);
    Endpoint destination = at(to);
    byte[] quoted =
        V4.of(source.address().toString(), destination.address().toString())
            .udp(source.port(), destination.port(), DATA)
            .bytes();
    host.receive(V4.of(PEER, ME).icmp(type, code, info, quoted));
  }

  private void receivePortUnreachable(String from, String to) {
    receiveError(3, 3, 0, from, to);
  }

  @Test
  void aConnectedSocketLearnsOfErrorsAboutItsOwn() {
    Failures failures = new Failures();
    UdpSocket socket = host.udp().bind(at("0.0.0.0:53"), failures);
    socket.connect(at("10.0.0.2:9"));
    receivePortUnreachable("10.0.0.1:53", "10.0.0.2:8");
    receivePortUnreachable("10.0.0.1:53", "10.0.0.3:9");
    receivePortUnreachable("10.0.0.1:52", "10.0.0.2:9");
    assertEquals(List.of(), failures.take());
    assertEquals(Map.of("icmp-no-socket", 3L), host.drops());
    receivePortUnreachable("10.0.0.1:53", "10.0.0.2:9");
    assertEquals(List.of(error(Kind.PORT_UNREACHABLE, "10.0.0.2:9", 0)), failures.take());
    assertEquals(Map.of("errors-received", 1L), host.udp().counted());
    socket.close();
    receivePortUnreachable("10.0.0.1:53", "10.0.0.2:9");
    assertEquals(List.of(), failures.take());
  }

  @Test
  void aSocketThatSpeaksToManyLearnsAboutWhom() {
    Failures failures = new Failures();
    host.udp().bind(at("0.0.0.0:53"), failures);
    receivePortUnreachable("10.0.0.1:53", "10.0.0.2:9");
    receivePortUnreachable("10.0.0.1:53", "192.0.2.9:8");
    assertEquals(
        List.of(
            error(Kind.PORT_UNREACHABLE, "10.0.0.2:9", 0),
            error(Kind.PORT_UNREACHABLE, "192.0.2.9:8", 0)),
        failures.take());
  }

  @Test
  void ofTwoOnAPortTheOneThatSentItLearnsOfIt() {
    Failures ofAll = new Failures();
    Failures ofOne = new Failures();
    host.udp().bind(at("0.0.0.0:53"), ofAll);
    host.udp().connect(at("0.0.0.0:53"), at("10.0.0.2:9"), ofOne);
    receivePortUnreachable("10.0.0.1:53", "10.0.0.2:9");
    assertEquals(List.of(error(Kind.PORT_UNREACHABLE, "10.0.0.2:9", 0)), ofOne.take());
    receivePortUnreachable("10.0.0.1:53", "10.0.0.2:8");
    assertEquals(List.of(), ofOne.take());
    assertEquals(List.of(error(Kind.PORT_UNREACHABLE, "10.0.0.2:8", 0)), ofAll.take());
  }

  /** RFC 792 and RFC 1122 3.2.2 as they come from the wire. */
  @ParameterizedTest
  @CsvSource({
    "3, 0, NET_UNREACHABLE",
    "3, 1, HOST_UNREACHABLE",
    "3, 2, PROTOCOL_UNREACHABLE",
    "3, 3, PORT_UNREACHABLE",
    "3, 5, NET_UNREACHABLE",
    "3, 9, PROHIBITED",
    "3, 13, PROHIBITED",
    "11, 0, TTL_EXCEEDED",
    "11, 1, REASSEMBLY_EXCEEDED",
    "12, 0, PARAMETER_PROBLEM"
  })
  void eachErrorHasItsWord(int type, int code, Kind kind) {
    Failures failures = new Failures();
    host.udp().connect(null, at("10.0.0.2:9"), failures);
    UdpSocket sender = host.udp().connect(at("10.0.0.1:53"), at("10.0.0.2:9"), failures);
    assertTrue(sender.send(Unpooled.wrappedBuffer(DATA)));
    receiveError(type, code, 0, "10.0.0.1:53", "10.0.0.2:9");
    assertEquals(List.of(error(kind, "10.0.0.2:9", 0)), failures.take());
  }

  @Test
  void tooBigComesWithTheNextHopsMtu() {
    Failures failures = new Failures();
    host.udp().bind(at("0.0.0.0:53"), failures);
    receiveError(3, 4, 1280, "10.0.0.1:53", "192.0.2.9:9");
    assertEquals(List.of(error(Kind.TOO_BIG, "192.0.2.9:9", 1280)), failures.take());
  }

  @ParameterizedTest
  @EnumSource(IcmpError.class)
  void noneIsForgotten(IcmpError kind) {
    Failures failures = new Failures();
    host.udp().bind(at("10.0.0.1:53"), failures);
    QuotedPacket about = new QuotedPacket();
    about.set(Unpooled.wrappedBuffer(V4.octets(0, 53, 0, 9, 0, 8, 0, 0)), 0, 8, V4.UDP, 0);
    IpAddress me = IpAddress.parse(ME);
    IpAddress peer = IpAddress.parse(PEER);
    about.addresses(me.hi(), me.lo(), peer.hi(), peer.lo());
    assertTrue(host.udp().error(kind, about));
    assertEquals(List.of(error(Kind.valueOf(kind.name()), "10.0.0.2:9", 0)), failures.take());
    about.addresses(peer.hi(), peer.lo(), me.hi(), me.lo());
    assertFalse(host.udp().error(kind, about));
  }

  @Test
  void aHandlerThatFailsHarmsNobody() {
    host.udp()
        .bind(
            at("0.0.0.0:53"),
            new UdpHandler() {
              @Override
              public void onReadable(UdpSocket socket) {}

              @Override
              public void onError(UdpSocket socket, UdpError error) {
                throw new IllegalArgumentException("meant by the test");
              }
            });
    receivePortUnreachable("10.0.0.1:53", "10.0.0.2:9");
    assertEquals(Map.of("errors-received", 1L), host.udp().counted());
  }
}
