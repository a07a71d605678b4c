package dev.tapstack.blocking;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.socket.OpenException;
import dev.tapstack.socket.TcpAcceptor;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.TcpServer;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One listening port between the loop and the threads that accept from it.
 *
 * <p>Connections wait in the stack's own accept queue, which is the backlog. A caller has the loop
 * take one out, into {@link #arrived}.
 */
final class BlockingListener implements TcpAcceptor {
  private final LoopDoor door;
  private final TcpOptions options;
  private final WaitPoint callers = new WaitPoint();
  private final AtomicReference<@Nullable BlockingConnection> arrived = new AtomicReference<>();
  private volatile boolean isClosed;
  private volatile @Nullable TcpServer server; // its methods are the loop's

  private BlockingListener(LoopDoor door, TcpOptions options) {
    this.door = door;
    this.options = options;
  }

  /** Listens; {@code options} have the backlog. */
  static BlockingListener listen(LoopDoor door, Endpoint local, TcpOptions options)
      throws SocketException {
    BlockingListener listener = new BlockingListener(door, options);
    try {
      door.call(() -> listener.open(local));
    } catch (OpenException e) {
      throw SocketFailures.opening(e);
    }
    return listener;
  }

  private TcpServer open(Endpoint local) {
    TcpServer opened = door.stack().listen(local, options, this);
    opened.accepting(false);
    server = opened;
    return opened;
  }

  Endpoint local() {
    return Objects.requireNonNull(server).local();
  }

  /**
   * Waits for a connection.
   *
   * @param timeoutMillis 0 for no limit
   */
  BlockingConnection accept(int timeoutMillis) throws IOException {
    door.requireOutside();
    callers.lock();
    try {
      if (arrived.get() == null) {
        door.submit(this::takeOne);
        if (!door.await(callers, this::isDecided, timeoutMillis)) {
          throw new SocketTimeoutException("Accept timed out");
        }
      }
      BlockingConnection accepted = arrived.getAndSet(null);
      if (isClosed || accepted == null) {
        throw SocketFailures.closed();
      }
      return accepted;
    } finally {
      callers.unlock();
    }
  }

  private boolean isDecided() {
    return arrived.get() != null || isClosed;
  }

  /** Stops listening without waiting; connections that nobody has accepted are reset. */
  void close() {
    isClosed = true;
    callers.signal();
    door.submit(() -> Objects.requireNonNull(server).close());
    BlockingConnection unwanted = arrived.getAndSet(null);
    if (unwanted != null) {
      unwanted.resetOnClose(true);
      unwanted.close();
    }
  }

  // The loop.

  private void takeOne() {
    if (arrived.get() == null && !isClosed) {
      Objects.requireNonNull(server).accepting(true);
    }
  }

  @Override
  public TcpHandler accept(TcpConnection connection) {
    Objects.requireNonNull(server).accepting(false); // the next one waits for its caller
    BlockingConnection accepted = new BlockingConnection(door, options);
    accepted.accepted(connection);
    arrived.set(accepted);
    if (isClosed && arrived.getAndSet(null) != null) {
      connection.abort(); // who closed has looked before it was there
    }
    callers.signal();
    return accepted;
  }
}
