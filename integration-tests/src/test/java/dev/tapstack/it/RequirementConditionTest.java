package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A test that cannot run is skipped with its reason, or fails where it must run. */
class RequirementConditionTest {
  private final ExtensionContext context =
      (ExtensionContext)
          Proxy.newProxyInstance(
              getClass().getClassLoader(),
              new Class<?>[] {ExtensionContext.class},
              (proxy, method, arguments) -> "an example (no test was skipped here)");

  private static RequirementCondition condition(boolean isRequired, Optional<String> missing) {
    return new RequirementCondition("privileges", isRequired, () -> missing) {};
  }

  @Test
  void runsWhenNothingIsMissing() {
    var result = condition(true, Optional.empty()).evaluateExecutionCondition(context);
    assertFalse(result.isDisabled());
  }

  @Test
  void skipsWithTheReason() {
    var result = condition(false, Optional.of("not root")).evaluateExecutionCondition(context);
    assertTrue(result.isDisabled());
    assertEquals(Optional.of("not root"), result.getReason());
  }

  @Test
  void failsWhereItMustRun() {
    var condition = condition(true, Optional.of("not root"));
    var failure =
        assertThrows(
            IllegalStateException.class, () -> condition.evaluateExecutionCondition(context));
    assertEquals("needs privileges: not root", failure.getMessage());
  }
}
