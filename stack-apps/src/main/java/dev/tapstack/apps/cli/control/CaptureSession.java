package dev.tapstack.apps.cli.control;

import dev.tapstack.device.FrameListener;
import dev.tapstack.device.MonitorDevice;
import dev.tapstack.socket.StackContext;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * One {@code capture}: the loop puts frames into a {@link FrameQueue}, the client's thread sends
 * them, until the client closes its half of the connection. Then it gets what still waits, and the
 * end.
 */
final class CaptureSession {
  /** Some seconds of 10 Mbit/s, some milliseconds of 10 Gbit/s. */
  private static final int QUEUE_BYTES = 4 * 1024 * 1024;

  private static final int SEND_BYTES = 64 * 1024;

  /** How often an idle session looks for frames: no delay that a person sees. */
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final StackContext stack;
  private final List<MonitorDevice> monitors;
  private final List<FrameListener> listeners = new ArrayList<>();
  private final FrameQueue queue = new FrameQueue(QUEUE_BYTES);
  private final ByteBuffer out = ByteBuffer.allocateDirect(SEND_BYTES);

  /**
   * @param monitors those that are to be listened to, in the order of their numbers
   * @param epochOffsetNanos what is added to the loop's time to give nanoseconds since 1970
   */
  CaptureSession(StackContext stack, List<MonitorDevice> monitors, long epochOffsetNanos) {
    this.stack = stack;
    this.monitors = monitors;
    for (int i = 0; i < monitors.size(); i++) {
      int number = i;
      listeners.add((device, isTransmitted, frame) ->
          queue.put(
              epochOffsetNanos + stack.nowNanos(),
              FrameRecord.flags(number, isTransmitted),
              frame));
    }
  }

  /** Frames are queued from now on. */
  void begin() {
    LoopSnapshot.take(
        stack,
        () -> {
          for (int i = 0; i < monitors.size(); i++) {
            monitors.get(i).add(listeners.get(i));
          }
          return true;
        });
  }

  /** No frame is queued any more, or in a moment; a stack that has closed sees none anyway. */
  void end() {
    while (!stack.isClosed() && !stack.execute(this::remove)) {
      LockSupport.parkNanos(IDLE_NANOS); // its queue of tasks is full
    }
  }

  private void remove() {
    for (int i = 0; i < monitors.size(); i++) {
      monitors.get(i).remove(listeners.get(i));
    }
  }

  /**
   * Sends frames until the client has had enough, or {@code isOver}.
   *
   * @param channel not blocking
   */
  void send(SocketChannel channel, BooleanSupplier isOver) throws IOException {
    ByteBuffer in = ByteBuffer.allocate(1);
    while (!isOver.getAsBoolean() && channel.read(in.clear()) >= 0) {
      queue.drainTo(out);
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
    while (!queue.isEmpty()) {
      queue.drainTo(out);
      flush(channel);
    }
    flush(channel);
    out.putLong(0).putInt(0).putInt(queue.lost()).putInt(0);
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
