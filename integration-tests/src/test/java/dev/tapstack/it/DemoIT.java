package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The demonstrations that the README names, as a person types them. */
@Privileged
class DemoIT {
  private static final Duration DEADLINE = Duration.ofMinutes(5);

  @ParameterizedTest
  @ValueSource(strings = {"demo", "demo-nat"})
  void everyStepSucceeds(String name) {
    String script = Path.of(System.getProperty("tapstack.root"), "scripts", name).toString();
    Outcome outcome = Command.run(DEADLINE, List.of(script)).ok();
    assertTrue(outcome.output().matches("(?s).*\nall \\d+ steps succeeded\n"), outcome.output());
  }
}
