package dev.tapstack.containers;

import dev.tapstack.it.RequirementCondition;
import java.util.Optional;
import java.util.function.Supplier;
import org.testcontainers.DockerClientFactory;

/** Decides for {@link DockerRequired}, having made what the tests need if they are asked for. */
final class DockerCondition extends RequirementCondition {
  private static final String PROPERTY = "tapstack.docker";

  DockerCondition() {
    this("required".equals(System.getProperty(PROPERTY)), DockerCondition::prepare);
  }

  /**
   * @param preparation tells why Docker tests cannot run here, having made what they need
   */
  DockerCondition(boolean isRequired, Supplier<Optional<String>> preparation) {
    super(
        "containers (" + PROPERTY + " is set)",
        isRequired,
        isRequired ? preparation : DockerCondition::notAskedFor);
  }

  private static Optional<String> notAskedFor() {
    return Optional.of("needs containers: run scripts/verify, or give -D" + PROPERTY + "=required");
  }

  private static Optional<String> prepare() {
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      return Optional.of("no engine answers: run scripts/docker-up");
    }
    return StackImage.use();
  }
}
