package dev.tapstack.tap;

/** A TAP could not be opened or set up. The message is one line for people and names the remedy. */
public final class TapException extends RuntimeException {
  public TapException(String message) {
    super(message);
  }

  public TapException(String message, Throwable cause) {
    super(message, cause);
  }
}
