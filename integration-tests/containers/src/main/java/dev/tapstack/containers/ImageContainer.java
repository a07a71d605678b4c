package dev.tapstack.containers;

import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Device;
import com.github.dockerjava.api.model.HostConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A container of the image, with the rights that its entry point needs and the labels of this
 * process. As all containers of Testcontainers, for one thread.
 */
abstract class ImageContainer<S extends ImageContainer<S>> extends GenericContainer<S> {
  private static final String DEFAULT_IMAGE = "tapstack:latest";
  private static final String TUN = "/dev/net/tun";

  /** Long for a JVM and two interfaces, even on a busy machine. */
  static final Duration START_LIMIT = Duration.ofSeconds(120);

  /**
   * Of the image that {@link TapStackContainer#IMAGE_PROPERTY} names, or the ordinary one.
   *
   * @param rights beyond the engine's usual ones
   */
  ImageContainer(Capability... rights) {
    super(
        DockerImageName.parse(System.getProperty(TapStackContainer.IMAGE_PROPERTY, DEFAULT_IMAGE)));
    withImagePullPolicy(image -> false); // it is in no registry
    withLabels(Ownership.labels());
    withCreateContainerCmdModifier(command -> {
      HostConfig host = Objects.requireNonNull(command.getHostConfig());
      host.withCapAdd(rights).withDevices(new Device("rwm", TUN, TUN));
    });
  }

  /**
   * Runs {@code tapstack ARGUMENTS} in the running container.
   *
   * @throws IllegalStateException if the engine cannot, or the caller is interrupted
   */
  final ExecResult run(String... arguments) {
    String[] words = new String[arguments.length + 1];
    words[0] = "tapstack";
    System.arraycopy(arguments, 0, words, 1, arguments.length);
    try {
      return execInContainer(words);
    } catch (IOException e) {
      throw new IllegalStateException(String.join(" ", words) + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  // Two containers are never the same; the superclass compares what they are configured with.
  @Override
  public final boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public final int hashCode() {
    return System.identityHashCode(this);
  }
}
