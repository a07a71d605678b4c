package dev.tapstack.apps.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tapstack.apps.faults.FaultChange;
import dev.tapstack.apps.faults.FaultSettings;
import dev.tapstack.device.FaultProfile;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Faults as they are written and shown. */
class FaultOptionsTest {
  @ParameterizedTest
  @CsvSource({
    "5%, 0.05, 5%",
    "0.1%, 0.001, 0.1%",
    "100%, 1, 100%",
    "0%, 0, 0%",
    "5.50%, 0.055, 5.5%"
  })
  void chances(String text, double chance, String shown) {
    assertEquals(chance, Percentage.parse(text).chance());
    assertEquals(shown, Percentage.format(chance));
  }

  @ParameterizedTest
  @CsvSource({"50ms, 50000000, 50ms", "1.5s, 1500000000, 1.5s", "200us, 200000, 200us"})
  void times(String text, long nanos, String shown) {
    assertEquals(nanos, TimeSpan.parse(text).nanos());
    assertEquals(shown, TimeSpan.format(nanos));
  }

  @ParameterizedTest
  @CsvSource({"10mbit, 10000000, 10mbit", "1.5gbit, 1500000000, 1.5gbit", "64kbit, 64000, 64kbit"})
  void rates(String text, long bits, String shown) {
    assertEquals(bits, BitRate.parse(text).bitsPerSecond());
    assertEquals(shown, BitRate.format(bits));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "0.05", "101%", "-1%", "5 %", "x%", "1e9%"})
  void whatIsNoChance(String text) {
    assertThrows(IllegalArgumentException.class, () -> Percentage.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "-5ms", "1h", "3601s", "5 ms", "9999999999s"})
  void whatIsNoTime(String text) {
    assertThrows(IllegalArgumentException.class, () -> TimeSpan.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10", "10mbps", "7bit", "-1mbit", "tenmbit"})
  void whatIsNoRate(String text) {
    assertThrows(IllegalArgumentException.class, () -> BitRate.parse(text));
  }

  private static FaultOptions parsed(String... words) {
    FaultOptions options = new FaultOptions();
    CommandLine commandLine = new CommandLine(CommandLine.Model.CommandSpec.create());
    commandLine
        .getCommandSpec()
        .addMixin("faults", CommandLine.Model.CommandSpec.forAnnotatedObject(options));
    Converters.register(commandLine);
    commandLine.parseArgs(words);
    return options;
  }

  @Test
  void onlyWhatIsGivenChanges() {
    assertEquals(Map.of(), parsed().values());
    Map<String, Object> expected = new HashMap<>();
    expected.put(FaultChange.LOSS, 0.05);
    expected.put(FaultChange.DELAY, 50_000_000L);
    expected.put(FaultChange.RATE, 0L);
    expected.put(FaultChange.PARTITION, false);
    assertEquals(
        expected,
        parsed("--loss", "5%", "--delay", "50ms", "--rate", "0", "--no-partition").values());
  }

  @Test
  void settingsAreShownInTheWordsThatMakeThem() {
    assertEquals("none", FaultOptions.format(FaultSettings.NONE));
    FaultProfile profile =
        FaultProfile.NONE
            .withLoss(0.05)
            .withDelay(50_000_000, 10_000_000)
            .withReordering(0.01, 5_000_000)
            .withDuplication(0.02)
            .withCorruption(0.001)
            .withRate(10_000_000, 1000);
    String expected =
        "partition loss 5% delay 50ms jitter 10ms reorder 1% reorder-by 5ms duplicate 2%"
            + " corrupt 0.1% rate 10mbit";
    assertEquals(expected, FaultOptions.format(new FaultSettings(profile, true)));
  }
}
