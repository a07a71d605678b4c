package dev.tapstack.blocking;

import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@link Socket}s that connect through a stack instead of the kernel. Any thread but the
 * loop's; the loop must be running.
 *
 * <p>Host names are resolved by the JDK, that is, by the machine, not through the stack.
 */
public final class StackSocketFactory extends SocketFactory {
  private final StackContext stack;
  private final TcpOptions options;

  public StackSocketFactory(StackContext stack) {
    this(stack, TcpOptions.DEFAULTS);
  }

  /** Sockets begin with {@code options}; what is set on a socket goes before them. */
  public StackSocketFactory(StackContext stack, TcpOptions options) {
    this.stack = stack;
    this.options = options;
  }

  /** A socket that is not connected yet. */
  @Override
  public Socket createSocket() throws IOException {
    return new StackSocket(stack, options);
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return connected(new InetSocketAddress(host, port), null);
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress localHost, int localPort)
      throws IOException {
    return connected(
        new InetSocketAddress(host, port), new InetSocketAddress(localHost, localPort));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return connected(new InetSocketAddress(host, port), null);
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort)
      throws IOException {
    return connected(
        new InetSocketAddress(host, port), new InetSocketAddress(localHost, localPort));
  }

  private Socket connected(SocketAddress remote, @Nullable SocketAddress local) throws IOException {
    Socket socket = createSocket();
    try {
      if (local != null) {
        socket.bind(local);
      }
      socket.connect(remote);
      return socket;
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }
}
