package dev.tapstack.apps.cli;

/** A command cannot do what it was asked. The message is one line for people. */
final class CommandException extends RuntimeException {
  CommandException(String message) {
    super(message);
  }

  CommandException(String message, Throwable cause) {
    super(message, cause);
  }
}
