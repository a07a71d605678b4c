package dev.tapstack.tcp;

import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpAcceptor;
import dev.tapstack.socket.TcpHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls into the application: the one place where its code runs. What a handler throws ends its
 * connection and nothing else. The loop's thread only.
 */
final class Upcalls {
  private static final Logger LOG = LoggerFactory.getLogger(Upcalls.class);

  private final TcpLayer layer;

  Upcalls(TcpLayer layer) {
    this.layer = layer;
  }

  private interface Call {
    void on(TcpHandler handler, Tcb tcb);
  }

  private static final Call CONNECTED = (handler, tcb) -> handler.onConnected(tcb.user);
  private static final Call READABLE = (handler, tcb) -> handler.onReadable(tcb.user);
  private static final Call WRITABLE = (handler, tcb) -> handler.onWritable(tcb.user);

  void accept(Tcb tcb, TcpAcceptor acceptor) {
    try {
      tcb.handler = acceptor.accept(tcb.user);
    } catch (RuntimeException e) {
      failed(tcb, e);
      return;
    }
    connected(tcb);
  }

  /** The connection is established; what has arrived meanwhile is shown next. */
  void connected(Tcb tcb) {
    call(tcb, CONNECTED);
    readable(tcb);
  }

  /** Shows new input, if there is any. */
  void readable(Tcb tcb) {
    // An orderly end may come with the last bytes: they are shown before it is told.
    boolean mayRead = tcb.closeReason == null || tcb.closeReason == CloseReason.NORMAL;
    if (tcb.hasUnseenInput && mayRead && tcb.handler != null && !tcb.isInHandler) {
      tcb.hasUnseenInput = false;
      call(tcb, READABLE);
    }
  }

  void writable(Tcb tcb) {
    if (tcb.closeReason == null) {
      tcb.wantsWritable = false;
      call(tcb, WRITABLE);
    }
  }

  /** Gives buffers back that the application had given. */
  void returnBuffers(Tcb tcb) {
    if (tcb.sendBuffer.hasBuffersToReturn()) {
      boolean outer = tcb.isInHandler;
      tcb.isInHandler = true;
      try {
        tcb.sendBuffer.returnBuffers();
      } catch (RuntimeException e) {
        failed(tcb, e);
      } finally {
        tcb.isInHandler = outer;
      }
    }
  }

  /** The last call of a connection. */
  void closed(Tcb tcb, CloseReason reason) {
    TcpHandler handler = tcb.handler;
    tcb.handler = null;
    if (handler != null) {
      try {
        handler.onClosed(tcb.user, reason);
      } catch (RuntimeException e) {
        layer.counters().increment(TcpCounter.HANDLER_FAILURES);
        LOG.error("{}: onClosed failed", tcb.key, e);
      }
    }
  }

  private void call(Tcb tcb, Call call) {
    TcpHandler handler = tcb.handler;
    if (handler == null) {
      return;
    }
    tcb.isInHandler = true;
    try {
      call.on(handler, tcb);
    } catch (RuntimeException e) {
      failed(tcb, e);
    } finally {
      tcb.isInHandler = false;
    }
  }

  private void failed(Tcb tcb, RuntimeException e) {
    layer.counters().increment(TcpCounter.HANDLER_FAILURES);
    LOG.error("{}: the application's handler failed; the connection is reset", tcb.key, e);
    layer.abort(tcb, CloseReason.ABORTED);
  }
}
