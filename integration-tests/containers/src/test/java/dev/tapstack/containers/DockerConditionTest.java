package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A Docker test is skipped unless it is asked for, and then fails where it cannot run. */
class DockerConditionTest {
  private final ExtensionContext context =
      (ExtensionContext)
          Proxy.newProxyInstance(
              getClass().getClassLoader(),
              new Class<?>[] {ExtensionContext.class},
              (proxy, method, arguments) -> "an example (no test was skipped here)");

  @Test
  void runsWhereItIsAskedForAndNothingIsMissing() {
    var result = new DockerCondition(true, Optional::empty).evaluateExecutionCondition(context);
    assertFalse(result.isDisabled());
  }

  @Test
  void isSkippedWithAReasonAndWithoutPreparationUnlessItIsAskedFor() {
    var condition =
        new DockerCondition(
            false,
            () -> {
              throw new AssertionError("prepared");
            });
    var result = condition.evaluateExecutionCondition(context);
    assertTrue(result.isDisabled());
    assertTrue(result.getReason().orElseThrow().contains("-Dtapstack.docker=required"));
  }

  @Test
  void failsWhereItIsAskedForAndCannotRun() {
    var condition = new DockerCondition(true, () -> Optional.of("no engine"));
    var failure =
        assertThrows(
            IllegalStateException.class, () -> condition.evaluateExecutionCondition(context));
    assertTrue(failure.getMessage().contains("no engine"), failure.getMessage());
  }
}
