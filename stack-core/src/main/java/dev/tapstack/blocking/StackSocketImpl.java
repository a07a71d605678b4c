package dev.tapstack.blocking;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.SocketOptions;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What stands behind a {@link java.net.Socket} or {@link java.net.ServerSocket} of a stack: java
 * net's calls and options, carried to a {@link BlockingConnection} or a {@link BlockingListener}.
 *
 * <p>Any thread but the loop's, platform or virtual. Two deviations from the JDK's own sockets: a
 * local port of 0 is chosen when the socket connects or listens, not when it is bound; and a linger
 * time above 0 is kept, but close does not wait.
 */
public final class StackSocketImpl extends SocketImpl {
  private static final IpAddress LOOPBACK = IpAddress.parse("127.0.0.1");

  private final LoopDoor door;
  private final TcpOptions tcpOptions;
  private final boolean isForListening;
  private final OptionValues options;

  /** Guards options and every change of what follows; never held while waiting. */
  private final ReentrantLock lock = new ReentrantLock();

  private volatile int timeoutMillis;
  private volatile @Nullable Endpoint bound;
  private volatile @Nullable BlockingConnection connection;
  private volatile @Nullable BlockingListener listener;
  private volatile boolean isClosed;

  private StackSocketImpl(StackContext stack, TcpOptions tcpOptions, boolean isForListening) {
    this.door = new LoopDoor(stack);
    this.tcpOptions = tcpOptions;
    this.isForListening = isForListening;
    this.options =
        isForListening
            ? OptionValues.ofListener(tcpOptions)
            : OptionValues.ofConnection(tcpOptions);
  }

  /** For a {@link java.net.Socket} on {@code stack}, whose options begin as {@code options}. */
  public static StackSocketImpl forSocket(StackContext stack, TcpOptions options) {
    return new StackSocketImpl(stack, options, false);
  }

  /** For a {@link java.net.ServerSocket}, whose connections get {@code options}. */
  public static StackSocketImpl forServerSocket(StackContext stack, TcpOptions options) {
    return new StackSocketImpl(stack, options, true);
  }

  @Override
  protected void create(boolean stream) throws SocketException {
    if (!stream) {
      throw new SocketException("a stream socket is not for datagrams");
    }
  }

  // Connecting.

  @Override
  protected void connect(String host, int port) throws IOException {
    connect(new InetSocketAddress(host, port), 0);
  }

  @Override
  protected void connect(InetAddress address, int port) throws IOException {
    connect(new InetSocketAddress(address, port), 0);
  }

