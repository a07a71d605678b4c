package dev.tapstack.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RngTest {
  private static long[] first(Rng rng) {
    return LongStream.generate(rng::nextLong).limit(20).toArray();
  }

  private static void assertDifferent(Rng one, Rng other) {
    assertNotEquals(Arrays.toString(first(one)), Arrays.toString(first(other)));
  }

  @Test
  void theSameSeedAndNameGiveTheSameNumbers() {
    assertEquals(
        Arrays.toString(first(Rng.seeded(7, "host"))),
        Arrays.toString(first(Rng.seeded(7, "host"))));
  }

  @Test
  void anotherSeedOrNameGivesOthers() {
    assertDifferent(Rng.seeded(7, "host"), Rng.seeded(8, "host"));
    assertDifferent(Rng.seeded(7, "host"), Rng.seeded(7, "hosu"));
    assertDifferent(Rng.seeded(7, "ab"), Rng.seeded(7, "ba"));
    assertDifferent(Rng.seeded(7, ""), Rng.seeded(7, "a"));
    assertDifferent(Rng.secure(), Rng.secure());
  }

  @Test
  void aHashFunctionOfItsOwnDiffersFromTheNext() {
    Rng rng = Rng.seeded(1, "host");
    assertNotEquals(rng.nextSipHash().hash(1, 2, 3, 4), rng.nextSipHash().hash(1, 2, 3, 4));
  }

  @Test
  void boundedNumbersReachAllOfTheirRangeAndNothingElse() {
    Rng rng = Rng.seeded(3, "host");
    int[] seen = new int[7];
    for (int i = 0; i < 70_000; i++) {
      seen[rng.nextInt(7)]++;
    }
    for (int count : seen) {
      // 10,000 each on average; the standard deviation is 93.
      assertTrue(count > 9_500 && count < 10_500, Arrays.toString(seen));
    }
    for (int i = 0; i < 1000; i++) {
      int number = rng.nextInt(Integer.MAX_VALUE);
      assertTrue(number >= 0 && number < Integer.MAX_VALUE);
      assertEquals(0, rng.nextInt(1));
    }
  }

  @Test
  void fractionsAreEvenlySpreadBelowOne() {
    Rng rng = Rng.seeded(4, "host");
    double sum = 0;
    for (int i = 0; i < 100_000; i++) {
      double fraction = rng.nextDouble();
      assertTrue(fraction >= 0 && fraction < 1);
      sum += fraction;
    }
    // The mean's standard deviation is 0.0009.
    assertEquals(0.5, sum / 100_000, 0.005);
  }
}
