package dev.tapstack.ip;

import static dev.tapstack.testkit.IpHost.ME;
import static dev.tapstack.testkit.IpHost.PEER;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random datagrams, cut at random, in random order, with copies and overlaps, several at once,
 * against a model that marks each byte. What the model calls whole must arrive as it was sent.
 */
class ReassemblyModelTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 200);
  }

  private record Fragment(int id, int from, int to, byte[] data) {
    boolean moreFollow() {
      return to < data.length;
    }

    byte[] packet() {
      return V4.of(PEER, ME)
          .id(id)
          .fragment(from, moreFollow())
          .payload(Arrays.copyOfRange(data, from, to))
          .bytes();
    }
  }

  /** A datagram by its definition: each byte came or not; doomed by any overlap but a copy. */
  private static final class Model {
    final List<Fragment> held = new ArrayList<>();
    boolean isDoomed;

    /** Whether the fragment makes it whole. */
    boolean add(Fragment f) {
      if (isDoomed || held.stream().anyMatch(h -> h.from == f.from && h.to == f.to)) {
        return false;
      }
      if (held.stream().anyMatch(h -> f.from < h.to && h.from < f.to)) {
        isDoomed = true;
        return false;
      }
      held.add(f);
      boolean[] came = new boolean[f.data.length];
      held.forEach(h -> Arrays.fill(came, h.from, h.to, true));
      for (boolean byteCame : came) {
        if (!byteCame) {
          return false;
        }
      }
      held.clear(); // delivered: what comes later begins anew
      return true;
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void agreesWithTheModel(long seed) {
    Random random = new Random(seed);
    IpHost host = new IpHost(harness);
    int datagrams = 1 + random.nextInt(4);
    List<Fragment> all = new ArrayList<>();
    for (int id = 0; id < datagrams; id++) {
      all.addAll(cut(random, id, V4.data(1 + random.nextInt(5000), random.nextInt(100))));
    }
    Collections.shuffle(all, random);
    List<Model> models = new ArrayList<>();
    for (int id = 0; id < datagrams; id++) {
      models.add(new Model());
    }
    for (Fragment fragment : all) {
      host.receive(fragment.packet());
      List<byte[]> received = host.recorder().take();
      boolean isWhole = models.get(fragment.id).add(fragment);
      assertEquals(isWhole ? 1 : 0, received.size(), "seed " + seed + " after " + fragment);
      if (isWhole) {
        assertArrayEquals(fragment.data, received.get(0), "seed " + seed);
      }
      int held = models.stream().filter(m -> !m.isDoomed).mapToInt(m -> m.held.size()).sum();
      assertEquals(held, host.ledger().keptUp(), "seed " + seed + " after " + fragment);
    }
    harness.runFor(31_000_000_000L);
    assertEquals(0, host.ledger().keptUp());
    assertEquals(0, host.ip().reassembler().memoryBytes());
  }

  private static List<Fragment> cut(Random random, int id, byte[] data) {
    List<Fragment> parts = new ArrayList<>();
    for (int at = 0; at < data.length; ) {
      int end = Math.min(data.length, at + 8 * (1 + random.nextInt(60)));
      if (at == 0 && end == data.length) {
        end = Math.max(8, data.length / 2 & ~7);
        end = Math.min(end, data.length);
      }
      parts.add(new Fragment(id, at, end, data));
      at = end;
    }
    if (random.nextInt(3) > 0) {
      parts.add(parts.get(random.nextInt(parts.size()))); // a copy
    }
    if (random.nextInt(3) == 0) {
      Fragment victim = parts.get(random.nextInt(parts.size()));
      int from = Math.max(0, victim.from - 8 * random.nextInt(3));
      parts.add(new Fragment(id, from, victim.to, data)); // perhaps an overlap
    }
    if (random.nextInt(4) == 0) {
      parts.remove(random.nextInt(parts.size())); // a loss
    }
    parts.removeIf(f -> f.from == 0 && !f.moreFollow()); // not a fragment
    return parts;
  }
}
