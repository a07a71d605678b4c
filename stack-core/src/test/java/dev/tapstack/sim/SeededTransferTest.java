package dev.tapstack.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.device.FaultCounter;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a link does to frames and whatever applications do, TCP carries every byte both ways.
 */
class SeededTransferTest {
  private static final TransferScenario.Totals TOTALS = new TransferScenario.Totals();

  static LongStream seeds() {
    return Seeds.all();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void carriesEveryByteBothWays(long seed) {
    Seeds.run(
        SeededTransferTest.class,
        seed,
        (number, captureTo) -> {
          TransferScenario scenario = new TransferScenario(number);
          try {
            scenario.run(TOTALS, captureTo);
          } catch (Throwable failure) {
            throw new AssertionError(failure.getMessage() + "\nin " + scenario, failure);
          }
        });
  }

  /** A simulation in which nothing happens proves nothing. */
  @AfterAll
  static void everythingHasHappened() {
    if (Seeds.isOne()) {
      return;
    }
    for (FaultCounter each : FaultCounter.values()) {
      assertTrue(TOTALS.faults(each) > 0, () -> "no frame was " + each);
    }
    assertTrue(TOTALS.timeouts() > 0, "no retransmission timeout");
    assertTrue(TOTALS.fastRetransmits() > 0, "no fast retransmit");
  }
}
