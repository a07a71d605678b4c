package dev.tapstack.ip.v4;

import static dev.tapstack.testkit.IpHost.ME;
import static dev.tapstack.testkit.IpHost.PEER;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.ip.IpConfig;
import dev.tapstack.packet.Packet;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.IpHost.Sent;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What leaves in pieces is right piece by piece, and whole again at the other end. */
class Ipv4FragmenterTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();

  @Test
  void fragmentsAreAsRfc791HasThem() {
    IpHost host = new IpHost(harness, 100, IpConfig.DEFAULTS);
    byte[] data = V4.data(180, 4);
    Packet packet = host.build(ME, PEER, data, 0);
    packet.tos(0x28);
    packet.ttl(9);
    host.ip().output(packet);
    List<Sent> sent = host.sent();
    byte[] first = sent.get(0).bytes();
    int id = (first[4] & 0xff) << 8 | first[5] & 0xff;
    // 100 - 20 = 80 bytes each.
    int[] bounds = {0, 80, 160, 180};
    assertEquals(3, sent.size());
    for (int i = 0; i < 3; i++) {
      byte[] expected =
          V4.of(ME, PEER)
              .tos(0x28)
              .ttl(9)
              .id(id)
              .fragment(bounds[i], i < 2)
              .payload(Arrays.copyOfRange(data, bounds[i], bounds[i + 1]))
              .bytes();
      assertArrayEquals(expected, sent.get(i).bytes(), "fragment " + i);
      assertEquals(PEER, sent.get(i).nextHop());
    }
    assertEquals(
        Map.of("output", 1L, "fragmented", 1L, "fragments-sent", 3L),
        host.ip().counters().nonZero());
    assertEquals(3, host.ledger().sentCount());
  }

  @Test
  void onlyCopiedOptionsAreInLaterFragments() {
    IpHost host = new IpHost(harness, 68, IpConfig.DEFAULTS);
    byte[] options = V4.octets(7, 7, 4, 0, 0, 0, 0, 1, 148, 4, 0, 0); // record route; router alert
    byte[] data = V4.data(100, 4);
    Packet packet = host.build(ME, PEER, data, 0);
    packet.start(packet.start() - options.length);
    packet.buf().setBytes(packet.start(), options);
    host.ip().output(packet);
    List<Sent> sent = host.sent();
    assertEquals("070704000000000194040000", options(sent.get(0)));
    for (Sent later : sent.subList(1, sent.size())) {
      assertEquals("94040000", options(later));
      assertEquals(0, V4.checksum(Arrays.copyOf(later.bytes(), 24)));
    }
    byte[] together = {};
    for (Sent each : sent) {
      int headerLength = (each.bytes()[0] & 15) * 4;
      assertEquals(together.length, offset(each));
      assertTrue(each.bytes().length <= 68);
      together =
          V4.concat(together, Arrays.copyOfRange(each.bytes(), headerLength, each.bytes().length));
    }
    assertArrayEquals(data, together);
  }

  private static String options(Sent sent) {
    int headerLength = (sent.bytes()[0] & 15) * 4;
    return HexFormat.of().formatHex(Arrays.copyOfRange(sent.bytes(), 20, headerLength));
  }

  private static int offset(Sent sent) {
    return ((sent.bytes()[6] & 0x1f) << 8 | sent.bytes()[7] & 0xff) * 8;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void theOtherEndPutsThemTogether(long seed) {
    Random random = new Random(seed);
    int mtu = 68 + random.nextInt(1433);
    IpHost sender = new IpHost(harness, mtu, IpConfig.DEFAULTS);
    IpHost receiver = new IpHost(harness, 1500, new IpConfig(64, 16 << 20, 16 << 20, 1000, 50));
    for (int i = 0; i < 10; i++) {
      byte[] data = V4.data(1 + random.nextInt(20_000), random.nextInt());
      int split = random.nextInt(data.length + 1);
      Packet packet = sender.build(ME, PEER, Arrays.copyOf(data, split), 0);
      packet.addPiece(Unpooled.wrappedBuffer(data), split, data.length - split);
      sender.ip().output(packet);
      for (Sent sent : sender.sent()) {
        assertTrue(sent.bytes().length <= mtu);
        byte[] turned = sent.bytes().clone();
        turned[15] = 2; // 10.0.0.1 > 10.0.0.2 becomes 10.0.0.2 > 10.0.0.1: same checksum
        turned[19] = 1;
        receiver.receive(turned);
      }
      assertArrayEquals(data, receiver.recorder().take().get(0), "seed " + seed);
    }
    assertEquals(Map.of(), sender.drops());
    assertEquals(Map.of(), receiver.drops());
  }

  @Test
  void theLargestDatagramPassesTheSmallestMtu() {
    IpHost host = new IpHost(harness, 68, IpConfig.DEFAULTS);
    host.output(ME, PEER, V4.data(65_515, 1), 0);
    assertEquals((65_515 + 47) / 48, host.sent().size());
  }
}
