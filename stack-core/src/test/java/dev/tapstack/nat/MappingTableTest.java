package dev.tapstack.nat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.SipHash;
import dev.tapstack.testkit.V4;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link MappingTable} against plain maps. */
class MappingTableTest {
  private final MappingTable table = new MappingTable(new SipHash(1, 2), 1000);

  private static long lo(String address) {
    return Ipv4Address.parse(address).lo();
  }

  private static Mapping mapping(int protocol, String inside, int insidePort, int outsidePort) {
    return new Mapping(
        protocol, 0, lo(inside), insidePort, 0, lo("203.0.113.1"), outsidePort, Mapping.STATIC);
  }

  @Test
  void isFoundByEitherEndpointAndProtocol() {
    Mapping m = mapping(V4.UDP, "192.168.1.2", 5000, 6000);
    table.add(m);
    assertSame(m, table.byInside(V4.UDP, 0, lo("192.168.1.2"), 5000));
    assertSame(m, table.byOutside(V4.UDP, 0, lo("203.0.113.1"), 6000));
    assertNull(table.byInside(V4.TCP, 0, lo("192.168.1.2"), 5000));
    assertNull(table.byInside(V4.UDP, 0, lo("192.168.1.3"), 5000));
    assertNull(table.byInside(V4.UDP, 0, lo("192.168.1.2"), 5001));
    assertNull(table.byOutside(V4.UDP, 0, lo("203.0.113.1"), 5000));
    table.remove(m);
    assertNull(table.byInside(V4.UDP, 0, lo("192.168.1.2"), 5000));
    assertNull(table.byOutside(V4.UDP, 0, lo("203.0.113.1"), 6000));
    assertEquals(0, table.size());
  }

  @Test
  void twoOutsideEndpointsMayStandForOneServer() {
    Mapping first = mapping(V4.TCP, "192.168.1.2", 80, 8080);
    Mapping second = mapping(V4.TCP, "192.168.1.2", 80, 8081);
    table.add(first);
    table.add(second);
    assertSame(first, table.byInside(V4.TCP, 0, lo("192.168.1.2"), 80));
    assertSame(second, table.byOutside(V4.TCP, 0, lo("203.0.113.1"), 8081));
    table.remove(second);
    assertSame(first, table.byInside(V4.TCP, 0, lo("192.168.1.2"), 80));
  }

  @Test
  void theOrderIsProtocolThenInsideEndpoint() {
    Mapping b = mapping(V4.TCP, "192.168.1.2", 81, 1);
    Mapping a = mapping(V4.TCP, "192.168.1.2", 80, 2);
    Mapping d = mapping(V4.UDP, "192.168.1.1", 80, 3);
    Mapping c = mapping(V4.TCP, "192.168.1.10", 80, 4);
    List.of(b, d, c, a).forEach(table::add);
    assertEquals(List.of(a, b, c, d), table.all());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void agreesWithMapsOverRandomSteps(long seed) {
    Random random = new Random(seed);
    Map<Integer, Mapping> byOutside = new TreeMap<>();
    Map<Integer, Mapping> byInside = new TreeMap<>();
    List<Mapping> held = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      int inside = random.nextInt(2000);
      int outside = random.nextInt(2000);
      boolean isNew = !byOutside.containsKey(outside) && !byInside.containsKey(inside);
      if (isNew && !table.isFull() && random.nextInt(5) < 3) {
        Mapping m = mapping(V4.UDP, "192.168.1.2", inside, outside);
        table.add(m);
        byInside.put(inside, m);
        byOutside.put(outside, m);
        held.add(m);
      } else if (!held.isEmpty() && random.nextInt(2) == 0) {
        Mapping m = held.remove(random.nextInt(held.size()));
        table.remove(m);
        byInside.remove(m.insidePort);
        byOutside.remove(m.outsidePort);
      }
      assertSame(byInside.get(inside), table.byInside(V4.UDP, 0, lo("192.168.1.2"), inside));
      assertSame(byOutside.get(outside), table.byOutside(V4.UDP, 0, lo("203.0.113.1"), outside));
      assertEquals(held.size(), table.size());
    }
    assertTrue(held.size() > 300, "" + held.size());
    assertEquals(new ArrayList<>(byInside.values()), table.all());
  }
}
