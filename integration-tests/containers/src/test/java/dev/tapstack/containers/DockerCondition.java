package dev.tapstack.containers;

import dev.tapstack.it.RequirementCondition;
import java.util.Optional;
import org.testcontainers.DockerClientFactory;

/** Decides for {@link DockerRequired}, having made what the tests need if they are asked for. */
final class DockerCondition extends RequirementCondition {
  private static final String PROPERTY = "tapstack.docker";
  private static final boolean IS_REQUIRED = "required".equals(System.getProperty(PROPERTY));

  DockerCondition() {
    super("containers (" + PROPERTY + " is set)", IS_REQUIRED, DockerCondition::missing);
  }

  private static Optional<String> missing() {
    if (!IS_REQUIRED) {
      return Optional.of(
          "needs containers: run scripts/verify, or give -D" + PROPERTY + "=required");
    }
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      return Optional.of("no engine answers: run scripts/docker-up");
    }
    return StackImage.use();
  }
}
