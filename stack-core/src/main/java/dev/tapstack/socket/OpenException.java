package dev.tapstack.socket;

/**
 * The stack cannot listen, bind or connect as it was asked. The message names what was asked; the
 * {@link #reason} is for programs.
 */
public final class OpenException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  /** Why a socket was not opened. */
  public enum Reason {
    /** Another socket has the port, or this very pair of ends. */
    ADDRESS_IN_USE("Address already in use"),
    /** The address to listen on, or to send from, is not one of this stack's. */
    ADDRESS_NOT_LOCAL("Cannot assign requested address"),
    /** All ephemeral ports are taken. */
    NO_FREE_PORT("Cannot assign requested address"),
    /** There is no route to the peer. */
    NO_ROUTE("Network is unreachable"),
    /** A table of the stack is full. */
    TABLE_FULL("No buffer space available");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    /** In the words that java.net's exceptions use on Linux. */
    public String text() {
      return text;
    }
  }

  private final Reason reason;

  public OpenException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
