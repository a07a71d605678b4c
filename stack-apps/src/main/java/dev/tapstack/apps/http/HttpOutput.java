package dev.tapstack.apps.http;

import dev.tapstack.socket.TcpConnection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The writes of one connection that must not be taken in part: heads, short contents, the frame of
 * a chunk. They are put together in a scratch buffer, which all connections of a server share, and
 * written at once; what the send buffer does not take is kept here, and everything else waits until
 * it has gone. The loop's thread only.
 */
final class HttpOutput {
  private record Kept(ByteBuf buffer, TcpConnection.@Nullable SendCallback callback) {}

  private final TcpConnection connection;
  private final ByteBuf scratch;
  private final ArrayDeque<Kept> kept = new ArrayDeque<>(1);
  private long position;

  /**
   * @param scratch empty between two events
   */
  HttpOutput(TcpConnection connection, ByteBuf scratch) {
    this.connection = connection;
    this.scratch = scratch;
  }

  /** Where the next small write is put together; {@link #flush} sends it. */
  ByteBuf scratch() {
    return scratch;
  }

  /** Bytes written since the connection began, those kept included. */
  long position() {
    return position;
  }

  /** Writes what fits, as {@link TcpConnection#write}; nothing must be kept. */
  int write(ByteBuf source) {
    int taken = connection.write(source);
    position += taken;
    return taken;
  }

  /**
   * Queues {@code buffer} if there is room, as {@link TcpConnection#send}; nothing must be kept.
   */
  boolean offer(ByteBuf buffer, TcpConnection.SendCallback callback) {
    int length = buffer.readableBytes();
    boolean isTaken = connection.send(buffer, callback);
    position += isTaken ? length : 0;
    return isTaken;
  }

  /** Writes what {@link #scratch} holds, or keeps what does not fit. */
  void flush() {
    position += scratch.readableBytes();
    if (kept.isEmpty()) {
      connection.write(scratch);
    }
    if (scratch.isReadable()) {
      kept.add(new Kept(Unpooled.buffer(scratch.readableBytes()).writeBytes(scratch), null));
    }
    scratch.clear();
  }

  /** Queues {@code buffer} without copying, behind everything before it. */
  void send(ByteBuf buffer, TcpConnection.SendCallback callback) {
    position += buffer.readableBytes();
    if (!kept.isEmpty() || !connection.send(buffer, callback)) {
      kept.add(new Kept(buffer, callback));
    }
  }

  /** Tries to write what was kept; {@code onWritable} follows if that is not all. */
  void flushKept() {
    for (Kept first = kept.peek(); first != null; first = kept.peek()) {
      if (first.callback() != null) {
        if (!connection.send(first.buffer(), first.callback())) {
          return;
        }
      } else {
        connection.write(first.buffer());
        if (first.buffer().isReadable()) {
          return;
        }
        first.buffer().release();
      }
      kept.remove();
    }
  }

  /** Whether something waits here, so that nothing else can be written. */
  boolean isBlocked() {
    return !kept.isEmpty();
  }

  /** Bytes that the connection takes now. */
  int room() {
    return kept.isEmpty() ? connection.writableBytes() : 0;
  }

  /** Gives back what waits: the connection has ended. */
  void discard() {
    for (Kept last = kept.poll(); last != null; last = kept.poll()) {
      if (last.callback() != null) {
        last.callback().sent(last.buffer(), false);
      } else {
        last.buffer().release();
      }
    }
  }
}
