package dev.tapstack.conntrack;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.ip.Hook;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.IpConfig;
import dev.tapstack.link.NetInterface;
import dev.tapstack.loop.Rng;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.TcpCodec;
import dev.tapstack.testkit.V4;
import dev.tapstack.wire.TcpHeader;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A router that tracks: inside 192.168.1.1/24, outside 10.0.0.1/24 with everything else behind it;
 * packets as bytes in and out.
 */
final class TrackingRouter {
  static final String CLIENT = "192.168.1.2";
  static final String OTHER_CLIENT = "192.168.1.3";
  static final String SERVER = IpHost.FAR;

  /** What became of a packet: "sent", or the name of its drop. */
  private static final String SENT = "sent";

  final LoopHarness harness;
  final IpHost host;
  final NetInterface inside;
  final Conntrack conntrack;
  private List<IpHost.Sent> left = List.of();

  TrackingRouter(LoopHarness harness) {
    this(harness, ConntrackConfig.DEFAULTS);
  }

  /** Other hooks stand where a firewall or NAT would: between finding and confirming. */
  TrackingRouter(LoopHarness harness, ConntrackConfig config, Hook... others) {
    this.harness = harness;
    host = new IpHost(harness, 1500, IpConfig.DEFAULTS);
    inside = host.attach("in", "192.168.1.1/24");
    host.ip().forwarding(true);
    conntrack = new Conntrack(harness.loop(), host.ip(), Rng.seeded(1, "conntrack"), config);
    conntrack.inside(inside.index());
    harness.closeAfterTest(conntrack);
    conntrack.install();
    for (HookPoint point : HookPoint.values()) {
      for (Hook other : others) {
        host.ip().addHook(point, other);
      }
    }
  }

  /** A packet arrives from the inside if it comes from 192.168, else from the outside. */
  String receive(byte[] packet) {
    Map<String, Long> before = host.drops();
    host.sent();
    host.sentBy(inside);
    boolean isFromInside = packet[12] == (byte) 192 && packet[13] == (byte) 168;
    host.receive(isFromInside ? inside : host.eth(), packet, 0);
    left = isFromInside ? host.sent() : host.sentBy(inside);
    for (Map.Entry<String, Long> each : host.drops().entrySet()) {
      if (!each.getValue().equals(before.get(each.getKey()))) {
        return each.getKey();
      }
    }
    return left.isEmpty() ? "delivered" : SENT;
  }

  String receive(V4 packet) {
    return receive(packet.bytes());
  }

  /** The only packet that was sent on. */
  byte[] forwarded() {
    return left.get(0).bytes();
  }

  Tracked only() {
    List<FlowInfo> all = conntrack.snapshot(10);
    FlowInfo one = all.get(0);
    Tracked found =
        conntrack.find(
            one.protocol(),
            one.original().source().address().hi(),
            one.original().source().address().lo(),
            one.original().source().port(),
            one.original().destination().address().hi(),
            one.original().destination().address().lo(),
            one.original().destination().port());
    if (all.size() != 1 || found == null) {
      throw new AssertionError(all + " found " + found);
    }
    return found;
  }

  void runFor(long time, TimeUnit unit) {
    harness.runFor(unit.toNanos(time));
  }

  /** How many seconds the only flow has left, rounded. */
  long remainingSeconds() {
    harness.turn();
    long nanos = conntrack.snapshot(10).get(0).remainingNanos();
    return Math.round(nanos / 1e9);
  }

  static long lo(String address) {
    return IpAddress.parse(address).lo();
  }

  // TCP.

  /** A segment: flags by letter (S, F, R, P, . for ACK), options behind the header. */
  static byte[] segment(
      String from,
      int fromPort,
      String to,
      int toPort,
      String flags,
      int seq,
      int ack,
      int window,
      int length,
      int... options) {
    ByteBuffer tcp = ByteBuffer.allocate(20 + options.length + length);
    int bits = 0;
    for (char each : flags.toCharArray()) {
      bits |=
          switch (each) {
            case 'S' -> TcpHeader.SYN;
            case 'F' -> TcpHeader.FIN;
            case 'R' -> TcpHeader.RST;
            case 'P' -> TcpHeader.PSH;
            default -> TcpHeader.ACK;
          };
    }
    tcp.putShort((short) fromPort).putShort((short) toPort).putInt(seq).putInt(ack);
    tcp.put((byte) (20 + options.length << 2)).put((byte) bits).putShort((short) window);
    tcp.putInt(0).put(V4.octets(options));
    return TcpCodec.withChecksum(V4.of(from, to).protocol(V4.TCP).payload(tcp.array()).bytes());
  }
}
