package dev.tapstack.nat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.ip.Ports;
import dev.tapstack.loop.Rng;
import dev.tapstack.testkit.V4;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link PortPool}: which port stands for an inside endpoint. */
class PortPoolTest {
  private static final IpAddress OUTSIDE = IpAddress.parse("203.0.113.1");

  private final Ports ports = new Ports(Rng.seeded(1, "ports"));

  private PortPool pool(long seed, boolean keepsUdpParity) {
    return new PortPool(ports, Rng.seeded(seed, "nat"), List.of(OUTSIDE), keepsUdpParity);
  }

  /** RFC 4787 REQ-3: preserved where it is free, never overloaded; RFC 5382 REQ-7. */
  @ParameterizedTest
  @ValueSource(ints = {V4.TCP, V4.UDP, V4.ICMP})
  void aFreePortIsKeptAndATakenOneNotSharedRfc4787Req3(int protocol) {
    PortPool pool = pool(1, true);
    assertEquals(4242, pool.take(0, protocol, 4242));
    assertNotEquals(4242, pool.take(0, protocol, 4242));
    pool.release(0, protocol, 4242);
    assertEquals(4242, pool.take(0, protocol, 4242));
  }

  @Test
  void protocolsHavePortsOfTheirOwn() {
    PortPool pool = pool(1, true);
    assertEquals(4242, pool.take(0, V4.TCP, 4242));
    assertEquals(4242, pool.take(0, V4.UDP, 4242));
    assertEquals(4242, pool.take(0, V4.ICMP, 4242));
  }

  /** RFC 4787 REQ-3 a): 0 to 1023 and 1024 to 65535 stay apart. */
  @ParameterizedTest
  @ValueSource(ints = {V4.TCP, V4.UDP})
  void anotherPortIsOfTheSameRangeRfc4787Req3(int protocol) {
    PortPool pool = pool(2, true);
    for (int i = 0; i < 300; i++) {
      int low = pool.take(0, protocol, 53);
      assertTrue(low >= 1 && low < 1024, "port " + low);
      int high = pool.take(0, protocol, 1024);
      assertTrue(high >= 1024 && high < 65536, "port " + high);
    }
  }

  /** RFC 4787 REQ-4, RFC 7857 8. */
  @Test
  void theParityOfUdpIsKeptUnlessOffRfc4787Req4() {
    PortPool pool = pool(3, true);
    for (int i = 0; i < 500; i++) {
      assertEquals(0, pool.take(0, V4.UDP, 5004) & 1);
      assertEquals(1, pool.take(0, V4.UDP, 5005) & 1);
    }
    PortPool free = pool(4, false);
    int odd = 0;
    for (int i = 0; i < 500; i++) {
      odd += free.take(0, V4.UDP, 6004) & 1;
    }
    assertTrue(odd > 150 && odd < 350, odd + " of 500 are odd");
  }

  /** The same reservation as listeners, sockets and forwards of this host. */
  @Test
  void whatThisHostUsesIsNotGiven() {
    PortPool pool = pool(5, true);
    Object listener = new Object();
    assertTrue(ports.reserve(V4.TCP, OUTSIDE.hi(), OUTSIDE.lo(), 8080, listener));
    assertTrue(ports.reserve(V4.TCP, 0, Ipv4Address.MAPPED_PREFIX, 8081, listener));
    assertNotEquals(8080, pool.take(0, V4.TCP, 8080));
    assertNotEquals(8081, pool.take(0, V4.TCP, 8081));
    assertEquals(4242, pool.take(0, V4.TCP, 4242));
    assertFalse(ports.reserve(V4.TCP, OUTSIDE.hi(), OUTSIDE.lo(), 4242, listener));
  }

  /** RFC 6056 3.2, RFC 7857 9, RFC 6888 REQ-15: what is drawn says nothing of what comes next. */
  @Test
  void portsAreDrawnFromTheWholeRangeRfc6056() {
    PortPool pool = pool(6, true);
    TreeMap<Integer, Integer> byEighth = new TreeMap<>();
    int neighbours = 0;
    int before = 0;
    for (int i = 0; i < 4000; i++) {
      int port = pool.take(0, V4.TCP, 1024);
      byEighth.merge(port >> 13, 1, Integer::sum);
      neighbours += Math.abs(port - before) <= 1 ? 1 : 0;
      before = port;
    }
    assertEquals(8, byEighth.size());
    byEighth.values().forEach(count -> assertTrue(count > 380 && count < 620, "" + byEighth));
    assertTrue(neighbours < 10, neighbours + " follow their neighbours");
  }

