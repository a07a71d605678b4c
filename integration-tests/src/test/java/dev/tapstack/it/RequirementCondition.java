package dev.tapstack.it;

import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Decides for tests that need what not every machine has: run, skip with a printed reason, or fail
 * where skipping would hide them.
 */
public abstract class RequirementCondition implements ExecutionCondition {
  private final String what;
  private final boolean isRequired;
  private final Supplier<Optional<String>> missing;

  /**
   * @param what they need, and what says that they must run: for the message of the failure
   * @param missing tells why they cannot run, with a remedy; empty if they can
   */
  protected RequirementCondition(
      String what, boolean isRequired, Supplier<Optional<String>> missing) {
    this.what = what;
    this.isRequired = isRequired;
    this.missing = missing;
  }

  @Override
  public final ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    Optional<String> reason = missing.get();
    if (reason.isEmpty()) {
      return ConditionEvaluationResult.enabled("there is what it needs");
    }
    if (isRequired) {
      // An exception here is a failed test; a result could only skip it.
      throw new IllegalStateException("needs " + what + ": " + reason.get());
    }
    System.out.println("SKIPPED " + context.getDisplayName() + ": " + reason.get());
    return ConditionEvaluationResult.disabled(reason.get());
  }
}
