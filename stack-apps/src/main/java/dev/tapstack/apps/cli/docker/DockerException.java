package dev.tapstack.apps.cli.docker;

import org.jspecify.annotations.Nullable;

/**
 * The Docker engine cannot be asked, or what it has is not what is needed. The message is one line
 * for people.
 */
public final class DockerException extends RuntimeException {
  public DockerException(String message) {
    super(message);
  }

  public DockerException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
