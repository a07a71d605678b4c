package dev.tapstack.apps.cli;

/** Somebody else on the link has the stack's address. */
final class AddressTakenException extends CommandException {
  AddressTakenException(String message) {
    super(message);
  }
}
