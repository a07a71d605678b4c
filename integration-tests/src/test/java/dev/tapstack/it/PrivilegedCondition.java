package dev.tapstack.it;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Decides for {@link Privileged}: run, skip with a reason, or fail. */
final class PrivilegedCondition implements ExecutionCondition {
  private static final Path TUN = Path.of("/dev/net/tun");

  private final boolean required;
  private final Supplier<Optional<String>> missing;

  PrivilegedCondition() {
    this(Boolean.getBoolean("tapstack.requirePrivileged"), PrivilegedCondition::missing);
  }

  PrivilegedCondition(boolean required, Supplier<Optional<String>> missing) {
    this.required = required;
    this.missing = missing;
  }

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    Optional<String> reason = missing.get();
    if (reason.isEmpty()) {
      return ConditionEvaluationResult.enabled("privileges are there");
    }
    if (required) {
      // An exception here is a failed test; a result could only skip it.
      throw new IllegalStateException(
          "needs privileges (tapstack.requirePrivileged is set): " + reason.get());
    }
    System.out.println("SKIPPED " + context.getDisplayName() + ": " + reason.get());
    return ConditionEvaluationResult.disabled(reason.get());
  }

  private static Optional<String> missing() {
    if (!"root".equals(System.getProperty("user.name"))) {
      return Optional.of("not root: run scripts/verify, which uses sudo");
    }
    if (!Files.exists(TUN)) {
      return Optional.of(TUN + " is missing: modprobe tun, or --device " + TUN);
    }
    try (FileChannel channel =
        FileChannel.open(TUN, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (!channel.isOpen()) {
        return Optional.of(TUN + " did not open");
      }
    } catch (IOException e) {
      return Optional.of(TUN + ": " + e.getMessage() + ": give CAP_NET_ADMIN");
    }
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    boolean hasIp =
        Arrays.stream(path.split(":", -1))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, "ip")));
    return hasIp ? Optional.empty() : Optional.of("no ip command: apt-get install iproute2");
  }
}
