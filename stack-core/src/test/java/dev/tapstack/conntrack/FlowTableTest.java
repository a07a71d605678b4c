package dev.tapstack.conntrack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.tapstack.addr.SipHash;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The table finds what is there, by both sides, and is as small as is promised. */
class FlowTableTest {
  private static final SipHash SIP = new SipHash(1, 2);

  private static Tracked flow(int from, int port) {
    return new Tracked(17, 0, from, port, 0, 99, 53);
  }

  private static Tuple tuple(Tracked flow, Side side) {
    Tuple tuple = new Tuple();
    tuple.setTo(flow, side);
    return tuple;
  }

  private static String key(Tracked flow, Side side) {
    return side + " " + flow.source(side) + " " + flow.destination(side);
  }

  /** A table against maps, few keys so that chains form and gaps are closed in them. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void agreesWithMaps(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    FlowTable table = new FlowTable(SIP);
    Map<String, Tracked> model = new LinkedHashMap<>();
    for (int step = 0; step < 20_000; step++) {
      int most = 20 + (int) (180 * (1 + Math.sin(step / 2000.0)));
      Tracked flow = flow(random.nextInt(20), random.nextInt(most));
      flow.replyDestination(
          0, 7, flow.sourcePort(Side.ORIGINAL) * 20 + (int) flow.sourceLo(Side.ORIGINAL));
      Tracked known = model.get(key(flow, Side.ORIGINAL));
      assertSame(known, table.find(tuple(flow, Side.ORIGINAL)));
      assertSame(known, table.find(tuple(flow, Side.REPLY)));
      assertNull(table.find(tuple(flow, Side.REPLY), Side.ORIGINAL));
      if (known == null) {
        table.add(flow);
        for (Side side : Side.values()) {
          model.put(key(flow, side), flow);
        }
      } else if (random.nextInt(3) > 0) {
        table.remove(known);
        for (Side side : Side.values()) {
          model.remove(key(known, side));
        }
      }
      assertEquals(model.size(), 2 * table.size());
    }
    for (Tracked each : model.values()) {
      assertSame(each, table.find(tuple(each, Side.ORIGINAL)));
      assertSame(each, table.find(tuple(each, Side.REPLY)));
    }
  }

  @Test
  void hostsAgreeWithListsOfTheirFlows() {
    SplittableRandom random = new SplittableRandom(9);
    Hosts hosts = new Hosts(SIP);
    Map<Long, List<Tracked>> unreplied = new LinkedHashMap<>();
    Map<Long, List<Tracked>> all = new LinkedHashMap<>();
    for (int step = 0; step < 20_000; step++) {
      long lo = random.nextInt(step % 4000 < 2000 ? 40 : 400);
      List<Tracked> its = all.computeIfAbsent(lo, key -> new ArrayList<>());
      List<Tracked> waiting = unreplied.computeIfAbsent(lo, key -> new ArrayList<>());
      if (its.isEmpty() || random.nextInt(3) == 0) {
        Tracked flow = flow((int) lo, step & 0xffff);
        hosts.add(flow);
        its.add(flow);
        waiting.add(flow);
      } else {
        Tracked flow = its.get(random.nextInt(its.size()));
        if (random.nextInt(4) > 0) {
          hosts.remove(flow, waiting.contains(flow));
          its.remove(flow);
          waiting.remove(flow);
        } else if (waiting.remove(flow)) {
          hosts.assured(flow);
        } else {
          hosts.restarted(flow);
          waiting.add(flow);
        }
      }
      assertEquals(its.size(), hosts.flows(0, lo));
      assertSame(waiting.isEmpty() ? null : waiting.get(0), hosts.oldestUnassured(0, lo));
    }
    assertEquals(all.values().stream().filter(list -> !list.isEmpty()).count(), hosts.size());
  }

  /**
   * A flow with its places in the table takes 200 bytes of heap at most, whatever the size: what
   * the making of a flow allocates, and two references of 4 bytes (as the JVM has them in heaps
   * below 32 GB) for each place.
   */
  @Test
  void aFlowTakesTwoHundredBytesAtMost() {
    int count = 300_000;
    FlowTable table = new FlowTable(SIP);
    double worst = 0;
    long allocated = 0;
    for (int i = 0; i < count; i++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      Tracked flow = flow(i >>> 8, i & 0xff);
      allocated += THREADS.getCurrentThreadAllocatedBytes() - before;
      table.add(flow);
      if (i > 1000) {
        worst = Math.max(worst, 8.0 * table.places() / table.size());
      }
    }
    double bytes = (double) allocated / count + worst;
    assertTrue(bytes <= 200, bytes + " bytes for each flow");
    assertTrue(bytes >= 150, bytes + " bytes for each flow: that is no measurement");
  }

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
}
