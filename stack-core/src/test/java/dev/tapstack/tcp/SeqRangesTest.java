package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@link SeqRanges} against a set of bits, around the points where sequence numbers wrap. */
class SeqRangesTest {
  private static final int SPAN = 600;

  @Test
  void agreesWithASetOfBits() {
    for (long seed = 0; seed < 300; seed++) {
      for (int base : TcpHost.ISNS) {
        run(new Random(seed), base - SPAN / 2, "seed " + seed + " base " + base);
      }
    }
  }

  private static void run(Random random, int base, String name) {
    SeqRanges ranges = new SeqRanges();
    BitSet bits = new BitSet();
    int edge = 0;
    for (int step = 0; step < 60; step++) {
      if (random.nextInt(5) == 0) {
        edge += random.nextInt(SPAN - edge);
        int reached = bits.nextClearBit(edge);
        assertEquals(base + reached, ranges.advance(base + edge), name);
        bits.clear(0, reached);
        edge = reached;
      } else {
        int from = edge + 1 + random.nextInt(SPAN - edge);
        int to = from + 1 + random.nextInt(40);
        assertTrue(ranges.add(base + from, base + to), name);
        bits.set(from, to);
      }
      check(ranges, bits, base, name);
      if (edge > SPAN - 50) {
        return;
      }
    }
  }

  private static void check(SeqRanges ranges, BitSet bits, int base, String name) {
    int at = 0;
    for (int i = 0; i < ranges.count(); i++) {
      int left = bits.nextSetBit(at);
      int right = bits.nextClearBit(left);
      assertEquals(base + left, ranges.left(i), name);
      assertEquals(base + right, ranges.right(i), name);
      at = right;
    }
    assertEquals(-1, bits.nextSetBit(at), name + ": a range is missing");
    assertEquals(bits.cardinality(), ranges.bytes(), name);
    assertEquals(bits.isEmpty(), ranges.isEmpty(), name);
  }

  @Test
  void refusesOneRangeTooManyAndChangesNothing() {
    SeqRanges ranges = new SeqRanges();
    for (int i = 0; i < SeqRanges.MAX_RANGES; i++) {
      assertTrue(ranges.add(10 * i, 10 * i + 5));
    }
    assertFalse(ranges.add(-10, -5));
    assertFalse(ranges.add(10 * SeqRanges.MAX_RANGES, 10 * SeqRanges.MAX_RANGES + 1));
    assertEquals(SeqRanges.MAX_RANGES, ranges.count());
    assertEquals(5 * SeqRanges.MAX_RANGES, ranges.bytes());
    assertTrue(ranges.add(5, 10), "what joins two needs no place");
    assertEquals(SeqRanges.MAX_RANGES - 1, ranges.count());
    ranges.clear();
    assertTrue(ranges.isEmpty());
  }
}
