package dev.tapstack;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.device.LoopbackDevice;
import dev.tapstack.icmp.PingLayer;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.ip.Route;
import dev.tapstack.ip.v4.Ipv4Family;
import dev.tapstack.link.DeviceInterface;
import dev.tapstack.link.InterfaceConfig;
import dev.tapstack.link.InterfaceOptions;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Timer;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.socket.PingHandler;
import dev.tapstack.socket.PingSocket;
import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpAcceptor;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.TcpServer;
import dev.tapstack.socket.UdpHandler;
import dev.tapstack.socket.UdpSocket;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.tcp.TcpLayer;
import dev.tapstack.udp.UdpLayer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A host: interfaces, IPv4, ICMP, UDP and TCP, wired together; it alone knows all implementations.
 *
 * <p>Belongs to the thread of its loop, as everything in it; only {@link #execute} is for others.
 * Many stacks may share a loop and a pool.
 */
public final class Stack implements StackContext, AutoCloseable {
  private static final IpPrefix LOOPBACK_ADDRESS = IpPrefix.parse("127.0.0.1/8");

  private final String name;
  private final StackLoop loop;
  private final PacketLedger ledger = new PacketLedger();
  private final IpLayer ip;
  private final Ipv4Family v4;
  private final PingLayer ping;
  private final UdpLayer udp;
  private final TcpLayer tcp;
  private final List<DeviceInterface> interfaces = new ArrayList<>();
  private volatile boolean isClosed;

  /**
   * Wires a stack and opens its interfaces: from now on it owns the devices and answers. To be
   * called before the loop runs, or on its thread.
   *
   * @throws IllegalArgumentException if a gateway is on none of the attached subnets
   */
  public Stack(StackLoop loop, PacketPool pool, StackConfig config) {
    this.name = config.name();
    this.loop = loop;
    Rng rng = config.rng();
    ip = new IpLayer(loop, pool, ledger, rng, config.ip());
    v4 = new Ipv4Family(ip, loop, rng);
    ping = new PingLayer(ip);
    v4.icmp().echoClient(ping);
    udp = new UdpLayer(ip, config.udpReceiveBufferBytes());
    tcp = new TcpLayer(ip, loop, rng, this);
    ip.register(v4);
    ip.register(v4.icmp());
    ip.register(v4.igmp());
    ip.register(udp);
    ip.register(tcp);
    attach(
        pool,
        rng,
        new StackConfig.Attachment(
            new LoopbackDevice("lo"),
            MacAddress.ZERO,
            List.of(LOOPBACK_ADDRESS),
            InterfaceOptions.NONE));
    for (StackConfig.Attachment each : config.interfaces()) {
      DeviceInterface added = attach(pool, rng, each);
      if (config.listener() != null) {
        added.listener(config.listener());
      }
    }
    config.routes().forEach(this::addRoute);
    ip.forwarding(config.forwards());
    interfaces.forEach(DeviceInterface::open);
  }

  private DeviceInterface attach(PacketPool pool, Rng rng, StackConfig.Attachment wanted) {
    InterfaceConfig its =
        new InterfaceConfig(interfaces.size(), wanted.mac(), wanted.addresses(), wanted.options());
    DeviceInterface added = new DeviceInterface(loop, pool, ledger, rng, ip, wanted.device(), its);
    interfaces.add(added);
    ip.addInterface(added);
    return added;
  }

  private void addRoute(StackConfig.GatewayRoute wanted) {
    IpAddress gateway = wanted.gateway();
    Route onLink = ip.route(gateway.hi(), gateway.lo());
    if (onLink == null || onLink.kind() != Route.Kind.UNICAST || onLink.gateway() != null) {
      throw new IllegalArgumentException(
          "gateway " + gateway + " is on no attached subnet: give an interface an address there");
    }
    Route route = new Route(wanted.destination(), Route.Kind.UNICAST, onLink.via(), gateway);
    if (!ip.routes().add(route)) {
      throw new IllegalArgumentException("two routes to " + wanted.destination());
    }
  }

  // StackContext.

  @Override
  public String name() {
    return name;
  }

  @Override
  public long nowNanos() {
    return loop.nowNanos();
  }

  @Override
  public void arm(Timer timer, long delayNanos) {
    loop.armIn(timer, delayNanos);
  }

  @Override
  public void cancel(Timer timer) {
    loop.timers().cancel(timer);
  }

  @Override
  public boolean execute(Runnable task) {
    return !isClosed && loop.execute(task);
  }

  @Override
  public boolean inLoop() {
    return loop.inLoop();
  }

  @Override
  public boolean isClosed() {
    return isClosed;
  }

  @Override
  public TcpServer listen(Endpoint local, TcpOptions options, TcpAcceptor acceptor) {
    requireOpen();
    return tcp.listen(local, options, acceptor);
  }

  @Override
  public TcpConnection connect(
      @Nullable Endpoint local, Endpoint remote, TcpOptions options, TcpHandler handler) {
    requireOpen();
    return tcp.connect(local, remote, options, handler);
  }

  @Override
  public UdpSocket bindUdp(Endpoint local, UdpHandler handler) {
    requireOpen();
    return udp.bind(local, handler);
  }

  @Override
  public UdpSocket connectUdp(@Nullable Endpoint local, Endpoint remote, UdpHandler handler) {
    requireOpen();
    return udp.connect(local, remote, handler);
  }

  @Override
  public PingSocket openPing(PingHandler handler) {
    requireOpen();
    return ping.open(handler);
  }

  private void requireOpen() {
    if (isClosed) {
      throw new IllegalStateException("stack " + name + " is closed");
    }
  }

  @Override
  public boolean isBroadcast(IpAddress address) {
    long hi = address.hi();
    long lo = address.lo();
    return ip.isGroup(hi, lo) && !ip.family(hi, lo).isMulticast(hi, lo);
  }

  @Override
  public @Nullable MacAddress neighbor(IpAddress address) {
    Route route = ip.route(address.hi(), address.lo());
    return route == null ? null : interfaces.get(route.via().index()).neighbor(address);
  }

  // What is to be seen of it.

  /** The interfaces in the order of their indices; the first is loopback. */
  public List<DeviceInterface> interfaces() {
    return List.copyOf(interfaces);
  }

  /** The internet layer: routes, hooks, ports. */
  public IpLayer ip() {
    return ip;
  }

  /** The account of all packets. */
  public PacketLedger ledger() {
    return ledger;
  }

  /** All TCP connections, TIME-WAIT included. */
  public List<TcpConnection> connections() {
    return tcp.connections();
  }

  /** What listens for TCP connections, in the order in which it began to. */
  public List<TcpServer> listeners() {
    return tcp.listeners();
  }

  /** All UDP sockets. */
  public List<UdpSocket> udpSockets() {
    return udp.sockets();
  }

  /** TCP connections that an application or a peer still uses. */
  public int openConnections() {
    return tcp.openConnections();
  }

  /**
   * A snapshot of everything that is counted and not zero: for each layer, from the bottom up, its
   * counters by name; last "drops" by reason.
   */
  public Map<String, Map<String, Long>> counters() {
    Map<String, Map<String, Long>> all = new LinkedHashMap<>();
    Map<String, Long> packets = new LinkedHashMap<>();
    packets.put("polled", ledger.polledCount());
    packets.put("delivered", ledger.deliveredCount());
    packets.put("forwarded", ledger.forwardedCount());
    packets.put("built", ledger.builtCount());
    packets.put("sent", ledger.sentCount());
    packets.put("kept", ledger.keptUp() + ledger.keptDown());
    all.put("packets", packets);
    for (DeviceInterface each : interfaces) {
      all.put("link " + each.name(), each.counters().nonZero());
    }
    all.put("ip", ip.counters().nonZero());
    all.put("icmp", v4.icmp().counters().nonZero());
    all.put("igmp", v4.igmp().counters().nonZero());
    all.put("ping", ping.counted());
    all.put("udp", udp.counted());
    all.put("tcp", tcp.counted());
    all.put("drops", ledger.drops().nonZero());
    return all;
  }

  /** Stops all TCP listeners; connections go on. */
  public void closeListeners() {
    tcp.closeListeners();
  }

  /**
   * Resets every connection, tells handlers, closes sockets and devices, and frees everything that
   * is kept. On the loop's thread, or after the loop has stopped. Idempotent.
   */
  @Override
  public void close() {
    if (!isClosed) {
      isClosed = true;
      tcp.close();
      ping.close();
      udp.close();
      ip.close();
      interfaces.forEach(DeviceInterface::close);
    }
  }

  @Override
  public String toString() {
    return "stack " + name;
  }
}
