package dev.tapstack.tcp;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpInfo;
import dev.tapstack.socket.TcpState;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The user's calls, RFC 9293 3.10.2 to 3.10.6: they change the state at once and mark the
 * connection; segments go at the end of the turn. (OPEN, 3.10.1, is {@link TcpLayer#connect} and
 * {@link TcpLayer#listen}.) The loop's thread only.
 */
final class UserCalls implements TcpConnection {
  private final TcpLayer layer;
  private final Tcb tcb;

  UserCalls(TcpLayer layer, Tcb tcb) {
    this.layer = layer;
    this.tcb = tcb;
  }

  @Override
  public Endpoint local() {
    return tcb.key.local();
  }

  @Override
  public Endpoint remote() {
    return tcb.key.remote();
  }

  @Override
  public TcpState state() {
    return tcb.state();
  }

  @Override
  public StackContext context() {
    return layer.context();
  }

  @Override
  public void handler(TcpHandler handler) {
    if (tcb.closeReason == null) {
      tcb.handler = handler;
    }
  }

  // RECEIVE, RFC 9293 3.10.3.

  @Override
  public int readableBytes() {
    return tcb.receiveBuffer.readableBytes();
  }

  @Override
  public boolean endOfInput() {
    return tcb.isFinReceived && readableBytes() == 0;
  }

  @Override
  public @Nullable ByteBuf peek() {
    return tcb.receiveBuffer.peek();
  }

  @Override
  public void skip(int bytes) {
    if (bytes < 0 || bytes > readableBytes()) {
      throw new IllegalArgumentException(
          "skip(" + bytes + "): " + readableBytes() + " bytes can be read");
    }
    if (bytes > 0) {
      tcb.receiveBuffer.skip(bytes);
      if (tcb.mayReceive() && !tcb.isFinReceived) {
        layer.ackPolicy().windowMayHaveOpened(tcb);
      }
      if (tcb.closeReason != null) {
        layer.mark(tcb); // the end may be told once all is read
      }
    }
  }

  @Override
  public int read(ByteBuf target) {
    int total = 0;
    for (ByteBuf from = peek(); from != null && target.isWritable(); from = peek()) {
      int bytes = Math.min(from.readableBytes(), target.writableBytes());
      target.writeBytes(from, from.readerIndex(), bytes);
      skip(bytes);
      total += bytes;
    }
    return total;
  }

  // SEND, RFC 9293 3.10.2.

  @Override
  public int writableBytes() {
    return tcb.closeReason == null && !tcb.isFinQueued ? tcb.sendBuffer.writableBytes() : 0;
  }

  @Override
  public long unacknowledgedBytes() {
    return tcb.sendBuffer.end() - tcb.sendBuffer.una();
  }

  @Override
  public int write(ByteBuf source) {
    if (!canSend()) {
      return 0;
    }
    int bytes = tcb.sendBuffer.write(source);
    tcb.wantsWritable |= source.isReadable();
    layer.mark(tcb);
    return bytes;
  }

  @Override
  public boolean send(ByteBuf buffer, SendCallback callback) {
    if (!canSend()) {
      return false;
    }
    if (tcb.sendBuffer.writableBytes() == 0) {
      tcb.wantsWritable = true;
      return false;
    }
    tcb.sendBuffer.give(buffer, callback);
    layer.mark(tcb);
    return true;
  }

  /** False if the connection has ended; throws if the application itself has ended its sending. */
  private boolean canSend() {
    if (tcb.isFinQueued || tcb.isAppClosed) {
      throw new IllegalStateException(tcb.key + ": write after close or shutdownOutput");
    }
    return tcb.closeReason == null;
  }

  // CLOSE, RFC 9293 3.10.4, and ABORT, 3.10.5.

  @Override
  public void shutdownOutput() {
    if (tcb.closeReason != null || tcb.isFinQueued) {
      return;
    }
    switch (tcb.state()) {
      case SYN_SENT -> layer.finish(tcb, CloseReason.ABORTED);
      case SYN_RECEIVED, ESTABLISHED, CLOSE_WAIT -> {
        tcb.isFinQueued = true;
        tcb.wantsWritable = false; // it can write no more
        tcb.finSeq = tcb.seqOf(tcb.sendBuffer.end());
        // The FIN is sent once all data is: the states tell that the application has closed.
        if (tcb.state() == TcpState.ESTABLISHED) {
          tcb.enter(TcpState.FIN_WAIT_1);
        } else if (tcb.state() == TcpState.CLOSE_WAIT) {
          tcb.enter(TcpState.LAST_ACK);
        }
        layer.mark(tcb);
      }
      default -> {}
    }
  }

  @Override
  public void close() {
    if (tcb.isAppClosed) {
      return;
    }
    boolean isDataLost = tcb.receiveBuffer.readableBytes() > 0;
    tcb.isAppClosed = true;
    if (tcb.closeReason != null) {
      layer.mark(tcb); // over already: nothing more will be read, so the end can be told
    } else if (tcb.isResetOnClose || isDataLost) {
      layer.abort(tcb, CloseReason.ABORTED);
    } else {
      shutdownOutput();
      if (tcb.state() == TcpState.FIN_WAIT_2) {
        layer.enterFinWait2(tcb); // half closed before: from now on its time is limited
      }
    }
  }

  @Override
  public void abort() {
    tcb.isAppClosed = true;
    layer.abort(tcb, CloseReason.ABORTED);
  }

  @Override
  public void noDelay(boolean noDelay) {
    tcb.noDelay = noDelay;
    layer.mark(tcb);
  }

  @Override
  public void keepalive(boolean keepalive) {
    layer.keepalive().enable(tcb, keepalive);
  }

  @Override
  public void resetOnClose(boolean reset) {
    tcb.isResetOnClose = reset;
  }

  // STATUS, RFC 9293 3.10.6.

  @Override
  public TcpInfo info() {
    return new TcpInfo(
        tcb.state(),
        Integer.toUnsignedLong(tcb.sndUna - tcb.iss),
        Integer.toUnsignedLong(tcb.sndNxt - tcb.iss),
        tcb.sndWnd,
        Integer.toUnsignedLong(tcb.rcvNxt - tcb.irs),
        tcb.rcvWnd(),
        tcb.congestion.cwnd(),
        tcb.congestion.ssthresh(),
        tcb.rtt.srttNanos(),
        tcb.rtt.rttvarNanos(),
        tcb.rtt.rtoNanos(tcb.backoffs),
        tcb.effSndMss(),
        tcb.sndWndShift,
        tcb.rcvWndShift,
        tcb.hasTimestamps,
        tcb.bytesSent,
        tcb.bytesReceived,
        tcb.bytesAcked,
        tcb.segmentsRetransmitted,
        tcb.timeouts,
        tcb.recovery.fastRetransmits(),
        tcb.receiveBuffer.ranges().bytes(),
        tcb.congestion.name());
  }
}
