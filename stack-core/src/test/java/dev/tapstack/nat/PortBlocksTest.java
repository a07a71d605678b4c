package dev.tapstack.nat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link PortBlocks}: whose port it is, computed (RFC 7422). */
class PortBlocksTest {
  private static IpAddress ip(String text) {
    return IpAddress.parse(text);
  }

  private static PortBlocks blocks(String subscribers, int portsEach, String... outside) {
    List<IpAddress> addresses = new ArrayList<>();
    for (String each : outside) {
      addresses.add(ip(each));
    }
    return new PortBlocks(IpPrefix.parse(subscribers), portsEach, addresses);
  }

  private static String[] outside(int count) {
    String[] all = new String[count];
    for (int i = 0; i < count; i++) {
      all[i] = "203.0.113." + (i + 1);
    }
    return all;
  }

  /** The example that a person can do in his head. */
  @Test
  void blocksFollowEachOther() {
    PortBlocks blocks = blocks("100.64.0.0/25", 1000, "203.0.113.9", "203.0.113.1");
    assertEquals(
        new PortBlocks.Block(ip("100.64.0.0"), ip("203.0.113.1"), 1024, 2023),
        blocks.of(ip("100.64.0.0")));
    assertEquals(
        new PortBlocks.Block(ip("100.64.0.63"), ip("203.0.113.1"), 64024, 65023),
        blocks.of(ip("100.64.0.63")));
    assertEquals(
        new PortBlocks.Block(ip("100.64.0.64"), ip("203.0.113.9"), 1024, 2023),
        blocks.of(ip("100.64.0.64")));
    assertNull(blocks.of(ip("100.64.0.128")));
    assertEquals(blocks.of(ip("100.64.0.64")), blocks.at(Endpoint.parse("203.0.113.9:2023")));
  }

  /**
   * Against a plain list of every port of every address, dealt out in order: each outside endpoint
   * is one host's or nobody's, and each host finds its own.
   */
  @ParameterizedTest
  @CsvSource({
    "100.64.0.0/25, 1000, 2",
    "192.168.1.0/24, 252, 1",
    "10.0.0.0/30, 64512, 4",
    "10.255.255.0/24, 1, 1",
    "10.0.0.0/22, 504, 8",
    "10.0.0.7/32, 7, 1",
    "128.0.0.0/26, 2016, 3",
  })
  void everyPortIsOneHostsOrNobodysAsInAListRfc7422(String subscribers, int portsEach, int count) {
    PortBlocks blocks = blocks(subscribers, portsEach, outside(count));
    IpPrefix prefix = IpPrefix.parse(subscribers);
    Map<Endpoint, IpAddress> model = new HashMap<>();
    int host = (int) prefix.network().lo();
    for (String address : outside(count)) {
      for (int port = 1024; port + portsEach <= 65_536; port += portsEach) {
        IpAddress holder = Ipv4Address.of(host++);
        for (int i = 0; i < portsEach && prefix.contains(holder); i++) {
          model.put(new Endpoint(ip(address), port + i), holder);
        }
      }
    }
    for (String address : outside(count)) {
      for (int port = 1; port < 65_536; port++) {
        Endpoint seen = new Endpoint(ip(address), port);
        PortBlocks.Block block = blocks.at(seen);
        assertEquals(model.get(seen), block == null ? null : block.inside(), seen::toString);
        if (block != null) {
          assertTrue(block.first() <= port && port <= block.last(), block::toString);
          assertEquals(portsEach, block.last() - block.first() + 1);
          assertEquals(block, blocks.of(block.inside()));
        }
      }
    }
    assertEquals(1L << 32 - prefix.length(), model.values().stream().distinct().count());
    assertNull(blocks.at(Endpoint.parse("198.51.100.1:2000")));
  }

  @ParameterizedTest
  @CsvSource({
    "100.64.0.0/24, 1000, 3, 256 addresses",
    "10.0.0.0/8, 1, 200, 16777216 addresses",
    "0.0.0.0/0, 1, 1, 4294967296 addresses",
    "10.0.0.0/24, 0, 1, 1 to 64512",
    "10.0.0.0/32, 64513, 1, 1 to 64512",
  })
  void whatDoesNotFitIsRefused(String subscribers, int portsEach, int count, String message) {
    Exception refused =
        assertThrows(
            IllegalArgumentException.class, () -> blocks(subscribers, portsEach, outside(count)));
    assertTrue(refused.getMessage().contains(message), refused.getMessage());
  }
}
