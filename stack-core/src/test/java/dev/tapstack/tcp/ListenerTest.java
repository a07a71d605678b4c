package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.ip.Ports;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.TcpServer;
import dev.tapstack.testkit.IpHost;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Listening ports: their two queues, what closing does, who gets which port. */
class ListenerTest {
  private static final String SYN_ACK = "S. 0:0(0) ack 1 <mss 1460>";

  private final TcpHost host = new TcpHost(TcpHost.ISNS[2], TcpHost.ISNS[1]);
  private final TcpApp app = host.app;

  @AfterEach
  void close() {
    host.close();
  }

  private TcpServer server() {
    return host.server;
  }

  private void syn(int port) {
    host.in(port, "S 0:0(0)");
    host.expect(port, SYN_ACK);
  }

  @Test
  void aFullSynQueueGivesUpItsOldest() {
    host.options = TcpOptions.DEFAULTS.withSynQueue(2);
    host.listen();
    syn(1001);
    syn(1002);
    assertEquals(2, server().synQueueLength());
    syn(1003);
    host.expectNothing(); // no RST for the one that went
    assertEquals(2, server().synQueueLength());
    assertEquals(1, host.count(TcpCounter.SYN_QUEUE_EVICTIONS));

    host.in(1001, ". 1:1(0) ack 1");
    host.expect(1001, "R 1:1(0) win 0");
    host.in(1002, ". 1:1(0) ack 1");
    host.in(1003, ". 1:1(0) ack 1");
    host.expectNothing();
    assertEquals(2, app.connected);
    assertEquals(0, server().synQueueLength());
  }

  @Test
  void aFullAcceptQueueDropsTheLastAckWithoutAReset() {
    host.options = TcpOptions.DEFAULTS.withAcceptQueue(1);
    host.listen();
    host.inLoop(() -> server().accepting(false));
    syn(1001);
    syn(1002);
    host.in(1001, ". 1:1(0) ack 1");
    host.in(1002, ". 1:1(0) ack 1");
    host.expectNothing();
    assertEquals(1, server().acceptQueueLength());
    assertEquals(1, server().synQueueLength());
    assertEquals(0, app.connected);
    assertEquals(1L, host.host.drops().get("tcp-accept-queue-full"));

    host.in(1002, "P. 1:11(10) ack 1"); // the peer believes to be connected
    host.expectNothing();
    host.runFor(1002 * TcpHost.MILLI);
    host.expect(1002, SYN_ACK); // sent again by the timer
    host.inLoop(() -> server().accepting(true));
    assertEquals(1, app.connected);
    host.in(1002, "P. 1:11(10) ack 1");
    host.expect(1002, ". 1:1(0) ack 11");
    assertEquals(2, app.connected);
    assertEquals(10, app.connection().readableBytes());
  }

  @Test
  void whatArrivesWhileAConnectionWaitsIsShownWhenItIsAccepted() {
    host.listen();
    host.inLoop(() -> server().accepting(false));
    syn(1001);
    host.in(1001, ". 1:1(0) ack 1");
    host.in(1001, "P. 1:11(10) ack 1");
    host.expect(1001, ". 1:1(0) ack 11");
    host.in(1001, "F. 11:11(0) ack 1");
    host.expect(1001, ". 1:1(0) ack 12");
    assertEquals(0, app.connected + app.readable);
    host.inLoop(() -> server().accepting(true));
    assertEquals(1, app.connected);
    assertEquals(1, app.readable);
    host.read(10);
    assertTrue(app.connection().endOfInput());
  }

  @Test
  void aConnectionThatIsResetWhileItWaitsIsNeverShown() {
    host.listen();
    host.inLoop(() -> server().accepting(false));
    syn(1001);
    host.in(1001, "P. 1:11(10) ack 1");
    host.expect(1001, ". 1:1(0) ack 11");
    host.in(1001, "R 11:11(0)");
    assertEquals(0, server().acceptQueueLength());
    host.inLoop(() -> server().accepting(true));
    assertEquals(0, app.connected);
    assertEquals(0, host.tcp.memoryBytes());
    assertEquals(0, host.tcp.openConnections());
  }

  @Test
  void closingResetsWhatWasNotAcceptedAndLeavesTheRestAlone() {
    host.listen();
    syn(1001);
    host.in(1001, ". 1:1(0) ack 1");
    host.inLoop(() -> server().accepting(false));
    syn(1002);
    host.in(1002, ". 1:1(0) ack 1");
    syn(1003);
    host.inLoop(server()::close);
    host.expect(1003, "R. 1:1(0) ack 1");
    host.expect(1002, "R. 1:1(0) ack 1");
    host.expectNothing();
    assertNull(app.closed);
    assertEquals(1, host.tcp.openConnections());
    host.in(1004, "S 0:0(0)");
    assertEquals(1, host.takeAll().size(), "a RST: the port is closed");
    host.in(1001, "P. 1:11(10) ack 1");
    host.expect(1001, ". 1:1(0) ack 11");
    host.inLoop(server()::close); // idempotent
    host.listen(); // the port is free again
  }

  @Test
  void aHandshakeThatNobodyCompletesEndsInSilence() {
    host.options = TcpOptions.DEFAULTS.withSynRetries(2);
    host.listen();
    syn(1001);
    host.runFor(10 * TcpHost.SECOND);
    host.expect(1001, SYN_ACK);
    host.expect(1001, SYN_ACK);
    host.expectNothing();
    assertEquals(0, server().synQueueLength());
    assertEquals(0, app.connected);
    assertNull(app.closed);
  }

  @Test
  void aPortIsListenedOnOnce() {
    host.listen();
    IllegalStateException taken = assertThrows(IllegalStateException.class, host::listen);
    assertTrue(taken.getMessage().contains("port 80"), taken.getMessage());
    assertThrows(
        IllegalStateException.class,
        () -> listenOn(IpHost.ME, 80),
        "any address includes this one");
  }

  @Test
  void onlyOnAnAddressOfOurs() {
    IllegalStateException foreign =
        assertThrows(IllegalStateException.class, () -> listenOn(IpHost.PEER, 80));
    assertTrue(foreign.getMessage().contains("is not an address of this stack"));
  }

  @Test
  void portZeroStandsForAFreeOne() {
    TcpServer one = listenOn("0.0.0.0", 0);
    TcpServer other = listenOn("0.0.0.0", 0);
    assertTrue(one.local().port() >= Ports.EPHEMERAL_MIN);
    assertTrue(one.local().port() != other.local().port());
    one.close();
    other.close();
    assertEquals(0, host.host.ip().ports().size());
  }

  private TcpServer listenOn(String address, int port) {
    Endpoint local = new Endpoint(Ipv4Address.parse(address), port);
    return host.tcp.listen(local, TcpOptions.DEFAULTS, app::accept);
  }
}
