package dev.tapstack.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.link.NetInterface;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The longest prefix wins; checked against a list that is searched in full. */
class RouteTableTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private final RouteTable table = new RouteTable();
  private NetInterface eth;

  @BeforeEach
  void start() {
    eth = new IpHost(harness).eth();
  }

  private Route route(String prefix) {
    return new Route(IpPrefix.parse(prefix), Route.Kind.UNICAST, eth, null);
  }

  private @Nullable Route lookup(String address) {
    IpAddress a = IpAddress.parse(address);
    return table.lookup(a.hi(), a.lo());
  }

  @Test
  void theLongestPrefixWins() {
    Route all = route("0.0.0.0/0");
    Route ten = route("10.0.0.0/8");
    Route subnet = route("10.1.2.0/24");
    Route host = route("10.1.2.3/32");
    for (Route each : List.of(ten, host, all, subnet)) {
      assertTrue(table.add(each));
    }
    assertSame(host, lookup("10.1.2.3"));
    assertSame(subnet, lookup("10.1.2.4"));
    assertSame(ten, lookup("10.1.3.3"));
    assertSame(all, lookup("11.1.2.3"));
    assertEquals(List.of(host, subnet, ten, all), table.routes());
  }

  @Test
  void familiesDoNotMix() {
    table.add(route("::/0"));
    assertNull(lookup("10.1.2.3"));
    table.add(route("0.0.0.0/0"));
    assertEquals("0.0.0.0/0", lookup("10.1.2.3").prefix().toString());
    assertEquals("::/0", lookup("2001:db8::1").prefix().toString());
  }

  @Test
  void aPrefixHasOneRoute() {
    Route first = route("10.0.0.0/8");
    assertTrue(table.add(first));
    assertFalse(table.add(route("10.0.0.0/8")));
    assertSame(first, lookup("10.1.1.1"));
    assertTrue(table.remove(first.prefix()));
    assertFalse(table.remove(first.prefix()));
    assertNull(lookup("10.1.1.1"));
  }

  @Test
  void aRouteSaysWhatIsWrongWithIt() {
    String text =
        assertThrows(IllegalArgumentException.class, () -> route("10.0.0.1/8")).getMessage();
    assertTrue(text.contains("10.0.0.1/8") && text.contains("10.0.0.0/8"), text);
    IpAddress v6 = IpAddress.parse("2001:db8::1");
    assertThrows(
        IllegalArgumentException.class,
        () -> new Route(IpPrefix.parse("10.0.0.0/8"), Route.Kind.UNICAST, eth, v6));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void agreesWithASearchOfAll(long seed) {
    Random random = new Random(seed);
    List<Route> naive = new ArrayList<>();
    for (int step = 0; step < 4000; step++) {
      if (random.nextInt(4) == 0 && !naive.isEmpty()) {
        Route gone = naive.remove(random.nextInt(naive.size()));
        assertTrue(table.remove(gone.prefix()));
      } else if (random.nextInt(2) == 0) {
        Route added = new Route(prefix(random), Route.Kind.UNICAST, eth, null);
        boolean isNew = naive.stream().noneMatch(r -> r.prefix().equals(added.prefix()));
        assertEquals(isNew, table.add(added));
        if (isNew) {
          naive.add(added);
        }
      }
      IpAddress probe = address(random);
      Route expected = null;
      for (Route each : naive) {
        IpPrefix p = each.prefix();
        if (p.address().isV4() == probe.isV4()
            && p.contains(probe)
            && (expected == null || p.length() > expected.prefix().length())) {
          expected = each;
        }
      }
      assertSame(expected, table.lookup(probe.hi(), probe.lo()), "seed " + seed + ": " + probe);
    }
    assertEquals(naive.size(), table.routes().size());
  }

  /** From few networks, so that prefixes nest and probes hit. */
  private static IpAddress address(Random random) {
    long few = random.nextInt(4);
    return random.nextBoolean()
        ? Ipv4Address.of((int) (few << 30 | few << 20 | random.nextInt(1 << 10)))
        : IpAddress.of(few << 60 | 1L << 40 | few, few << 50 | random.nextInt(1 << 10));
  }

  private static IpPrefix prefix(Random random) {
    IpAddress address = address(random);
    int length = random.nextInt(address.bits() + 1);
    return new IpPrefix(new IpPrefix(address, length).network(), length);
  }
}
