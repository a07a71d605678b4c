package dev.tapstack.nat;

import static dev.tapstack.nat.NatHost.ALICE;
import static dev.tapstack.nat.NatHost.BOB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.conntrack.Tracked;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.Verdict;
import dev.tapstack.packet.Packet;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A packet of a known flow is translated without an object being made for it. */
class NatAllocationTest {
  private static final int PACKETS = 100_000;

  /** Less than a byte for each packet: the JVM's own, such as a profile, not the code's. */
  private static final long ALLOWED_BYTES = PACKETS / 2;

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  @Test
  void aPacketOfAKnownFlowAllocatesNothing() {
    NatHost nat = new NatHost(harness);
    byte[] bytes = Segments.udp(ALICE + ":5000", BOB + ":53");
    nat.fromInside(bytes);
    Tracked flow =
        nat.conntrack.find(
            V4.UDP, 0, Ipv4Address.parse(ALICE).lo(), 5000, 0, Ipv4Address.parse(BOB).lo(), 53);
    assertNotNull(flow);
    Packet packet = harness.pool().allocateFor(bytes.length);
    packet.buf().setBytes(packet.start(), bytes);
    packet.end(packet.start() + bytes.length);
    packet.transport(packet.start() + 20);
    packet.interfaceIndex(3); // leaves by wan
    packet.flow(flow);
    OutsideGuard guard =
        new OutsideGuard(
            new OutsideAddresses(nat.host.ip(), List.of("wan")), NatHost.config().build());
    pass(nat.nat, guard, packet); // classes are loaded
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < PACKETS; i++) {
      pass(nat.nat, guard, packet);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(allocated < ALLOWED_BYTES, allocated + " bytes for " + PACKETS + " packets");
    byte[] after = new byte[bytes.length];
    packet.copyTo(Unpooled.wrappedBuffer(after), 0);
    assertEquals("UDP 203.0.113.1:5000 > 203.0.113.9:53", Segments.read(after));
    packet.unused();
  }

  private static void pass(Nat nat, OutsideGuard guard, Packet packet) {
    Verdict first = nat.judge(HookPoint.PREROUTING, packet);
    Verdict second = nat.judge(HookPoint.POSTROUTING, packet);
    Verdict third = guard.judge(HookPoint.POSTROUTING, packet);
    assertTrue(first == Verdict.ACCEPT && second == Verdict.ACCEPT && third == Verdict.ACCEPT);
  }
}
