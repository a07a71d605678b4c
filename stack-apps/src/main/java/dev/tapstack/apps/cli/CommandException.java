package dev.tapstack.apps.cli;

import org.jspecify.annotations.Nullable;

/** A command cannot do what it was asked. The message is one line for people. */
class CommandException extends RuntimeException {
  CommandException(String message) {
    super(message);
  }

  CommandException(@Nullable String message, Throwable cause) {
    super(message, cause);
  }
}
