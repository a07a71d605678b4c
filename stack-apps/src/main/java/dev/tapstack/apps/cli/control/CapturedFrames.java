package dev.tapstack.apps.cli.control;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Frames of a running process, as they pass. One thread reads; {@link #stop} is for any. Closing it
 * ends the capture; the process goes on either way.
 */
public final class CapturedFrames extends Subscription {
  private final DataInputStream in;
  private final List<String> interfaces;
  private int lost;

  CapturedFrames(SocketChannel channel, InputStream in, List<String> interfaces) {
    super(channel);
    this.in = new DataInputStream(in);
    this.interfaces = List.copyOf(interfaces);
  }

  /** The interfaces whose frames come, by {@link FrameRecord#interfaceIndex}. */
  public List<String> interfaces() {
    return interfaces;
  }

  /**
   * Waits for the next frame.
   *
   * @return null at the end: after {@link #stop} and what was on its way, or of the process
   */
  public @Nullable FrameRecord next() throws IOException {
    try {
      FrameRecord next = FrameRecord.read(in);
      lost = next.lost();
      return next.isEnd() ? null : next;
    } catch (EOFException e) {
      cutOff();
      return null;
    }
  }

  /** Whether {@link #next} has to wait for the process. */
  public boolean isDrained() throws IOException {
    return in.available() == 0;
  }

  /** Frames lost so far, because this side was too slow. */
  public int lost() {
    return lost;
  }
}
