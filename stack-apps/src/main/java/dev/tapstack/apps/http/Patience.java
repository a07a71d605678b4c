package dev.tapstack.apps.http;

import dev.tapstack.loop.Timer;
import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpInfo;

/**
 * How long a client is waited for. The timer is not armed again by each request: it looks, when it
 * fires, at what has happened since. The loop's thread only.
 */
final class Patience {
  private final StackContext context;
  private final TcpConnection connection;
  private final long idleNanos;
  private final long headNanos;
  private final Timer timer;
  private long waitingSinceNanos;
  private boolean hasHeadBegun;
  private long progressMark = -1;

  /** Waits for the client of {@code connection}; {@code onTimer} is called from time to time. */
  Patience(TcpConnection connection, HttpLimits limits, Timer.Action onTimer) {
    this.connection = connection;
    context = connection.context();
    idleNanos = limits.idle().toNanos();
    headNanos = limits.head().toNanos();
    timer = new Timer(onTimer);
    waitingSinceNanos = context.nowNanos();
  }

  /** The client is waited for from now on: for the first byte of a head. */
  void waitsForHead() {
    hasHeadBegun = false;
    waitingSinceNanos = context.nowNanos();
  }

  /** A part of a head has come; its end is waited for from the first part on. */
  void headHasBegun() {
    if (!hasHeadBegun) {
      hasHeadBegun = true;
      waitingSinceNanos = context.nowNanos();
      lookAgainAfter(headNanos);
    }
  }

  /** How long the client may still be idle, or take over the head; 0 or less if that is over. */
  long restNanos() {
    long allowed = hasHeadBegun ? headNanos : idleNanos;
    return waitingSinceNanos + allowed - context.nowNanos();
  }

  /** Whether bytes have moved since the last time this was asked, in either direction. */
  boolean hasProgress() {
    TcpInfo info = connection.info();
    long mark = info.bytesAcked() + info.bytesReceived();
    boolean hasMoved = mark != progressMark;
    progressMark = mark;
    return hasMoved;
  }

  void lookAgainAfter(long nanos) {
    context.arm(timer, nanos);
  }

  /** Looks again after the whole time that an idle client has. */
  void lookAgain() {
    context.arm(timer, idleNanos);
  }

  void end() {
    context.cancel(timer);
  }
}
