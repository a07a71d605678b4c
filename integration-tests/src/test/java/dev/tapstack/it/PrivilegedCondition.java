package dev.tapstack.it;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;

/** Decides for {@link Privileged}. */
final class PrivilegedCondition extends RequirementCondition {
  private static final String PROPERTY = "tapstack.requirePrivileged";
  private static final Path TUN = Path.of("/dev/net/tun");

  PrivilegedCondition() {
    super(
        "privileges (" + PROPERTY + " is set)",
        Boolean.getBoolean(PROPERTY),
        PrivilegedCondition::missing);
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
