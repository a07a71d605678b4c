package dev.tapstack.apps.cli.control;

import dev.tapstack.device.FrameListener;
import dev.tapstack.device.MonitorDevice;
import dev.tapstack.socket.StackContext;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One {@code capture}: the loop puts frames into a {@link FrameQueue}, the client gets them. */
final class CaptureSession implements Session {
  /** Some seconds of 10 Mbit/s, some milliseconds of 10 Gbit/s. */
  private static final int QUEUE_BYTES = 4 * 1024 * 1024;

  private final StackContext stack;
  private final List<MonitorDevice> monitors;
  private final List<FrameListener> listeners = new ArrayList<>();
  private final FrameQueue queue = new FrameQueue(QUEUE_BYTES);

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

  @Override
  public Map<String, Object> head() {
    return Map.of(Protocol.KEY_INTERFACES, monitors.stream().map(MonitorDevice::name).toList());
  }

  @Override
  public void begin() {
    LoopSnapshot.take(
        stack,
        () -> {
          for (int i = 0; i < monitors.size(); i++) {
            monitors.get(i).add(listeners.get(i));
          }
          return true;
        });
  }

  @Override
  public void end() {
    LoopSnapshot.later(
        stack,
        () -> {
          for (int i = 0; i < monitors.size(); i++) {
            monitors.get(i).remove(listeners.get(i));
          }
        });
  }

  @Override
  public void drainTo(ByteBuffer out) {
    queue.drainTo(out);
  }

  @Override
  public boolean isDrained() {
    return queue.isEmpty();
  }

  @Override
  public void putEnd(ByteBuffer out) {
    out.putLong(0).putInt(0).putInt(queue.lost()).putInt(0);
  }
}
