package dev.tapstack.filter;

import static org.junit.jupiter.api.Assertions.assertNull;

import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.Verdict;
import dev.tapstack.link.NetInterface;
import dev.tapstack.packet.Packet;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A host with a firewall: interfaces lo, eth (10.0.0.1/24, the way to everybody else) and lan
 * (192.168.1.1/24), in this order. One thread.
 */
final class FirewallHost {
  static final String LAN_HOST = "192.168.1.2";

  /** No interface. */
  static final String NONE = "-";

  static final List<String> INTERFACES = List.of("lo", "eth", "lan");

  private final LoopHarness harness;
  private final IpHost host;
  private final NetInterface lan;
  private final List<String> log = new ArrayList<>();
  private final Firewall firewall;

  FirewallHost(LoopHarness harness) {
    this.harness = harness;
    host = new IpHost(harness);
    lan = host.attach("lan", "192.168.1.1/24");
    host.ip().forwarding(true);
    firewall = new Firewall(host.ip(), harness.loop(), log::add);
  }

  /** Whether the firewall lets it pass, come by {@code in} and leaving by {@code out}. */
  boolean passes(HookPoint point, String in, String out, V4 bytes) {
    return passes(point, in, out, bytes, packet -> {});
  }

  /** As the other; {@code conntrack} marks the packet first. */
  boolean passes(HookPoint point, String in, String out, V4 bytes, Consumer<Packet> conntrack) {
    Packet packet = parsed(in, out, bytes.bytes());
    conntrack.accept(packet);
    Verdict verdict = firewall.judge(point, packet);
    packet.unused();
    return verdict == Verdict.ACCEPT;
  }

  /** A packet as the hook sees it; the caller frees it by {@link Packet#unused}. */
  Packet parsed(String in, String out, byte[] bytes) {
    Packet packet = harness.pool().allocateFor(bytes.length);
    packet.buf().setBytes(packet.start(), bytes);
    packet.network(packet.start());
    packet.end(packet.start() + bytes.length);
    assertNull(host.v4().parse(packet), "a bad packet");
    packet.receivedIndex(INTERFACES.indexOf(in));
    packet.interfaceIndex(INTERFACES.indexOf(out));
    return packet;
  }

  IpHost host() {
    return host;
  }

  Firewall firewall() {
    return firewall;
  }

  NetInterface lan() {
    return lan;
  }

  /** The lines of log rules since the last call. */
  List<String> logged() {
    List<String> lines = List.copyOf(log);
    log.clear();
    return lines;
  }
}
