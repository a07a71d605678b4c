package dev.tapstack.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.conntrack.Conntrack;
import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.device.FaultProfile;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.link.DeviceInterface;
import dev.tapstack.loop.Rng;
import dev.tapstack.nat.Nat;
import dev.tapstack.nat.NatConfig;
import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Arp;
import dev.tapstack.wire.Ethernet;
import dev.tapstack.wire.Icmp4;
import dev.tapstack.wire.Ipv4;
import io.netty.buffer.ByteBuf;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Homes behind a carrier's NAT, one that is not, and a server; all homes have the same addresses:
 *
 * <pre>
 *   a - homeA \
 *              100.64.0.0/24 - carrier \
 *   b - homeB /                         203.0.113.0/24 - server
 *   c - homeC -------------------------/
 * </pre>
 *
 * Every frame is looked at: none shows an address of the inside on an outside wire, in its headers
 * or in what an ICMP error quotes.
 */
final class NatNetwork implements AutoCloseable {
  private static final IpPrefix HOME = IpPrefix.parse("192.168.0.0/16");
  private static final IpPrefix CARRIER = IpPrefix.parse("100.64.0.0/10");

  final SimNet net;
  final SimHost a;
  final SimHost b;
  final SimHost c;
  final SimHost server;
  final List<Nat> nats = new ArrayList<>();
  private final TreeMap<Long, List<IpPrefix>> hiddenFrom = new TreeMap<>();
  private final NatConfig.Filtering filtering;
  private final boolean answersSyns;
  private int framesOutside;
  private int errorsFromHomes;

  NatNetwork(
      long seed, NatConfig.Filtering filtering, boolean answersSyns, @Nullable Path captureTo) {
    this.filtering = filtering;
    this.answersSyns = answersSyns;
    net = SimNet.seeded(seed);
    if (captureTo != null) {
      net.captureTo(captureTo);
    }
    net.observe(this::look);
    a = home("a");
    b = home("b");
    c = home("c");
    server = net.host(HostSpec.named("server").port("203.0.113.9/24"));
    SimHost homeA = router("homeA", "192.168.1.1/24", "100.64.0.2/24", "100.64.0.1");
    SimHost homeB = router("homeB", "192.168.1.1/24", "100.64.0.3/24", "100.64.0.1");
    SimHost homeC = router("homeC", "192.168.1.1/24", "203.0.113.2/24", null);
    SimHost carrier = router("carrier", "100.64.0.1/24", "203.0.113.1/24", null);
    net.link(a, homeA);
    net.link(b, homeB);
    net.link(c, homeC);
    SplittableRandom random = new SplittableRandom(seed);
    net.lan(homeA, homeB, carrier).faults(drawFaults(random));
    net.lan(carrier, homeC, server).faults(drawFaults(random));
    translate(homeA);
    translate(homeB);
    translate(homeC);
    translate(carrier);
    hide(homeA, 1, HOME);
    hide(homeB, 1, HOME);
    hide(carrier, 0, HOME);
    hide(carrier, 1, HOME, CARRIER);
    hide(homeC, 1, HOME, CARRIER);
    hide(server, 0, HOME, CARRIER);
  }

  private SimHost home(String name) {
    return net.host(HostSpec.named(name).port("192.168.1.2/24").gateway("192.168.1.1"));
  }

  private SimHost router(String name, String inside, String outside, @Nullable String gateway) {
    HostSpec spec = HostSpec.named(name).port(inside).port(outside).forwarding();
    return net.host(gateway == null ? spec : spec.gateway(gateway));
  }

  private static FaultProfile drawFaults(SplittableRandom random) {
    return FaultProfile.NONE
        .withLoss(random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.05)
        .withDuplication(random.nextDouble() * 0.02)
        .withCorruption(random.nextDouble() * 0.01)
        .withReordering(random.nextDouble() * 0.1, random.nextLong(20_000_000))
        .withDelay(random.nextLong(30_000_000), random.nextLong(5_000_000));
  }

  /** A router translates: its first port is inside, its second outside. */
  private void translate(SimHost router) {
    IpLayer ip = router.stack().ip();
    Rng rng = Rng.seeded(net.seed(), router.name() + " nat");
    Conntrack conntrack = new Conntrack(net.loop(), ip, rng, ConntrackConfig.DEFAULTS);
    conntrack.inside(1);
    String outside = router.stack().interfaces().get(2).name();
    NatConfig config =
        NatConfig.outside(outside).filtering(filtering).answersSyns(answersSyns).build();
    Nat nat = new Nat(ip, net.loop(), rng, config);
    conntrack.install();
    nat.install(conntrack);
    nats.add(nat);
  }

  private void hide(SimHost host, int port, IpPrefix... prefixes) {
    for (DeviceInterface each : host.stack().interfaces()) {
      if (each.name().equals("eth" + port)) {
        hiddenFrom.put(each.mac().bits(), List.of(prefixes));
      }
    }
  }

  // What is on the wires.

  private void look(SimHost from, Packet frame, long nowNanos) {
    ByteBuf buf = frame.buf();
    int at = frame.start();
    List<IpPrefix> hidden = hiddenFrom.get(Ethernet.source(buf, at));
    if (hidden == null) {
      return;
    }
    framesOutside++;
    int payload = at + Ethernet.HEADER_LENGTH;
    switch (Ethernet.type(buf, at)) {
      case Ethernet.TYPE_ARP -> {
        check(hidden, Arp.senderIp(buf, payload), from);
        check(hidden, Arp.targetIp(buf, payload), from);
      }
      case Ethernet.TYPE_IPV4 -> lookAtPacket(hidden, from, buf, payload);
      default -> throw new AssertionError("a frame of another type from " + from);
    }
  }

  private void lookAtPacket(List<IpPrefix> hidden, SimHost from, ByteBuf buf, int at) {
    check(hidden, Ipv4.source(buf, at), from);
    check(hidden, Ipv4.destination(buf, at), from);
    int icmp = at + Ipv4.headerLength(buf, at);
    if (Ipv4.protocol(buf, at) == Ipv4.PROTOCOL_ICMP
        && Ipv4.fragmentOffset(buf, at) == 0
        && Icmp4.isError(Icmp4.type(buf, icmp))) {
      errorsFromHomes += from.name().startsWith("home") ? 1 : 0;
      int quote = icmp + Icmp4.HEADER_LENGTH;
      check(hidden, Ipv4.source(buf, quote), from);
      check(hidden, Ipv4.destination(buf, quote), from);
    }
  }

  private void check(List<IpPrefix> hidden, int address, SimHost from) {
    Ipv4Address shown = Ipv4Address.of(address);
    for (IpPrefix each : hidden) {
      if (each.contains(shown)) {
        throw new AssertionError(shown + " is seen outside, from " + from);
      }
    }
  }

  /** Frames with which an outside address was checked; a tap that saw nothing proves nothing. */
  int framesOutside() {
    return framesOutside;
  }

  /** ICMP errors that left a home, about what had come in. */
  int errorsFromHomes() {
    return errorsFromHomes;
  }

  // Ending.

  /** All connections and datagrams are over: after the longest timeout no mapping is left. */
  void checkNothingIsLeft() {
    net.runFor(Duration.ofMinutes(20));
    for (Nat nat : nats) {
      assertTrue(nat.mappings().isEmpty(), "" + nat.mappings());
    }
  }

  @Override
  public void close() {
    nats.forEach(Nat::close);
    net.close();
  }
}
