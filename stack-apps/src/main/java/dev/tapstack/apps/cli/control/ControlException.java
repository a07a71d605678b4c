package dev.tapstack.apps.cli.control;

import org.jspecify.annotations.Nullable;

/** A process cannot be looked into. The message is one line for people. */
public final class ControlException extends RuntimeException {
  ControlException(String message) {
    super(message);
  }

  ControlException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
