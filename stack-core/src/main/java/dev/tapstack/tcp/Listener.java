package dev.tapstack.tcp;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpAcceptor;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.TcpServer;
import dev.tapstack.socket.TcpState;
import org.jspecify.annotations.Nullable;

/**
 * A listening port: LISTEN, the half-open connections (SYN queue) and those that wait for the
 * application (accept queue). Both are bounded: a full SYN queue gives up its oldest; while the
 * accept queue is full the last ACK of a handshake is dropped, no RST, so that the peer tries
 * again. The loop's thread only.
 */
final class Listener implements TcpServer {
  private final TcpLayer layer;
  private final Endpoint local;
  private final Object portOwner;
  private final TcpOptions options;
  private final TcpAcceptor acceptor;
  private final TcbQueue halfOpen = new TcbQueue();
  private final TcbQueue waiting = new TcbQueue();
  private boolean isAccepting = true;
  private boolean isClosed;

  Listener(
      TcpLayer layer, Endpoint local, Object portOwner, TcpOptions options, TcpAcceptor acceptor) {
    this.layer = layer;
    this.local = local;
    this.portOwner = portOwner;
    this.options = options;
    this.acceptor = acceptor;
  }

  @Override
  public Endpoint local() {
    return local;
  }

  int port() {
    return local.port();
  }

  /** Whom the port is reserved for. */
  Object portOwner() {
    return portOwner;
  }

  boolean isOn(long hi, long lo) {
    return local.address().hi() == hi && local.address().lo() == lo;
  }

  boolean isOnAny() {
    return TcpLayer.isAny(local.address());
  }

  TcpOptions options() {
    return options;
  }

  /** A SYN made {@code tcb}, in SYN-RECEIVED. */
  void halfOpen(Tcb tcb) {
    if (halfOpen.count() >= options.synQueue()) {
      Tcb oldest = halfOpen.first();
      if (oldest != null) {
        layer.counters().increment(TcpCounter.SYN_QUEUE_EVICTIONS);
        layer.discard(oldest);
      }
    }
    tcb.listener = this;
    halfOpen.add(tcb);
  }

  /** Whether a handshake may be completed now. */
  boolean hasRoom() {
    return isAccepting || waiting.count() < options.acceptQueue();
  }

  /** The handshake of {@code tcb} is complete. */
  void established(Tcb tcb) {
    halfOpen.remove(tcb);
    if (isAccepting) {
      accept(tcb);
    } else {
      waiting.add(tcb);
    }
  }

  private void accept(Tcb tcb) {
    tcb.listener = null;
    layer.upcalls().accept(tcb, acceptor);
  }

  /** {@code tcb} ends before it was accepted. */
  void remove(Tcb tcb, TcpState was) {
    (was == TcpState.SYN_RECEIVED ? halfOpen : waiting).remove(tcb);
    tcb.listener = null;
  }

  @Override
  public void accepting(boolean accepting) {
    isAccepting = accepting;
    for (Tcb tcb = waiting.first(); isAccepting && tcb != null; tcb = waiting.first()) {
      waiting.remove(tcb);
      accept(tcb);
    }
  }

  @Override
  public int synQueueLength() {
    return halfOpen.count();
  }

  @Override
  public int acceptQueueLength() {
    return waiting.count();
  }

  @Override
  public void close() {
    if (!isClosed) {
      isClosed = true;
      layer.remove(this);
      abortAll(halfOpen);
      abortAll(waiting);
    }
  }

  private void abortAll(TcbQueue queue) {
    for (@Nullable Tcb tcb = queue.first(); tcb != null; tcb = queue.first()) {
      layer.abort(tcb, CloseReason.STACK_CLOSED);
    }
  }
}
