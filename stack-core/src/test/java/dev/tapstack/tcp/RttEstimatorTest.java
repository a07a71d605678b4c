package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@link RttEstimator} against RFC 6298 2 written down in doubles. */
class RttEstimatorTest {
  private static final double MILLI = 1e6;
  private static final double GRANULARITY = 2 * MILLI;

  /** RFC 6298 2, word by word. */
  private static final class Direct {
    private final double minimum;
    private boolean hasSample;
    private double srtt;
    private double rttvar;
    private double rto = 1000 * MILLI; // 2.1

    Direct(double minimum) {
      this.minimum = minimum;
    }

    void sample(double r) {
      if (!hasSample) { // 2.2
        srtt = r;
        rttvar = r / 2;
        hasSample = true;
      } else { // 2.3, in this order
        rttvar = 3.0 / 4 * rttvar + 1.0 / 4 * Math.abs(srtt - r);
        srtt = 7.0 / 8 * srtt + 1.0 / 8 * r;
      }
      rto = srtt + Math.max(GRANULARITY, 4 * rttvar);
      rto = Math.min(Math.max(rto, minimum), 60_000 * MILLI); // 2.4, 2.5
    }
  }

  @Test
  void agreesWithTheRfc() {
    for (long seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      long minimum = random.nextBoolean() ? 200_000_000L : 1_000_000_000L;
      RttEstimator estimator = new RttEstimator(minimum);
      Direct direct = new Direct(minimum);
      double scale = Math.pow(10, random.nextInt(11)); // up to 10 s
      for (int i = 0; i < 200; i++) {
        assertEquals(direct.rto, estimator.rtoNanos(), 100, "seed " + seed);
        long r = 1 + (long) (random.nextDouble() * scale);
        estimator.sample(r);
        direct.sample(r);
        assertEquals(direct.srtt, estimator.srttNanos(), 100, "seed " + seed);
        assertEquals(direct.rttvar, estimator.rttvarNanos(), 100, "seed " + seed);
      }
    }
  }

  @Test
  void beginsWithOneSecondAndDoublesToSixty() {
    RttEstimator estimator = new RttEstimator(200_000_000L);
    assertFalse(estimator.hasSample());
    long expected = 1_000_000_000L;
    for (int backoffs = 0; backoffs < 40; backoffs++) {
      assertEquals(expected, estimator.rtoNanos(backoffs), "after " + backoffs);
      expected = Math.min(expected * 2, 60_000_000_000L);
    }
  }

  @Test
  void theLeastTimeoutReachesSixtySecondsToo() {
    RttEstimator estimator = new RttEstimator(200_000_000L);
    estimator.sample(1);
    long expected = 200_000_000L;
    for (int backoffs = 0; backoffs < 40; backoffs++) {
      assertEquals(expected, estimator.rtoNanos(backoffs), "after " + backoffs);
      expected = Math.min(expected * 2, 60_000_000_000L);
    }
  }

  @Test
  void soDoesOneOfTwoTicks() {
    RttEstimator estimator = new RttEstimator(1);
    estimator.sample(1);
    assertEquals(2_000_001L << 14, estimator.rtoNanos(14));
    assertEquals(60_000_000_000L, estimator.rtoNanos(15));
    assertEquals(60_000_000_000L, estimator.rtoNanos(40));
  }

  @Test
  void aLostSynWithoutASampleMeansThreeSeconds() {
    RttEstimator estimator = new RttEstimator(200_000_000L);
    estimator.synWasLost();
    assertEquals(3_000_000_000L, estimator.rtoNanos());
  }
}
