package dev.tapstack.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.SipHash;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link NeighborTable} against a list, and {@link GroupTable}. */
class NeighborTableTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void findsAndOrdersAsAListDoes(long seed) {
    Random random = new Random(seed);
    NeighborTable table = new NeighborTable(new SipHash(seed, 7));
    List<Neighbor> model = new ArrayList<>(); // the oldest first
    for (int step = 0; step < 20_000; step++) {
      long lo = random.nextInt(100);
      Neighbor expected = model.stream().filter(each -> each.is(0, lo)).findFirst().orElse(null);
      assertSame(expected, table.find(0, lo));
      assertNull(table.find(1, lo));
      if (expected == null) {
        if (random.nextBoolean()) {
          Neighbor added = new Neighbor(0, lo, table.hash(0, lo), due -> {});
          table.addOldest(added);
          model.addFirst(added);
        }
      } else if (random.nextBoolean()) {
        table.used(expected);
        model.remove(expected);
        model.addLast(expected);
      } else {
        table.remove(expected);
        model.remove(expected);
      }
      List<Neighbor> ordered = new ArrayList<>();
      for (Neighbor each = table.oldest(); each != null; each = each.newer) {
        ordered.add(each);
      }
      assertEquals(model, ordered);
      assertEquals(model.size(), table.size());
    }
  }

  @Test
  void aGroupThatMovesInTheTableKeepsItsJoins() {
    GroupTable groups = new GroupTable();
    groups.join(1);
    groups.join(2);
    groups.join(2);
    groups.leave(1);
    assertFalse(groups.contains(1));
    groups.leave(2);
    assertTrue(groups.contains(2));
    groups.leave(2);
    assertFalse(groups.contains(2));
    groups.leave(2);
    groups.join(3);
    assertTrue(groups.contains(3));
    assertFalse(groups.contains(2));
  }
}
