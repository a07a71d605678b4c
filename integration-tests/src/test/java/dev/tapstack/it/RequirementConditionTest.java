package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A privileged test that cannot run is skipped with its reason, or fails where it must run. */
class PrivilegedConditionTest {
  private final ExtensionContext context =
      (ExtensionContext)
          Proxy.newProxyInstance(
              getClass().getClassLoader(),
              new Class<?>[] {ExtensionContext.class},
              (proxy, method, arguments) -> "an example (no test was skipped here)");

  @Test
  void runsWhenNothingIsMissing() {
    assertFalse(
        new PrivilegedCondition(true, Optional::empty)
            .evaluateExecutionCondition(context)
            .isDisabled());
  }

  @Test
  void skipsWithTheReason() {
    var result =
        new PrivilegedCondition(false, () -> Optional.of("not root"))
            .evaluateExecutionCondition(context);
    assertTrue(result.isDisabled());
    assertEquals(Optional.of("not root"), result.getReason());
  }

  @Test
  void failsWherePrivilegesAreDemanded() {
    var condition = new PrivilegedCondition(true, () -> Optional.of("not root"));
    var failure =
        assertThrows(
            IllegalStateException.class, () -> condition.evaluateExecutionCondition(context));
    assertTrue(failure.getMessage().contains("not root"), failure.getMessage());
  }
}
