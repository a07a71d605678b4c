package dev.tapstack.udp;

import static dev.tapstack.socket.OpenException.Reason.ADDRESS_IN_USE;
import static dev.tapstack.socket.OpenException.Reason.ADDRESS_NOT_LOCAL;
import static dev.tapstack.socket.OpenException.Reason.NO_ROUTE;
import static dev.tapstack.testkit.IpHost.ME;
import static dev.tapstack.testkit.IpHost.PEER;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.socket.OpenException;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpSocket;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;

/** Sockets with one peer: what they hear, who shares a port with them (RFC 1122 4.1.4). */
class ConnectedUdpTest {
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

  private UdpSocket connect(String local, String remote) {
    return host.udp().connect(at(local), at(remote), socket -> {});
  }

  private void receive(String from, String to) {
    Endpoint source = at(from);
    Endpoint destination = at(to);
    host.receive(
        V4.of(source.address().toString(), destination.address().toString())
            .udp(source.port(), destination.port(), DATA));
  }

  /** That one datagram waits, from {@code from}. */
  private static void assertHeard(String from, UdpSocket socket) {
    UdpDatagram datagram = socket.receive();
    assertNotNull(datagram, "nothing heard");
    assertEquals(at(from), datagram.source());
    assertNull(socket.receive());
  }

  private static void assertRefused(OpenException.Reason reason, Executable call) {
    assertEquals(reason, assertThrows(OpenException.class, call).reason());
  }

  @Test
  void itHearsItsPeerAlone() {
    UdpSocket socket = bind("0.0.0.0:53");
    socket.connect(at("10.0.0.2:999"));
    assertEquals(at("10.0.0.2:999"), socket.remote());
    receive("10.0.0.2:998", "10.0.0.1:53");
    receive("10.0.0.3:999", "10.0.0.1:53");
    assertNull(socket.receive());
    assertEquals(Map.of("udp-port-closed", 2L), host.drops());
    receive("10.0.0.2:999", "10.0.0.1:53");
    assertHeard("10.0.0.2:999", socket);
  }

  @Test
  void itTakesTheAddressOfTheRouteAndGivesItBack() {
    UdpSocket socket = bind("0.0.0.0:53");
    socket.connect(at("192.0.2.9:999"));
    assertEquals(at("10.0.0.1:53"), socket.local());
    socket.connect(at("127.0.0.1:999"));
    assertEquals(at("127.0.0.1:53"), socket.local());
    socket.disconnect();
    socket.disconnect();
    assertNull(socket.remote());
    assertEquals(at("0.0.0.0:53"), socket.local());
    receive("10.0.0.3:4", "10.0.0.1:53");
    assertHeard("10.0.0.3:4", socket);
    socket.close();
    assertEquals(0, host.ip().ports().size());
  }

  @Test
  void itSendsToItsPeer() {
    UdpSocket socket = connect("10.0.0.1:53", "10.0.0.2:999");
    assertTrue(socket.send(Unpooled.wrappedBuffer(DATA)));
    byte[] sent = host.theOneSent();
    byte[] expected = V4.of(ME, PEER).udp(53, 999, DATA).bytes();
    assertArrayEquals(
        Arrays.copyOfRange(expected, 20, expected.length),
        Arrays.copyOfRange(sent, 20, sent.length));
    socket.disconnect();
    assertThrows(IllegalStateException.class, () -> socket.send(Unpooled.wrappedBuffer(DATA)));
  }

  @Test
  void itComesBeforeTheOneThatHearsEverybody() {
    UdpSocket all = bind("0.0.0.0:53");
    UdpSocket first = connect("0.0.0.0:53", "10.0.0.2:999");
    UdpSocket second = connect("10.0.0.1:53", "10.0.0.2:998");
    receive("10.0.0.2:998", "10.0.0.1:53");
    assertHeard("10.0.0.2:998", second);
    receive("10.0.0.2:999", "10.0.0.1:53");
    assertHeard("10.0.0.2:999", first);
    assertNull(all.receive());
    receive("10.0.0.3:999", "10.0.0.1:53");
    assertHeard("10.0.0.3:999", all);
    first.close();
    receive("10.0.0.2:999", "10.0.0.1:53");
    assertHeard("10.0.0.2:999", all);
    assertEquals(Map.of(), host.drops());
  }

  @Test
  void thePortIsFreeWhenTheLastHasClosed() {
    UdpSocket all = bind("0.0.0.0:53");
    UdpSocket one = connect("0.0.0.0:53", "10.0.0.2:999");
    UdpSocket other = connect("0.0.0.0:53", "10.0.0.2:998");
    all.close();
    one.close();
    assertRefused(ADDRESS_IN_USE, () -> bind("0.0.0.0:53"));
    other.close();
    bind("0.0.0.0:53").close();
    assertEquals(0, host.ip().ports().size());
  }

  @Test
  void noTwoHaveTheSameEnds() {
    UdpSocket all = bind("0.0.0.0:53");
    UdpSocket one = connect("0.0.0.0:53", "10.0.0.2:999");
    assertRefused(ADDRESS_IN_USE, () -> connect("10.0.0.1:53", "10.0.0.2:999"));
    assertRefused(ADDRESS_IN_USE, () -> all.connect(at("10.0.0.2:999")));
    assertRefused(ADDRESS_IN_USE, one::disconnect);
    one.connect(at("10.0.0.2:999"));
    all.close();
    one.disconnect();
    receive("10.0.0.3:999", "10.0.0.1:53");
    assertHeard("10.0.0.3:999", one);
    one.close();
    assertEquals(0, host.ip().ports().size());
  }

  @Test
  void whatCannotBeConnectedIsRefusedAndHoldsNoPort() {
    assertRefused(ADDRESS_NOT_LOCAL, () -> connect("10.0.0.9:53", "10.0.0.2:999"));
    assertThrows(IllegalArgumentException.class, () -> connect("0.0.0.0:53", "10.0.0.2:0"));
    assertThrows(IllegalArgumentException.class, () -> connect("0.0.0.0:53", "0.0.0.0:999"));
    host.ip().routes().remove(IpPrefix.parse("0.0.0.0/0"));
    assertRefused(NO_ROUTE, () -> connect("0.0.0.0:53", "192.0.2.9:999"));
    assertEquals(0, host.ip().ports().size());
  }

  @Test
  void ephemeralPortsAreNotShared() {
    UdpSocket one = host.udp().connect(null, at("10.0.0.2:999"), socket -> {});
    UdpSocket other = host.udp().connect(null, at("10.0.0.2:999"), socket -> {});
    assertEquals(at("10.0.0.1:1").address(), one.local().address());
    receive("10.0.0.2:999", other.local().toString());
    assertNull(one.receive());
    assertHeard("10.0.0.2:999", other);
  }

  @Test
  void aClosedSocketConnectsNobody() {
    UdpSocket socket = bind("0.0.0.0:53");
    socket.close();
    assertThrows(IllegalStateException.class, () -> socket.connect(at("10.0.0.2:999")));
    assertThrows(IllegalStateException.class, socket::disconnect);
  }
}
