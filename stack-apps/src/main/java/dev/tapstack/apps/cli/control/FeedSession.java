package dev.tapstack.apps.cli.control;

import dev.tapstack.socket.StackContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One client of a {@link Feed}: the loop puts events into an {@link EventQueue}, the client gets a
 * line for each.
 */
final class FeedSession<E> implements Session {
  /** A second of the flows that a busy household begins, some milliseconds of a flood. */
  private static final int QUEUE_EVENTS = 8192;

  private final StackContext stack;
  private final Feed<E> feed;
  private final long epochOffsetNanos;
  private final EventQueue<E> queue = new EventQueue<>(QUEUE_EVENTS);

  /** What ends it; the loop's. */
  private @Nullable Runnable ending;

  /** A line that did not fit; the client's. */
  private byte @Nullable [] waiting;

  /**
   * @param epochOffsetNanos what is added to the loop's time to give nanoseconds since 1970
   */
  FeedSession(StackContext stack, Feed<E> feed, long epochOffsetNanos) {
    this.stack = stack;
    this.feed = feed;
    this.epochOffsetNanos = epochOffsetNanos;
  }

  @Override
  public Map<String, Object> head() {
    return Map.of(Protocol.KEY_ROWS, 0);
  }

  @Override
  public void begin() {
    LoopSnapshot.take(
        stack,
        () -> {
          ending = feed.begin().apply(this::put);
          return true;
        });
  }

  private void put(E event) {
    queue.put(epochOffsetNanos + stack.nowNanos(), event);
  }

  @Override
  public void end() {
    LoopSnapshot.later(
        stack,
        () -> {
          if (ending != null) {
            ending.run();
            ending = null;
          }
        });
  }

  @Override
  public void drainTo(ByteBuffer out) {
    while (true) {
      byte[] line = waiting != null ? waiting : next();
      waiting = null;
      if (line == null) {
        return;
      }
      if (line.length > out.remaining()) {
        waiting = line;
        return;
      }
      out.put(line);
    }
  }

  private byte @Nullable [] next() {
    EventQueue.Entry<E> entry = queue.take();
    if (entry == null) {
      return null;
    }
    Map<String, Object> row = new LinkedHashMap<>();
    row.put(Protocol.KEY_TIME, Instant.ofEpochSecond(0, entry.epochNanos()).toString());
    row.put(Protocol.KEY_LOST, entry.lost());
    row.putAll(feed.row().apply(entry.event()));
    return line(row);
  }

  private static byte[] line(Map<String, Object> row) {
    try {
      return Protocol.line(row);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // into memory, of plain values
    }
  }

  @Override
  public boolean isDrained() {
    return waiting == null && queue.isEmpty();
  }

  @Override
  public void putEnd(ByteBuffer out) {
    out.put(line(Map.of(Protocol.KEY_END, true, Protocol.KEY_LOST, queue.lost())));
  }
}