  /** RFC 6888 REQ-13: every port is given once, then none; what is given back can be had again. */
  @ParameterizedTest
  @ValueSource(ints = {V4.TCP, V4.UDP, V4.ICMP})
  void aPoolGivesAllItHasAndThenNone(int protocol) {
    PortPool pool = pool(7, true);
    Object listener = new Object();
    assertTrue(ports.reserve(protocol, OUTSIDE.hi(), OUTSIDE.lo(), 2000, listener));
    BitSet seen = new BitSet();
    int all = protocol == V4.ICMP ? 65536 : 65536 - 1024;
    for (int i = 0; i < all - 1; i++) {
      int port = pool.take(0, protocol, 1024 + (i & 1)); // both parities in turn
      if (port == PortPool.NONE) {
        port = pool.take(0, protocol, 1025);
      }
      assertNotEquals(PortPool.NONE, port, "after " + i);
      assertFalse(seen.get(port), "given twice: " + port);
      seen.set(port);
    }
    assertFalse(seen.get(2000));
    assertEquals(PortPool.NONE, pool.take(0, protocol, 1024));
    assertEquals(PortPool.NONE, pool.take(0, protocol, 1025));
    assertEquals(all - 1, pool.size());
    pool.release(0, protocol, 3000);
    assertEquals(3000, pool.take(0, protocol, 4000));
    for (int port = seen.nextSetBit(0); port >= 0; port = seen.nextSetBit(port + 1)) {
      pool.release(0, protocol, port);
    }
    assertEquals(0, pool.size());
    assertEquals(1, ports.size());
  }

  /** RFC 4787 REQ-2, RFC 7857 4: IP address pooling is "paired". */
  @Test
  void anInsideHostKeepsItsOutsideAddressRfc4787Req2() {
    List<Ipv4Address> outside =
        List.of(
            Ipv4Address.parse("203.0.113.1"),
            Ipv4Address.parse("203.0.113.2"),
            Ipv4Address.parse("203.0.113.3"));
    PortPool pool = new PortPool(ports, Rng.seeded(8, "nat"), outside, true);
    TreeSet<IpAddress> used = new TreeSet<>();
    Random random = new Random(8);
    for (int i = 0; i < 200; i++) {
      long inside = Ipv4Address.mapped(random.nextInt());
      int index = pool.addressIndexFor(0, inside);
      used.add(pool.address(index));
      pool.take(index, V4.UDP, random.nextInt(65536));
      assertEquals(index, pool.addressIndexFor(0, inside));
    }
    assertEquals(new TreeSet<>(outside), used);
  }

  /** Against a set of what was given, over many seeds. */
  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void takingAndReleasingAgreesWithASet(long seed) {
    PortPool pool = pool(seed, true);
    Random random = new Random(seed);
    TreeSet<Integer> held = new TreeSet<>();
    for (int i = 0; i < 20_000; i++) {
      if (held.size() < 900 && random.nextInt(5) > 1) {
        int wanted = random.nextInt(1024);
        int port = pool.take(0, V4.UDP, wanted);
        boolean anyFree =
            held.stream().filter(p -> (p & 1) == (wanted & 1)).count() < freeOf(wanted);
        assertEquals(anyFree, port != PortPool.NONE, "step " + i);
        assertTrue(port == PortPool.NONE || (port & 1) == (wanted & 1) && held.add(port));
      } else if (!held.isEmpty()) {
        Integer port = held.ceiling(random.nextInt(1024));
        if (port != null) {
          held.remove(port);
          pool.release(0, V4.UDP, port);
        }
      }
      assertEquals(held.size(), pool.size());
    }
  }

  /** Ports 1 to 1023: 512 are odd, 511 even. */
  private static int freeOf(int wanted) {
    return (wanted & 1) == 1 ? 512 : 511;
  }
}
