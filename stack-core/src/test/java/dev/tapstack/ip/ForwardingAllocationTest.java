package dev.tapstack.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.ip.v4.Ipv4Family;
import dev.tapstack.link.NetInterface;
import dev.tapstack.loop.Rng;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Sending a packet on leaves nothing to the garbage collector. */
class ForwardingAllocationTest {
  private static final int PACKETS = 20_000;

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private final PacketLedger ledger = new PacketLedger();

  /** An interface whose wire takes everything. */
  private record Wire(int index, String name, List<IpPrefix> addresses) implements NetInterface {
    @Override
    public MacAddress mac() {
      return MacAddress.ZERO;
    }

    @Override
    public int mtu() {
      return 1500;
    }

    @Override
    public boolean isUp() {
      return true;
    }

    @Override
    public boolean isLoopback() {
      return false;
    }

    @Override
    public boolean checksReversePath() {
      return true;
    }

    @Override
    public void output(Packet packet, long nextHopHi, long nextHopLo) {
      packet.sent();
    }

    @Override
    public void confirmNeighbor(long nextHopHi, long nextHopLo) {}

    @Override
    public void doubtNeighbor(long nextHopHi, long nextHopLo) {}
  }

  @Test
  void nothingIsAllocatedForAPacket() {
    Rng rng = Rng.seeded(1, "router");
    IpLayer ip = new IpLayer(harness.loop(), harness.pool(), ledger, rng, IpConfig.DEFAULTS);
    ip.register(new Ipv4Family(ip, harness.loop(), rng));
    Wire left = new Wire(0, "left", List.of(IpPrefix.parse("10.1.0.1/24")));
    ip.addInterface(left);
    ip.addInterface(new Wire(1, "right", List.of(IpPrefix.parse("10.2.0.1/24"))));
    ip.forwarding(true);
    ip.addHook(HookPoint.FORWARD, Hook.of((at, packet) -> Verdict.ACCEPT));
    byte[] bytes = V4.of("10.1.0.2", "10.2.0.2").payload(new byte[1400]).bytes();

    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    receive(ip, left, bytes); // loads classes, fills the pool
    long before = threads.getCurrentThreadAllocatedBytes();
    receive(ip, left, bytes);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertEquals(2 * PACKETS, ledger.forwardedCount());
    // The measurement itself allocates a little; a single object for each packet is 16 bytes.
    assertTrue(allocated < PACKETS, allocated + " bytes for " + PACKETS + " packets");
    ip.close();
  }

  private void receive(IpLayer ip, NetInterface from, byte[] bytes) {
    for (int i = 0; i < PACKETS; i++) {
      Packet packet = harness.pool().allocateFor(bytes.length);
      packet.buf().setBytes(packet.start(), bytes);
      packet.end(packet.start() + bytes.length);
      packet.receivedBy(ledger, from.index());
      ip.input(from, packet);
      packet.endOfInput();
    }
  }
}
