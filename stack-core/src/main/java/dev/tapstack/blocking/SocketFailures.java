package dev.tapstack.blocking;

import dev.tapstack.socket.CloseReason;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;

/** The stack's ends and refusals as the exceptions, and in the words, of the JDK's own sockets. */
final class SocketFailures {
  private SocketFailures() {}

  /** A connection that was not established, for {@code reason}. */
  static SocketException connecting(CloseReason reason) {
    return switch (reason) {
      case REFUSED, PORT_UNREACHABLE, TIMED_OUT -> new ConnectException(reason.text());
      case HOST_UNREACHABLE -> new NoRouteToHostException(reason.text());
      default -> new SocketException(reason.text());
    };
  }

  /**
   * The stack refused to listen or to connect. It says why in a message only, which is kept as the
   * cause.
   */
  static SocketException refused(IllegalStateException refusal) {
    String text = String.valueOf(refusal.getMessage());
    SocketException failure;
    if (text.endsWith("no route to host")) {
      failure = new NoRouteToHostException("No route to host");
    } else if (text.endsWith("in use")) {
      failure = new BindException("Address already in use");
    } else if (text.endsWith("not an address of this stack")) {
      failure = new BindException("Cannot assign requested address");
    } else {
      failure = new SocketException(text);
    }
    failure.initCause(refusal);
    return failure;
  }

  static SocketException closed() {
    return new SocketException("Socket closed");
  }
}
