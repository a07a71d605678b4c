package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.testkit.TcpCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An application that does what the test tells it: leaves what it receives unread, or reads it at
 * once, and writes the pattern of {@link TcpCodec}. Knows the connection that came last.
 */
final class TcpApp implements TcpHandler {
  @Nullable TcpConnection connection;
  @Nullable CloseReason closed;
  int connected;
  int readable;
  int writable;

  /** Whether everything is read as it comes. */
  boolean readsAtOnce;

  /** What is done in the calls, beside counting; nothing at first. */
  Runnable onConnected = () -> {};

  Runnable onReadable = () -> {};
  Runnable onWritable = () -> {};

  /** For each buffer that was given and has come back: whether it was acknowledged. */
  final List<Boolean> returned = new ArrayList<>();

  private final List<TcpConnection> ended = new ArrayList<>();
  private int written = 1; // as relative sequence numbers: the SYN has 0
  private int read = 1;

  TcpHandler accept(TcpConnection accepted) {
    connection = accepted;
    closed = null;
    return this;
  }

  TcpConnection connection() {
    if (connection == null) {
      throw new AssertionError("there is no connection");
    }
    return connection;
  }

  @Override
  public void onConnected(TcpConnection opened) {
    connection = opened;
    connected++;
    onConnected.run();
  }

  @Override
  public void onReadable(TcpConnection from) {
    readable++;
    if (readsAtOnce) {
      read(from.readableBytes());
    }
    onReadable.run();
  }

  @Override
  public void onWritable(TcpConnection to) {
    writable++;
    onWritable.run();
  }

  @Override
  public void onClosed(TcpConnection ending, CloseReason reason) {
    assertFalse(ended.contains(ending), "onClosed is called once");
    ended.add(ending);
    closed = reason;
  }

  /** Writes up to {@code bytes} of the pattern; returns how many were taken. */
  int write(int bytes) {
    int taken = connection().write(Unpooled.wrappedBuffer(TcpCodec.pattern(written, bytes)));
    written += taken;
    return taken;
  }

  /** Gives a buffer of {@code bytes} of the pattern. */
  boolean send(int bytes) {
    ByteBuf buffer = Unpooled.directBuffer(Math.max(bytes, 1));
    buffer.writeBytes(TcpCodec.pattern(written, bytes));
    boolean isTaken =
        connection()
            .send(
                buffer,
                (back, acknowledged) -> {
                  returned.add(acknowledged);
                  back.release();
                });
    if (isTaken) {
      written += bytes;
    } else {
      buffer.release();
    }
    return isTaken;
  }

  void read(int bytes) {
    ByteBuf target = Unpooled.buffer(Math.max(bytes, 1), Math.max(bytes, 1));
    target.capacity(bytes);
    assertEquals(bytes, connection().read(target), "bytes read");
    for (int i = 0; i < bytes; i++) {
      assertEquals(TcpCodec.pattern(read + i), target.getByte(i), "byte " + (read + i) + " read");
    }
    read += bytes;
  }
}
