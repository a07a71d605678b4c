package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.FlowKey;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.SipHash;
import dev.tapstack.ip.Ports;
import dev.tapstack.loop.Rng;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Active opens: ports (RFC 6056), initial numbers (RFC 9293 3.4.1), what is refused. */
class ConnectTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private final IpHost host = new IpHost(harness);
  private final TcpLayer tcp =
      new TcpLayer(host.ip(), harness.loop(), Rng.seeded(1, "tcp"), TcpHost.noStack());

  ConnectTest() {
    host.ip().register(tcp);
    harness.closeAfterTest(tcp::close);
  }

  private TcpConnection connect(int localPort, String remote, int remotePort) {
    Endpoint local = localPort == 0 ? null : new Endpoint(Ipv4Address.ANY, localPort);
    Endpoint to = new Endpoint(Ipv4Address.parse(remote), remotePort);
    return tcp.connect(local, to, TcpOptions.DEFAULTS, new TcpApp());
  }

  private TcpConnection connect(int remotePort) {
    return connect(0, IpHost.PEER, remotePort);
  }

  private int isnOfTheSyn() {
    harness.settle();
    return ByteBuffer.wrap(host.theOneSent()).getInt(24);
  }

  @Test
  void ephemeralPortsAreInTheirRangeAndNotTwiceInUse() {
    Set<Integer> ports = new HashSet<>();
    for (int i = 0; i < 2000; i++) {
      int port = connect(80).local().port();
      assertTrue(port >= Ports.EPHEMERAL_MIN && port <= Ports.EPHEMERAL_MAX, "port " + port);
      assertTrue(ports.add(port), "port " + port + " is used twice");
    }
    assertEquals(2000, tcp.openConnections());
  }

  /** RFC 6056 3.3.3: where the search begins is a secret of the peer's address. */
  @Test
  void portsOfOnePeerTellNothingOfAnothers() {
    int here = connect(0, IpHost.PEER, 80).local().port();
    int there = connect(0, IpHost.FAR, 80).local().port();
    int here2 = connect(0, IpHost.PEER, 80).local().port();
    assertNotEquals(1, there - here);
    assertNotEquals(1, here2 - there);
  }

  @Test
  void aPortMayServeSeveralPeersButNotTheSameTwice() {
    connect(4000, IpHost.PEER, 80);
    connect(4000, IpHost.PEER, 81);
    connect(4000, IpHost.FAR, 80);
    IllegalStateException taken =
        assertThrows(IllegalStateException.class, () -> connect(4000, IpHost.PEER, 80));
    assertTrue(taken.getMessage().contains("4000"), taken.getMessage());
  }

  @Test
  void portsAreGivenBack() {
    List<TcpConnection> all = List.of(connect(80), connect(81), connect(4000, IpHost.PEER, 80));
    assertTrue(host.ip().ports().size() > 0);
    all.forEach(TcpConnection::abort);
    assertEquals(0, host.ip().ports().size());
    connect(4000, IpHost.PEER, 80);
  }

  @Test
  void whatIsNoHostIsRefused() {
    for (String group : List.of("0.0.0.0", "255.255.255.255", "10.0.0.255", "224.0.0.1")) {
      assertThrows(IllegalArgumentException.class, () -> connect(0, group, 80), group);
    }
    assertThrows(IllegalArgumentException.class, () -> connect(0, IpHost.PEER, 0));
    assertEquals(0, host.ip().ports().size());
  }

  @Test
  void initialNumbersGrowWithTimeForOneConnection() {
    TcpConnection first = connect(4000, IpHost.PEER, 80);
    int before = isnOfTheSyn();
    first.abort();
    harness.runFor(1_000_000_000L);
    host.sent();
    connect(4000, IpHost.PEER, 80);
    int after = isnOfTheSyn();
    assertEquals(250_000, after - before, 300, "one every 4 us (RFC 9293 3.4.1)");
  }

  /** RFC 6528 3. */
  @Test
  void initialNumbersOfTwoConnectionsTellNothingOfEachOther() {
    connect(4000, IpHost.PEER, 80);
    int one = isnOfTheSyn();
    connect(4000, IpHost.PEER, 81);
    int other = isnOfTheSyn();
    assertTrue(Math.abs((long) one - other) > 100_000, one + " and " + other);
  }

  @Test
  void initialNumbersDependOnEveryPartOfTheTupleAndOnTheSecret() {
    InitialSequence sequence = new InitialSequence(new SipHash(1, 2), new SipHash(3, 4));
    InitialSequence secret = new InitialSequence(new SipHash(1, 3), new SipHash(3, 5));
    FlowKey key = new FlowKey().set(6, 0, 1, 80, 0, 2, 5000);
    Set<Integer> numbers = new HashSet<>();
    Set<Integer> offsets = new HashSet<>();
    List<FlowKey> keys =
        List.of(
            key,
            new FlowKey().set(6, 0, 3, 80, 0, 2, 5000),
            new FlowKey().set(6, 0, 1, 81, 0, 2, 5000),
            new FlowKey().set(6, 0, 1, 80, 0, 3, 5000),
            new FlowKey().set(6, 0, 1, 80, 0, 2, 5001),
            new FlowKey().set(6, 1, 1, 80, 0, 2, 5000),
            new FlowKey().set(6, 0, 1, 80, 1, 2, 5000));
    for (FlowKey each : keys) {
      numbers.add(sequence.next(each, 0));
      offsets.add(sequence.timestampOffset(each));
    }
    numbers.add(secret.next(key, 0));
    offsets.add(secret.timestampOffset(key));
    assertEquals(keys.size() + 1, numbers.size());
    assertEquals(keys.size() + 1, offsets.size());
    assertEquals(sequence.next(key, 0), sequence.next(key, 3_999));
    assertEquals(sequence.next(key, 0) + 1, sequence.next(key, 4_000));
    assertEquals(sequence.timestampOffset(key), sequence.timestampOffset(key));
  }
}
