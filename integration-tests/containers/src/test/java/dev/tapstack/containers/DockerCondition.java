package dev.tapstack.containers;

import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.DockerClientFactory;

/** Decides for {@link DockerRequired}: run, skip with a reason, or fail. */
final class DockerCondition implements ExecutionCondition {
  /** Tells why Docker tests cannot run here, having made what they need. */
  interface Preparation {
    Optional<String> missing();
  }

  private static final String PROPERTY = "tapstack.docker";

  private final boolean required;
  private final Preparation preparation;

  DockerCondition() {
    this("required".equals(System.getProperty(PROPERTY)), DockerCondition::prepare);
  }

  DockerCondition(boolean required, Preparation preparation) {
    this.required = required;
    this.preparation = preparation;
  }

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (!required) {
      String reason = "needs containers: run scripts/verify, or give -D" + PROPERTY + "=required";
      System.out.println("SKIPPED " + context.getDisplayName() + ": " + reason);
      return ConditionEvaluationResult.disabled(reason);
    }
    preparation
        .missing()
        .ifPresent(reason -> {
          // An exception here is a failed test; a result could only skip it.
          throw new IllegalStateException("needs containers (" + PROPERTY + " is set): " + reason);
        });
    return ConditionEvaluationResult.enabled("there is an engine");
  }

  private static Optional<String> prepare() {
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      return Optional.of("no engine answers: run scripts/docker-up");
    }
    return StackImage.use();
  }
}
