package dev.tapstack.apps.cli.control;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Sends a {@link Session} to its client, until the client closes its half of the connection. Then
 * it gets what still waits, and the end. The client's thread.
 */
final class SessionSender {
  private static final int SEND_BYTES = 64 * 1024;

  /** How often an idle session looks for more: no delay that a person sees. */
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final Session session;
  private final ByteBuffer out = ByteBuffer.allocateDirect(SEND_BYTES);

  SessionSender(Session session) {
    this.session = session;
  }

  /**
   * Sends until the client has had enough, or {@code isOver}.
   *
   * @param channel not blocking
   */
  void send(SocketChannel channel, BooleanSupplier isOver) throws IOException {
    ByteBuffer in = ByteBuffer.allocate(1);
    while (!isOver.getAsBoolean() && channel.read(in.clear()) >= 0) {
      session.drainTo(out);
      out.flip();
      boolean isIdle = channel.write(out) == 0;
      out.compact();
      if (isIdle) {
        LockSupport.parkNanos(IDLE_NANOS);
      }
    }
  }

  /**
   * Sends what waits, and the end.
   *
   * @param channel blocking
   */
  void sendRest(SocketChannel channel) throws IOException {
    while (!session.isDrained()) {
      session.drainTo(out);
      flush(channel);
    }
    flush(channel);
    session.putEnd(out);
    flush(channel);
  }

  private void flush(SocketChannel channel) throws IOException {
    out.flip();
    while (out.hasRemaining()) {
      channel.write(out);
    }
    out.clear();
  }
}
