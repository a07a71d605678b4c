package dev.tapstack.apps.http;

import dev.tapstack.loop.Timer;
import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpInfo;
import java.time.Duration;

/**
 * How long a client is waited for. The timer is not armed again by each request: it looks, when it
 * fires, at what has happened since. The loop's thread only.
 */
final class Patience {
  private final StackContext context;
  private final TcpConnection connection;
  private final long idleNanos;
  private final Timer timer;
  private long waitingSinceNanos;
  private long progressMark = -1;

  /** Waits for the client of {@code connection}; {@code onTimer} is called from time to time. */
  Patience(TcpConnection connection, Duration idle, Timer.Action onTimer) {
    this.connection = connection;
    context = connection.context();
    idleNanos = idle.toNanos();
    timer = new Timer(onTimer);
    waitingSinceNanos = context.nowNanos();
  }

  /** The client is waited for from now on: for a head. */
  void waitsForHead() {
    waitingSinceNanos = context.nowNanos();
  }

  /** How long the client may still take over the head; 0 or less if its time is over. */
  long restNanos() {
    return waitingSinceNanos + idleNanos - context.nowNanos();
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
