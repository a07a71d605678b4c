package dev.tapstack.blocking;

import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.OpenException;
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

  /** The stack has not opened a socket; the cause says more. */
  static SocketException opening(OpenException failed) {
    String text = failed.reason().text();
    SocketException failure =
        switch (failed.reason()) {
          case ADDRESS_IN_USE, ADDRESS_NOT_LOCAL, NO_FREE_PORT -> new BindException(text);
          case NO_ROUTE, TABLE_FULL -> new SocketException(text);
        };
    failure.initCause(failed);
    return failure;
  }

  /** EACCES: a broadcast that was not allowed. */
  static SocketException permissionDenied() {
    return new BindException("Permission denied"); // this class for any EACCES
  }

  static SocketException closed() {
    return new SocketException("Socket closed");
  }
}
