package dev.tapstack.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.RawPeer;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LoopbackDeviceTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();

  @Test
  void whatIsSentComesBackInALaterTurn() {
    LoopbackDevice device = new LoopbackDevice("lo");
    RawPeer host = new RawPeer(harness, device);
    byte[] largest = new byte[65_535];
    largest[65_534] = 7;
    host.send(new byte[] {1, 2, 3});
    host.send(largest);
    assertEquals(0, host.waiting());
    harness.settle();
    assertArrayEquals(new byte[] {1, 2, 3}, host.take());
    assertArrayEquals(largest, host.take());
    assertFalse(device.caps().isEthernet());
  }

  @Test
  void theQueueIsBoundedInBytes() {
    RawPeer host = new RawPeer(harness, new LoopbackDevice("lo"));
    for (int i = 0; i < 200; i++) {
      host.send(new byte[65_000]);
    }
    long dropped = host.ledger().drops().total();
    harness.settle();
    assertEquals(200 - dropped, host.waiting());
    assertEquals(Map.of("device-queue-full", dropped), host.ledger().drops().nonZero());
    // 8 MB in buffers of 65,696 bytes, the last of which may pass the limit.
    assertEquals(128, host.waiting());
  }

  @Test
  void aPollTakesNoMoreThanItsBudget() {
    LoopbackDevice device = new LoopbackDevice("lo");
    RawPeer host = new RawPeer(harness, device);
    for (int i = 0; i < 5; i++) {
      host.send(new byte[20]);
    }
    assertEquals(2, device.poll(0, 2));
    assertEquals(2, host.waiting());
    assertEquals(3, device.poll(0, 10));
    assertEquals(0, device.poll(0, 10));
  }

  @Test
  void whatWaitsIsFreedWithTheDevice() {
    RawPeer host = new RawPeer(harness, new LoopbackDevice("lo"));
    host.send(new byte[20]);
    host.close();
    host.send(new byte[20]);
    harness.settle();
    assertEquals(0, host.waiting());
    assertEquals(Map.of("device-down", 1L), host.ledger().drops().nonZero());
  }
}
