package dev.tapstack.apps.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.Stack;
import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.apps.cli.control.View;
import dev.tapstack.sim.SimHost;
import dev.tapstack.sim.SimNet;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.UdpSocket;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@link StackViews}, and the lines that commands make of their rows. */
class StackViewsTest {
  private static final Endpoint SERVICE = new Endpoint(Ipv4Address.ANY, 80);

  private final SimNet net = SimNet.seeded(1);
  private final SimHost a = net.host("a", "10.0.0.1/24");
  private final SimHost b = net.host("b", "10.0.0.2/24");

  StackViewsTest() {
    net.link(a, b);
    net.runFor(Duration.ofSeconds(5)); // both have announced themselves
  }

  @AfterEach
  void close() {
    net.close();
  }

  private static List<Map<String, Object>> rows(Stack stack, String name) {
    return rows(StackViews.of(stack).get(name));
  }

  private static <S> List<Map<String, Object>> rows(View<S> view) {
    return view.rows().apply(view.snapshot().get());
  }

  @Test
  void ssHasConnectionsListenersAndDatagramSockets() {
    b.stack().listen(SERVICE, TcpOptions.DEFAULTS, accepted -> connection -> {});
    b.stack().bindUdp(Endpoint.parse("10.0.0.2:53"), socket -> {});
    b.stack().connectUdp(null, Endpoint.parse("10.0.0.1:514"), socket -> {});
    Endpoint local = Endpoint.parse("10.0.0.1:40000");
    a.stack()
        .connect(local, Endpoint.parse("10.0.0.2:80"), TcpOptions.DEFAULTS, connection -> {})
        .write(Unpooled.wrappedBuffer(new byte[1000]));
    net.runFor(Duration.ofSeconds(1));

    List<String> lines = SocketTable.lines(rows(b.stack(), "ss"), true);
    assertEquals(
        "Netid  State        Recv-Q  Send-Q  Local Address:Port  Peer Address:Port",
        lines.getFirst());
    assertEquals(
        "tcp    ESTABLISHED    1000       0  10.0.0.2:80         10.0.0.1:40000", lines.get(1));
    assertTrue(
        lines.get(2).matches("  newreno cwnd:\\d+ rtt:.* mss:1448 .* bytes_received:1000 .*"),
        lines.get(2));
    assertEquals("tcp    LISTEN            0       0  0.0.0.0:80          *", lines.get(3));
    assertEquals(
        List.of("ESTABLISHED", "UNCONN"),
        rows(b.stack(), "ss").stream()
            .filter(row -> row.get("netid").equals("udp"))
            .map(row -> (String) row.get("state"))
            .sorted()
            .toList());
    assertEquals(
        5, SocketTable.lines(rows(b.stack(), "ss"), false).size(), "no second line unless asked");
  }

  @Test
  void routesAreAsIpRouteHasThem() {
    List<String> lines = rows(a.stack(), "route").stream().map(RouteCommand::line).toList();
    assertTrue(lines.contains("10.0.0.0/24 dev eth0 scope link src 10.0.0.1"), lines.toString());
    assertTrue(lines.contains("local 10.0.0.1 dev lo"), lines.toString());
    assertTrue(lines.contains("broadcast 10.0.0.255 dev eth0"), lines.toString());
  }

  @Test
  void neighboursAndDropsAreThere() {
    UdpSocket socket = a.stack().bindUdp(Endpoint.parse("10.0.0.1:5000"), ignored -> {});
    socket.send(Endpoint.parse("10.0.0.2:9"), Unpooled.wrappedBuffer(new byte[] {1}));
    socket.send(Endpoint.parse("10.0.0.77:9"), Unpooled.wrappedBuffer(new byte[] {1}));
    net.runFor(Duration.ofMillis(100));
    List<Map<String, Object>> neighbors = rows(a.stack(), "arp");
    String mac = b.stack().interfaces().get(1).mac().toString();
    assertEquals(
        List.of(
            Map.of("dst", "10.0.0.2", "dev", "eth0", "lladdr", mac, "state", "REACHABLE"),
            Map.of("dst", "10.0.0.77", "dev", "eth0", "state", "INCOMPLETE")),
        neighbors);
    assertTrue(
        rows(b.stack(), "drops").contains(Map.of("reason", "udp-port-closed", "count", 1L)),
        rows(b.stack(), "drops").toString());
  }

  @Test
  void dropsThatAreWatchedHaveRates() {
    List<Map<String, Object>> before = List.of(Map.of("reason", "ip-no-route", "count", 10));
    List<Map<String, Object>> now =
        List.of(
            Map.of("reason", "ip-no-route", "count", 30),
            Map.of("reason", "udp-port-closed", "count", 8));
    assertEquals(
        List.of(10L, 4L),
        DropsCommand.withRates(before, now, 2).stream().map(row -> row.get("per_second")).toList());
  }
}