  @Override
  protected void connect(SocketAddress remote, int timeoutMillis) throws IOException {
    if (!(remote instanceof InetSocketAddress to)) {
      throw new IOException("Unsupported address type");
    }
    if (to.isUnresolved()) {
      throw new UnknownHostException(to.getHostString());
    }
    try {
      TcpOptions its = withValues();
      BlockingConnection opened = unopened(its);
      boolean isThisHost = to.getAddress().isAnyLocalAddress();
      IpAddress host = isThisHost ? LOOPBACK : IpAddress.of(to.getAddress());
      Endpoint peer = new Endpoint(host, to.getPort());
      opened.connect(bound, peer, its, timeoutMillis);
      isConnected(to.getAddress(), opened);
    } catch (SocketTimeoutException e) {
      close();
      throw e;
    } catch (InterruptedIOException e) {
      close();
      throw new SocketException("Closed by interrupt");
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private BlockingConnection unopened(TcpOptions its) throws SocketException {
    lock.lock();
    try {
      requireOpen();
      if (connection != null) {
        throw new SocketException("Already connected");
      }
      BlockingConnection made = new BlockingConnection(door, its);
      made.resetOnClose(options.get(StandardSocketOptions.SO_LINGER) == 0);
      connection = made;
      return made;
    } finally {
      lock.unlock();
    }
  }

  private void isConnected(InetAddress to, BlockingConnection opened) {
    address = to;
    port = opened.remote().port();
    localport = opened.local().port();
  }

  /** The options with which connections begin. */
  private TcpOptions withValues() {
    TcpOptions its =
        tcpOptions.withReceiveBufferBytes(options.get(StandardSocketOptions.SO_RCVBUF));
    if (isForListening) {
      return its;
    }
    return its.withSendBufferBytes(options.get(StandardSocketOptions.SO_SNDBUF))
        .withNoDelay(options.get(StandardSocketOptions.TCP_NODELAY))
        .withKeepalive(options.get(StandardSocketOptions.SO_KEEPALIVE));
  }

  // Listening.

  /** Remembers the address: the stack reserves it when the socket connects or listens. */
  @Override
  protected void bind(InetAddress host, int port) throws SocketException {
    lock.lock();
    try {
      requireOpen();
      bound = new Endpoint(host.isAnyLocalAddress() ? Ipv4Address.ANY : IpAddress.of(host), port);
      address = host;
      localport = port;
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected void listen(int backlog) throws SocketException {
    Endpoint local = Objects.requireNonNull(bound, "bind first");
    TcpOptions its = withValues().withAcceptQueue(Math.max(1, backlog));
    BlockingListener made = BlockingListener.listen(door, local, its);
    lock.lock();
    try {
      listener = made;
      localport = made.local().port();
      if (isClosed) {
        made.close();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected void accept(SocketImpl socket) throws IOException {
    StackSocketImpl accepted = (StackSocketImpl) socket;
    BlockingConnection arrived = open(listener, "Not listening").accept(timeoutMillis);
    accepted.lock.lock();
    try {
      accepted.connection = arrived;
      accepted.isConnected(arrived.remote().address().toInetAddress(), arrived);
    } finally {
      accepted.lock.unlock();
    }
  }

  // Bytes.

  @Override
  protected InputStream getInputStream() throws SocketException {
    BlockingConnection from = open(connection, "Not connected");
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] to, int offset, int length) throws IOException {
        return from.read(to, offset, length, timeoutMillis);
      }

      @Override
      public int available() throws IOException {
        return from.available();
      }

      @Override
      public void close() {
        StackSocketImpl.this.close();
      }
    };
  }

  @Override
  protected OutputStream getOutputStream() throws SocketException {
    BlockingConnection to = open(connection, "Not connected");
    return new OutputStream() {
      @Override
      public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
      }

      @Override
      public void write(byte[] from, int offset, int length) throws IOException {
        to.write(from, offset, length);
      }

      @Override
      public void close() {
        StackSocketImpl.this.close();
      }
    };
  }

  @Override
  protected int available() throws IOException {
    return open(connection, "Not connected").available();
  }

  @Override
  protected void sendUrgentData(int data) throws SocketException {
    throw new SocketException("Urgent data not supported"); // RFC 6093 5: not for new programs
  }

  // Ending.

  @Override
  protected void shutdownInput() throws SocketException {
    open(connection, "Not connected").shutdownInput();
  }

  @Override
  protected void shutdownOutput() throws SocketException {
    open(connection, "Not connected").shutdownOutput();
  }

  @Override
  protected void close() {
    BlockingConnection itsConnection;
    BlockingListener itsListener;
    lock.lock();
    try {
      if (isClosed) {
        return;
      }
      isClosed = true;
      itsConnection = connection;
      itsListener = listener;
    } finally {
      lock.unlock();
    }
    if (itsConnection != null) {
      itsConnection.close();
    }
    if (itsListener != null) {
      itsListener.close();
    }
  }

  private void requireOpen() throws SocketException {
    if (isClosed) {
      throw SocketFailures.closed();
    }
  }

  private <T> T open(@Nullable T end, String otherwise) throws SocketException {
    requireOpen();
    if (end == null) {
      throw new SocketException(otherwise);
    }
    return end;
  }

  // Options.

  @Override
  public void setOption(int id, Object value) throws SocketException {
    if (id == SocketOptions.SO_TIMEOUT) {
      timeoutMillis = (Integer) value;
      return;
    }
    SocketOption<?> name = OptionValues.named(id);
    boolean isOff = id == SocketOptions.SO_LINGER && value.equals(false);
    try {
      set(name, isOff ? OptionValues.NO_LINGER : value);
    } catch (IllegalArgumentException | UnsupportedOperationException e) {
      throw new SocketException(e.getMessage(), e);
    }
  }

  @Override
  public Object getOption(int id) throws SocketException {
    switch (id) {
      case SocketOptions.SO_TIMEOUT:
        return timeoutMillis;
      case SocketOptions.SO_BINDADDR:
        return localAddress();
      default:
        try {
          return getOption(OptionValues.named(id));
        } catch (UnsupportedOperationException e) {
          throw new SocketException(e.getMessage(), e);
        }
    }
  }

  private InetAddress localAddress() throws SocketException {
    requireOpen();
    BlockingConnection its = connection;
    Endpoint local = its != null && its.isConnected() ? its.local() : bound;
    return (local == null ? Ipv4Address.ANY : local.address()).toInetAddress();
  }

  @Override
  protected <T> void setOption(SocketOption<T> name, T value) throws SocketException {
    set(name, value);
  }

  private void set(SocketOption<?> name, @Nullable Object value) throws SocketException {
    lock.lock();
    try {
      requireOpen();
      options.set(name, value);
      BlockingConnection its = connection;
      if (its == null) {
        return; // it will begin with it
      }
      if (name == StandardSocketOptions.TCP_NODELAY) {
        its.noDelay(options.get(StandardSocketOptions.TCP_NODELAY));
      } else if (name == StandardSocketOptions.SO_KEEPALIVE) {
        its.keepalive(options.get(StandardSocketOptions.SO_KEEPALIVE));
      } else if (name == StandardSocketOptions.SO_LINGER) {
        its.resetOnClose(options.get(StandardSocketOptions.SO_LINGER) == 0);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected <T> T getOption(SocketOption<T> name) throws SocketException {
    lock.lock();
    try {
      requireOpen();
      return options.get(name);
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected Set<SocketOption<?>> supportedOptions() {
    return options.supported();
  }
}
