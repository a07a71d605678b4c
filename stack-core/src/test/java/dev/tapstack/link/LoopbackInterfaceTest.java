package dev.tapstack.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.device.LoopbackDevice;
import dev.tapstack.loop.Rng;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.testkit.LoopHarness;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LoopbackInterfaceTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private final PacketLedger ledger = new PacketLedger();
  private final List<Integer> lengths = new ArrayList<>();

  private final class Network implements NetworkProtocol {
    @Override
    public void input(NetInterface from, Packet packet) {
      assertTrue(from.isLoopback());
      lengths.add(packet.end() - packet.network());
    }

    @Override
    public void neighborUnreachable(NetInterface via, Packet packet) {
      throw new AssertionError("loopback has no neighbours");
    }
  }

  private void output(DeviceInterface lo, int firstByte, int length) {
    Packet packet = harness.pool().allocateFor(length).builtBy(ledger);
    packet.buf().setByte(packet.start(), firstByte);
    packet.end(packet.start() + length);
    IpAddress self = IpAddress.parse("127.0.0.1");
    lo.output(packet, self.hi(), self.lo());
  }

  @Test
  void packetsComeBackWithoutALinkHeader() {
    DeviceInterface lo =
        new DeviceInterface(
            harness.loop(),
            harness.pool(),
            ledger,
            Rng.seeded(1, "host"),
            new Network(),
            new LoopbackDevice("lo"),
            new InterfaceConfig(0, MacAddress.ZERO, List.of(IpPrefix.parse("127.0.0.1/8"))));
    harness.closeAfterTest(lo);
    lo.open();
    output(lo, 0x45, 65_535);
    output(lo, 0x45, 20);
    assertEquals(List.of(), lengths, "transmit never calls input");
    harness.settle();
    assertEquals(List.of(65_535, 20), lengths);
    output(lo, 0x60, 40);
    output(lo, 0, 0);
    harness.settle();
    assertEquals(List.of(65_535, 20), lengths);
    assertEquals("{ethernet-runt=1, ethernet-unknown-type=1}", ledger.drops().toString());
    assertEquals(4, ledger.sentCount());
    assertEquals(4, ledger.polledCount());
    assertEquals(2, ledger.deliveredCount());
  }
}
