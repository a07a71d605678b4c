package dev.tapstack.nat;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.conntrack.Conntrack;
import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.link.NetInterface;
import dev.tapstack.loop.Rng;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A NAT gateway between wires that a test holds: inside 192.168.1.1/24, outside 203.0.113.1/24 and
 * .2 and .3, wired in the order that the gateway has.
 */
final class NatHost implements AutoCloseable {
  static final String ALICE = "192.168.1.2";
  static final String ANN = "192.168.1.3";
  static final String GATE = "203.0.113.1";
  static final String BOB = "203.0.113.9";
  static final String CAROL = "203.0.113.10";

  final IpHost host;
  final Nat nat;
  final Conntrack conntrack;
  private final LoopHarness harness;
  private final NetInterface inside;
  private final NetInterface outside;

  /** One address is shared; the others are there for who asks for them. */
  static NatConfig.Builder config() {
    return NatConfig.outside("wan").address(IpAddress.parse(GATE));
  }

  NatHost(LoopHarness harness) {
    this(harness, config());
  }

  NatHost(LoopHarness harness, NatConfig.Builder config) {
    this(harness, config, ConntrackConfig.DEFAULTS);
  }

  NatHost(LoopHarness harness, NatConfig.Builder config, ConntrackConfig tracking) {
    this.harness = harness;
    host = new IpHost(harness);
    inside = host.attach("in", "192.168.1.1/24");
    outside = host.attach("wan", "203.0.113.1/24", "203.0.113.2/24", "203.0.113.3/24");
    IpLayer ip = host.ip();
    ip.forwarding(true);
    conntrack = new Conntrack(harness.loop(), ip, Rng.seeded(1, "conntrack"), tracking);
    conntrack.inside(inside.index());
    nat = new Nat(ip, harness.loop(), Rng.seeded(1, "nat"), config.build());
    conntrack.install();
    nat.install(conntrack);
    harness.closeAfterTest(this); // before the host
  }

  /** A packet arrives inside; what leaves, each as "in" or "wan" and {@link Segments#read}. */
  List<String> fromInside(byte[] packet) {
    receive(packet, true);
    return left();
  }

  /** A packet arrives outside; what leaves. */
  List<String> fromOutside(byte[] packet) {
    receive(packet, false);
    return left();
  }

  /** A packet arrives; see {@link #takeInside} and {@link #takeOutside}. */
  void receive(byte[] packet, boolean isFromInside) {
    host.receive(isFromInside ? inside : outside, packet, 0);
  }

  /** What has left inside since the last look. */
  List<byte[]> takeInside() {
    return host.sentBy(inside).stream().map(IpHost.Sent::bytes).toList();
  }

  /** What has left outside since the last look. */
  List<byte[]> takeOutside() {
    return host.sentBy(outside).stream().map(IpHost.Sent::bytes).toList();
  }

  /** What has left since the last look. */
  List<String> left() {
    List<String> all = new ArrayList<>();
    takeInside().forEach(bytes -> all.add("in " + Segments.read(bytes)));
    takeOutside().forEach(bytes -> all.add("wan " + Segments.read(bytes)));
    return all;
  }

  /** The one packet that leaves outside when {@code packet} arrives inside, as bytes. */
  byte[] bytesFromInside(byte[] packet) {
    receive(packet, true);
    return takeOutside().get(0);
  }

  /** As {@link #bytesFromInside}, the other way. */
  byte[] bytesFromOutside(byte[] packet) {
    receive(packet, false);
    return takeInside().get(0);
  }

  /** The outside port that the inside endpoint gets when it sends a datagram. */
  int portOf(String insideEndpoint, String to) {
    String seen = fromInside(Segments.udp(insideEndpoint, to)).get(0);
    return Integer.parseInt(seen.split("[: ]")[3]);
  }

  void after(long seconds) {
    harness.runFor(TimeUnit.SECONDS.toNanos(seconds));
  }

  @Override
  public void close() {
    nat.close();
    conntrack.close();
  }
}
