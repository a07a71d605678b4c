package dev.tapstack.sim;

import dev.tapstack.loop.Timer;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import io.netty.buffer.ByteBuf;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * An application with {@link Habits}: sends its stream, checks that what it receives is a prefix of
 * the other side's, and closes when both have ended.
 */
final class SimPeer implements TcpHandler {
  /** A megabyte in single bytes would test little more than this many of them. */
  private static final int LIKED_WRITES = 5000;

  private static final int UNLIKED_WRITE_BYTES = 64 << 10;

  private final Habits habits;
  private final SplittableRandom random;
  private final StreamBytes output;
  private final StreamBytes input;
  private final Timer resume = new Timer(now -> readSome());
  private @Nullable TcpConnection connection;
  private int writes;
  private long written;
  private long received;
  private int lentBuffers;
  private boolean hasEndedOutput;
  private @Nullable CloseReason reason;

  SimPeer(Habits habits, SplittableRandom random, StreamBytes output, StreamBytes input) {
    this.habits = habits;
    this.random = random;
    this.output = output;
    this.input = input;
  }

  private TcpConnection connection() {
    TcpConnection known = connection;
    if (known == null) {
      throw new AssertionError("onConnected comes first");
    }
    return known;
  }

  @Override
  public void onConnected(TcpConnection connection) {
    check(this.connection == null, "onConnected is called once");
    this.connection = connection;
    writeSome();
  }

  @Override
  public void onWritable(TcpConnection connection) {
    writeSome();
  }

  private void writeSome() {
    while (written < habits.bytes()) {
      int most = writes++ < LIKED_WRITES ? habits.maxWriteBytes() : UNLIKED_WRITE_BYTES;
      long wanted = Math.min(1 + random.nextInt(most), habits.bytes() - written);
      ByteBuf bytes = output.slice(written, wanted);
      int length = bytes.readableBytes();
      if (habits.givesBuffers()) {
        if (!connection().send(bytes, this::returned)) {
          return;
        }
        lentBuffers++;
        written += length;
      } else {
        int taken = connection().write(bytes);
        written += taken;
        if (taken < length) {
          return;
        }
      }
    }
    endOutput();
  }

  private void returned(ByteBuf buffer, boolean acknowledged) {
    check(acknowledged, "a buffer came back unacknowledged");
    lentBuffers--;
  }

  private void endOutput() {
    boolean mayEnd = !habits.answers() || connection().endOfInput();
    if (!hasEndedOutput && mayEnd && written == habits.bytes()) {
      hasEndedOutput = true;
      connection().shutdownOutput();
    }
  }

  @Override
  public void onReadable(TcpConnection connection) {
    check(this.connection != null, "onReadable comes after onConnected");
    if (!resume.isArmed()) {
      readSome();
    }
  }

  private void readSome() {
    TcpConnection from = connection();
    long left = habits.maxReadBytes();
    for (ByteBuf bytes = from.peek(); bytes != null && left > 0; bytes = from.peek()) {
      int length = (int) Math.min(bytes.readableBytes(), left);
      check(
          input.matches(received, bytes, bytes.readerIndex(), length),
          "wrong bytes among the " + length + " from byte " + received + " on");
      received += length;
      left -= length;
      from.skip(length);
    }
    if (from.readableBytes() > 0) {
      from.context().arm(resume, habits.pauseNanos());
    } else if (from.endOfInput()) {
      endOutput();
      if (hasEndedOutput) {
        from.close();
      }
    }
  }

  @Override
  public void onClosed(TcpConnection connection, CloseReason why) {
    check(reason == null, "onClosed is called once");
    reason = why;
  }

  private void check(boolean holds, String what) {
    if (!holds) {
      // An exception from a handler would only abort the connection: an error ends the run.
      throw new AssertionError(what);
    }
  }

  boolean isOver() {
    return reason != null;
  }

  /** Fails unless the connection ended well and brought all that {@code other} sent. */
  void checkComplete(SimPeer other) {
    check(reason == CloseReason.NORMAL, "closed because of " + reason);
    check(received == other.habits.bytes(), "received " + received + " of " + other.habits.bytes());
    check(lentBuffers == 0, lentBuffers + " buffers did not come back");
  }

  @Override
  public String toString() {
    return "%s; written %d, received %d, output ended %s, buffers lent %d, closed %s, connection %s"
        .formatted(
            habits,
            written,
            received,
            hasEndedOutput,
            lentBuffers,
            reason,
            connection == null ? null : connection.info());
  }
}
