package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The options of {@code scripts/soak}; what it does takes longer than a build may. */
class SoakTest {
  private static Outcome soak(String... arguments) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("tapstack.root"), "scripts", "soak").toString());
    words.addAll(List.of(arguments));
    return Command.run(Command.DEADLINE, words);
  }

  @Test
  void helpIsAvailable() {
    String help = soak("--help").ok().output();
    assertTrue(help.startsWith("Usage: scripts/soak [SECONDS] [--divide N]\n"), help);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "5, '5' is no number of seconds from 10 to 999999",
        "long, 'long' is no number of seconds from 10 to 999999",
        "--divide, --divide needs a number from 1 to 9999",
        "--divde, unknown argument --divde"
      })
  void whatIsWrongIsTold(String argument, String message) {
    Outcome outcome = soak(argument);
    assertEquals(2, outcome.status());
    assertEquals("soak: " + message + " (see --help)\n", outcome.errors());
  }
}
