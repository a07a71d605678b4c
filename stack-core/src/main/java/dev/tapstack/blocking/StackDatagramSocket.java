package dev.tapstack.blocking;

import dev.tapstack.socket.StackContext;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DatagramSocket} whose datagrams go through a stack instead of the kernel. Any thread but
 * the loop's, platform or virtual; the loop must be running.
 *
 * <p>It behaves as the JDK's own on Linux, with its exceptions. What differs: {@code SO_RCVBUF}
 * bounds what waits besides the stack's own queue, {@code SO_SNDBUF} is kept and needs nothing, a
 * port is one socket's, whatever {@code SO_REUSEADDR} says, and groups are joined on the stack's
 * first network, with null for the interface. java.net holds a monitor while such a socket
 * receives: before JDK 24 a virtual thread that waits there keeps its carrier.
 */
public final class StackDatagramSocket extends DatagramSocket {
  /** A socket on a free port of all addresses. */
  public StackDatagramSocket(StackContext stack) throws SocketException {
    this(stack, new InetSocketAddress(0));
  }

  /**
   * A socket that is bound to {@code local}, or not yet bound if that is null.
   *
   * @throws java.net.BindException if the port is taken, or the address is not the stack's
   */
  public StackDatagramSocket(StackContext stack, @Nullable SocketAddress local)
      throws SocketException {
    super(new StackDatagramSocketImpl(stack));
    if (local != null) {
      bind(local);
    }
  }

  @Override
  public void send(DatagramPacket packet) throws IOException {
    requireOpen();
    super.send(packet);
  }

  @Override
  public void receive(DatagramPacket packet) throws IOException {
    requireOpen();
    try {
      super.receive(packet);
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (InterruptedIOException e) {
      close(); // as the JDK's, in a virtual thread
      throw new SocketException("Closed by interrupt");
    }
  }

  private void requireOpen() throws SocketException {
    if (isClosed()) {
      throw SocketFailures.closed();
    }
  }
}
