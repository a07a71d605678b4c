package dev.tapstack.nat;

import static dev.tapstack.nat.NatHost.GATE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.link.NetInterface;
import dev.tapstack.nat.NatConfig.Filtering;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds after every packet, whatever comes from either side. */
class NatInvariantsTest {
  private static final int STEPS = 4000;

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private Random random = new Random(0);

  private String insideEndpoint() {
    return "192.168.1." + (2 + random.nextInt(4)) + ":" + (1020 + random.nextInt(8));
  }

  private String outsideHost() {
    return "203.0.113." + (9 + random.nextInt(3));
  }

  private String outsideEndpoint() {
    return outsideHost() + ":" + (80 + random.nextInt(3));
  }

  private String gate() {
    return GATE + ":" + (random.nextInt(4) == 0 ? 8080 : 1020 + random.nextInt(8));
  }

  private static int flags(int choice) {
    return switch (choice) {
      case 0, 1 -> Segments.SYN;
      case 2 -> Segments.SYN | Segments.ACK;
      case 3 -> Segments.RST;
      default -> Segments.ACK;
    };
  }

  private byte[] randomPacket(boolean isFromInside) {
    String from = isFromInside ? insideEndpoint() : outsideEndpoint();
    String to = isFromInside && random.nextInt(4) != 0 ? outsideEndpoint() : gate();
    String toHost = to.split(":")[0];
    byte[] packet =
        switch (random.nextInt(8)) {
          case 0, 1, 2 -> Segments.udp(from, to);
          case 3, 4, 5 -> Segments.tcp(from, to, flags(random.nextInt(6)), 1000, 2000);
          case 6 -> Segments.ping(from, toHost);
          default -> V4.of(from.split(":")[0], toHost).protocol(47).payload(V4.data(9, 1)).bytes();
        };
    if (random.nextInt(10) == 0) {
      packet[8] = 1; // TTL
      V4.withHeaderChecksum(packet);
    }
    return packet;
  }

  /** An error about a packet that was seen there, from a host there. */
  private byte[] errorAbout(byte[] seen, boolean isFromInside) {
    String from = isFromInside ? "192.168.1." + (2 + random.nextInt(9)) : outsideHost();
    return Segments.error(from, random.nextBoolean() ? 3 : 11, seen, 28 + random.nextInt(20));
  }

  private static String outerSource(String seen) {
    String[] words = seen.split(" ");
    return words[words[1].equals("ERROR") || words[1].equals("PROTOCOL") ? 3 : 2].split(":")[0];
  }

  /** No packet with an inside address leaves on the outside, on any path, errors included. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void noInsideAddressIsSeenOutsideAndNoPortSharedAndNothingIsLeft(long seed) {
    random = new Random(seed);
    Filtering filtering = Filtering.values()[(int) (seed % 3)];
    NatHost nat =
        new NatHost(
            harness,
            NatHost.config()
                .filtering(filtering)
                .forward(V4.TCP, 8080, Endpoint.parse("192.168.1.2:80"))
                .forward(V4.UDP, 8080, Endpoint.parse("192.168.1.3:81")));
    byte[] seenInside = Segments.udp(GATE + ":1", "192.168.1.2:1");
    byte[] seenOutside = Segments.udp(GATE + ":1", "203.0.113.9:1");
    int passedOut = 0;
    for (int i = 0; i < STEPS; i++) {
      boolean isFromInside = random.nextBoolean();
      byte[] packet =
          random.nextInt(6) == 0
              ? errorAbout(isFromInside ? seenInside : seenOutside, isFromInside)
              : randomPacket(isFromInside);
      nat.receive(packet, isFromInside);
      for (byte[] each : nat.takeOutside()) {
        String seen = "wan " + Segments.read(each); // checksums as well
        assertTrue(outerSource(seen).startsWith("203.0.113."), seen);
        assertFalse(seen.contains("192.168."), seed + " step " + i + ": " + seen);
        seenOutside = each;
        passedOut++;
      }
      for (byte[] each : nat.takeInside()) {
        Segments.read(each);
        seenInside = each;
      }
      assertNoPortIsShared(nat.nat.mappings());
      if (random.nextInt(50) == 0) {
        nat.after(random.nextInt(100));
      }
    }
    assertTrue(passedOut > STEPS / 5, passedOut + " left outside");
    assertFalse(nat.host.drops().containsKey("nat-inside-address"), "" + nat.host.drops());
    nat.after(8000);
    assertEquals(2, nat.nat.mappings().size(), "the forwards");
    assertEquals(2, nat.host.ip().ports().size());
    assertEquals(
        nat.nat.counters().value(NatCounter.MAPPINGS_MADE),
        nat.nat.counters().value(NatCounter.MAPPINGS_ENDED));
  }

  private static void assertNoPortIsShared(List<MappingInfo> mappings) {
    HashSet<String> outside = new HashSet<>();
    HashSet<String> inside = new HashSet<>();
    for (MappingInfo each : mappings) {
      assertTrue(outside.add(each.protocol() + " " + each.outside()), "RFC 4787 REQ-3: " + each);
      assertTrue(inside.add(each.protocol() + " " + each.inside()), "RFC 4787 REQ-1: " + each);
    }
  }

  /** The guard alone, as if the NAT before it had forgotten a packet. */
  @Test
  void theGuardDropsWhatWouldShowAnInsideAddress() {
    IpHost host = new IpHost(harness);
    NetInterface inside = host.attach("in", "192.168.1.1/24");
    NetInterface wan = host.attach("wan", "203.0.113.1/24");
    host.ip().forwarding(true);
    OutsideAddresses known = new OutsideAddresses(host.ip(), List.of("wan"));
    host.ip().addHook(HookPoint.POSTROUTING, new OutsideGuard(known, NatHost.config().build()));
    host.receive(inside, Segments.udp("192.168.1.2:5000", "203.0.113.9:53"), 0);
    byte[] quoting = Segments.udp("203.0.113.9:53", "192.168.1.2:5000");
    host.receive(inside, Segments.error("192.168.1.2", 3, quoting, 28), 0);
    quoting[8] = 1; // the gateway's own error shows the inside address only in its quote
    host.receive(wan, V4.withHeaderChecksum(quoting), 0);
    assertEquals(List.of(), host.sentBy(wan));
    assertEquals(Map.of("nat-inside-address", 3L, "ip-ttl-exceeded", 1L), host.drops());
    host.receive(wan, Segments.udp("203.0.113.9:53", "192.168.1.2:5000"), 0);
    assertEquals(1, host.sentBy(inside).size(), "the way in is not its business");
  }
}
