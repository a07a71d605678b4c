package dev.tapstack.blocking;

import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpOptions;
import java.net.Socket;
import java.net.SocketException;

/** A {@link Socket} of a stack: its constructor is all that java.net keeps from others. */
final class StackSocket extends Socket {
  StackSocket(StackContext stack, TcpOptions options) throws SocketException {
    super(StackSocketImpl.forSocket(stack, options));
  }
}
