package dev.tapstack.apps.cli.control;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SocketChannel;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Events of a running process, as they happen. One thread reads; {@link #stop} is for any. Closing
 * it ends the watch; the process goes on either way.
 */
public final class WatchedEvents extends Subscription {
  private final InputStream in;
  private long lost;

  WatchedEvents(SocketChannel channel, InputStream in) {
    super(channel);
    this.in = in;
  }

  /**
   * Waits for the next event: when it was, and what the process says of it.
   *
   * @return null at the end: after {@link #stop} and what was on its way, or of the process
   */
  public @Nullable Map<String, Object> next() throws IOException {
    Map<String, Object> row = Protocol.read(in);
    if (row == null) {
      cutOff();
      return null;
    }
    lost = row.remove(Protocol.KEY_LOST) instanceof Number number ? number.longValue() : lost;
    return row.containsKey(Protocol.KEY_END) ? null : row;
  }

  /** Events lost up to the one that was read last, because this side was too slow. */
  public long lost() {
    return lost;
  }
}
