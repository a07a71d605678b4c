package dev.tapstack.containers;

import java.util.List;
import java.util.concurrent.Future;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.ImageFromDockerfile;

/**
 * The image of all containers that talk to the stack: Debian with clients and servers. It is built
 * once, and kept for later runs; what a server serves is copied to its container.
 */
final class PeerImage {
  /** Everything that some test needs. */
  private static final List<String> PACKAGES =
      List.of(
          "curl",
          "iproute2",
          "iputils-ping",
          "netcat-openbsd",
          "nginx-light",
          "redis-server",
          "traceroute");

  /** Built when it is first asked for. */
  static final Future<String> IMAGE =
      new ImageFromDockerfile("tapstack-test-peer:latest", false)
          .withDockerfileFromBuilder(builder ->
              builder
                  .from("debian:bookworm-slim")
                  .run(
                      "apt-get update && apt-get install -y --no-install-recommends "
                          + String.join(" ", PACKAGES)
                          + " && apt-get clean")
                  .build())
          // apt works in there where it works here.
          .withBuildImageCmdModifier(command -> command.withNetworkMode("host"));

  private PeerImage() {}

  /** A container that does nothing by itself: give it a command, or have it run some. */
  static GenericContainer<?> container() {
    return new GenericContainer<>(IMAGE)
        .withLabels(Ownership.labels())
        .withCommand("sleep", "infinity");
  }
}
