package dev.tapstack.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.device.DeviceDecorator;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.loop.Rng;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.RawPeer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class DeviceInterfaceTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private final List<String> events = new ArrayList<>();
  private final PacketLedger ledger = new PacketLedger();
  private DeviceInterface nif;
  private RawPeer wire;

  /** A device whose link is in the test's hand, and that tells what is asked of it. */
  private final class Watched extends DeviceDecorator {
    Watched(PipeDevice inner) {
      super(inner);
    }

    @Override
    public void transmit(Packet packet) {
      events.add("transmit");
      super.transmit(packet);
    }

    @Override
    public void flush() {
      events.add("flush");
      super.flush();
    }

    @Override
    public void close() {
      events.add("close");
      super.close();
    }
  }

  private final class Network implements NetworkProtocol {
    @Override
    public void input(NetInterface from, Packet packet) {
      events.add("input");
    }

    @Override
    public void neighborUnreachable(NetInterface via, Packet packet) {
      throw new AssertionError();
    }
  }

  private final class Listener implements InterfaceListener {
    @Override
    public void linkChanged(NetInterface changed, boolean isUp) {
      events.add(changed.name() + (isUp ? " up" : " down"));
    }

    @Override
    public void removed(NetInterface lost, String why) {
      events.add(lost.name() + " removed: " + why);
    }
  }

  private final PipeDevice pipe = new PipeDevice("eth0", "far", 1400);
  private final Watched device = new Watched(pipe);

  @BeforeEach
  void build() {
    nif =
        new DeviceInterface(
            harness.loop(),
            harness.pool(),
            ledger,
            Rng.seeded(1, "host"),
            new Network(),
            device,
            new InterfaceConfig(
                3, MacAddress.parse("02:00:00:00:00:01"), List.of(IpPrefix.parse("192.0.2.1/24"))));
    nif.listener(new Listener());
    harness.closeAfterTest(nif);
    wire = new RawPeer(harness, pipe.peer());
  }

  @Test
  void isWhatItWasGiven() {
    assertEquals(3, nif.index());
    assertEquals("eth0", nif.name());
    assertEquals(1400, nif.mtu());
    assertEquals("02:00:00:00:00:01", nif.mac().toString());
    assertEquals(List.of(IpPrefix.parse("192.0.2.1/24")), nif.addresses());
    assertFalse(nif.isLoopback());
    assertFalse(nif.isUp(), "before it is opened");
    assertThrows(
        IllegalArgumentException.class,
        () -> new InterfaceConfig(0, MacAddress.BROADCAST, List.of()));
    Ipv4Address notAGroup = Ipv4Address.parse("192.0.2.1");
    assertThrows(
        IllegalArgumentException.class, () -> nif.joinGroup(notAGroup.hi(), notAGroup.lo()));
  }

  @Test
  void theDeviceIsFlushedOnceAfterAllThatATurnTransmits() {
    nif.open();
    harness.settle();
    events.clear();
    harness
        .loop()
        .execute(() -> {
          for (int i = 0; i < 3; i++) {
            Packet packet = harness.pool().allocateFor(20).builtBy(ledger);
            packet.end(packet.start() + 20);
            IpAddress all = Ipv4Address.BROADCAST;
            nif.output(packet, all.hi(), all.lo());
          }
        });
    harness.settle();
    assertEquals(List.of("transmit", "transmit", "transmit", "flush"), events);
    assertEquals(1 + 3, nif.counters().value(LinkCounter.FRAMES_OUT));
    assertEquals(42 + 3 * 34, nif.counters().value(LinkCounter.BYTES_OUT));
  }

  @Test
  void theListenerHearsOfChangesOnly() {
    nif.open();
    harness.settle();
    events.clear();
    device.linkChanged(true);
    harness.settle();
    assertEquals(List.of(), events);
    device.linkChanged(false);
    device.linkChanged(false);
    assertFalse(nif.isUp());
    device.linkChanged(true);
    harness.settle();
    assertEquals(List.of("eth0 down", "transmit", "eth0 up", "flush"), events);
    device.removed("deleted by somebody");
    assertFalse(nif.isUp());
    assertEquals("eth0 removed: deleted by somebody", events.getLast());
  }

  @Test
  void closingFlushesFirstAndLeavesNothingBehind() {
    nif.open();
    harness.settle();
    assertEquals(1, harness.loop().timers().armed(), "the second announcement");
    events.clear();
    wire.send(new byte[60]);
    nif.close();
    nif.close();
    harness.settle();
    assertEquals(List.of("flush", "close"), events);
    assertEquals(0, harness.loop().timers().armed());
  }
}
