package dev.tapstack.blocking;

import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpOptions;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;

/** A {@link ServerSocket} of a stack, whose accept gives sockets of the same stack. */
final class StackServerSocket extends ServerSocket {
  private final StackContext stack;
  private final TcpOptions options;

  StackServerSocket(StackContext stack, TcpOptions options) {
    super(StackSocketImpl.forServerSocket(stack, options));
    this.stack = stack;
    this.options = options;
  }

  @Override
  public Socket accept() throws IOException {
    if (isClosed()) {
      throw new SocketException("Socket is closed");
    }
    if (!isBound()) {
      throw new SocketException("Socket is not bound yet");
    }
    Socket accepted = new StackSocket(stack, options);
    implAccept(accepted);
    return accepted;
  }
}
