package dev.tapstack.apps.cli.control;

import java.nio.ByteBuffer;
import java.util.Map;

/**
 * What happens in a running process, on its way to one client. The loop fills a queue that has a
 * limit, and counts what is lost for want of room; the client's thread calls all methods here.
 */
interface Session {
  /** The first line of the answer. */
  Map<String, Object> head();

  /** The queue is filled from now on. */
  void begin();

  /** Nothing is queued any more, or in a moment. Idempotent. */
  void end();

  /** Moves what waits, as far as it fits, behind the position of {@code out}. */
  void drainTo(ByteBuffer out);

  /** Whether nothing waits. */
  boolean isDrained();

  /** Puts what tells the client that it has seen everything; it fits if {@code out} is empty. */
  void putEnd(ByteBuffer out);
}
