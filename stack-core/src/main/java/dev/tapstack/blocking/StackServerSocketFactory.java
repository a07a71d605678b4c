package dev.tapstack.blocking;

import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import javax.net.ServerSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@link ServerSocket}s that listen on a stack instead of the kernel. Any thread but the
 * loop's; the loop must be running.
 */
public final class StackServerSocketFactory extends ServerSocketFactory {
  /** As in {@link ServerSocket#ServerSocket(int)}. */
  private static final int BACKLOG = 50;

  private final StackContext stack;
  private final TcpOptions options;

  public StackServerSocketFactory(StackContext stack) {
    this(stack, TcpOptions.DEFAULTS);
  }

  /** Accepted sockets begin with {@code options}; the accept queue is the socket's backlog. */
  public StackServerSocketFactory(StackContext stack, TcpOptions options) {
    this.stack = stack;
    this.options = options;
  }

  /** A socket that is not bound yet. */
  @Override
  public ServerSocket createServerSocket() throws IOException {
    return new StackServerSocket(stack, options);
  }

  @Override
  public ServerSocket createServerSocket(int port) throws IOException {
    return createServerSocket(port, BACKLOG, null);
  }

  @Override
  public ServerSocket createServerSocket(int port, int backlog) throws IOException {
    return createServerSocket(port, backlog, null);
  }

  /**
   * A socket that listens on {@code address}, or on all of the stack's if that is null; {@code
   * port} 0 is for a free one.
   */
  @Override
  public ServerSocket createServerSocket(int port, int backlog, @Nullable InetAddress address)
      throws IOException {
    ServerSocket socket = createServerSocket();
    try {
      socket.bind(new InetSocketAddress(address, port), backlog);
      return socket;
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }
}
