package dev.tapstack.apps.cli.control;

import org.jspecify.annotations.Nullable;

/** A process cannot be looked into, or does not do as asked. The message is one line for people. */
public final class ControlException extends RuntimeException {
  public ControlException(String message) {
    super(message);
  }

  public ControlException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
