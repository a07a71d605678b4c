package dev.tapstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.conntrack.Conntrack;
import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.conntrack.ConntrackCounter;
import dev.tapstack.conntrack.FlowInfo;
import dev.tapstack.conntrack.Tracked;
import dev.tapstack.loop.Rng;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpOptions;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A host that tracks speaks for itself as any other, and a router that forgot says so. */
class TrackedHostTest {
  private static final Duration SOON = Duration.ofSeconds(5);

  private final SimNet net = SimNet.seeded(1);
  private SimHost a;
  private SimHost r;
  private SimHost b;
  private Conntrack conntrack;

  /** Remembers how its connection got on. */
  private static final class Watch implements TcpHandler {
    boolean isConnected;
    @Nullable CloseReason closed;

    @Override
    public void onConnected(TcpConnection connection) {
      isConnected = true;
    }

    @Override
    public void onReadable(TcpConnection connection) {}

    @Override
    public void onClosed(TcpConnection connection, CloseReason reason) {
      closed = reason;
    }
  }

  @BeforeEach
  void start() {
    a = net.host(HostSpec.named("a").port("10.0.1.2/24").gateway("10.0.1.1"));
    b = net.host(HostSpec.named("b").port("10.0.2.2/24").gateway("10.0.2.1"));
    r = net.host(HostSpec.named("r").port("10.0.1.1/24").port("10.0.2.1/24").forwarding());
    net.link(a, r);
    net.link(b, r);
    conntrack =
        new Conntrack(
            net.loop(), r.stack().ip(), Rng.seeded(1, "conntrack"), ConntrackConfig.DEFAULTS);
    conntrack.inside(1);
    conntrack.install();
  }

  @AfterEach
  void close() {
    conntrack.close();
    net.close();
  }

  private Watch connect(SimHost from, SimHost to) {
    Watch watch = new Watch();
    from.stack().connect(null, to.endpoint(80), TcpOptions.DEFAULTS, watch);
    net.runUntil(() -> watch.isConnected || watch.closed != null, SOON);
    return watch;
  }

  private void listen(SimHost host) {
    host.stack().listen(host.endpoint(80), TcpOptions.DEFAULTS, connection -> new Watch());
  }

  private List<String> states() {
    return conntrack.snapshot(10).stream().map(FlowInfo::state).toList();
  }

  @Test
  void itsOwnConnectionsOpenBothWays() {
    listen(b);
    listen(r);
    assertTrue(connect(r, b).isConnected);
    assertTrue(connect(a, r).isConnected);
    net.runFor(SOON);
    assertEquals(List.of("ESTABLISHED", "ESTABLISHED"), states());
    assertEquals(0, conntrack.counters().value(ConntrackCounter.INVALID));
  }

  @Test
  void itsClosedPortsAnswerWithARst() {
    assertEquals(CloseReason.REFUSED, connect(a, r).closed);
    assertEquals(CloseReason.REFUSED, connect(r, b).closed);
    assertEquals(List.of("RESET", "RESET"), states());
    assertEquals(0, conntrack.counters().value(ConntrackCounter.INVALID));
  }

  @Test
  void aClientLearnsAtOnceThatTheRouterHasForgottenItsConnection() {
    listen(b);
    Watch watch = new Watch();
    TcpConnection connection = a.stack().connect(null, b.endpoint(80), TcpOptions.DEFAULTS, watch);
    assertTrue(net.runUntil(() -> watch.isConnected, SOON));
    net.runFor(SOON);
    conntrack.delete(flow());
    assertNull(watch.closed);
    connection.shutdownOutput();
    assertTrue(net.runUntil(() -> watch.closed != null, Duration.ofMillis(100)));
    assertEquals(CloseReason.RESET, watch.closed);
    assertEquals(0, conntrack.size());
  }

  private Tracked flow() {
    FlowInfo info = conntrack.snapshot(1).get(0);
    return conntrack.find(
        info.protocol(),
        0,
        a.address().lo(),
        info.original().source().port(),
        0,
        b.address().lo(),
        80);
  }
}
