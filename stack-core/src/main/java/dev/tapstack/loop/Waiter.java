package dev.tapstack.loop;

/**
 * How a loop sleeps. A wakeup is level-triggered: one that comes before {@link #await} makes that
 * call return at once, so that none is lost.
 */
public interface Waiter extends AutoCloseable {
  /**
   * Sleeps until a source has work, {@link #wakeup} is called or {@code nanos} have passed; may
   * return early. The loop's thread only. Announces the sources that have work before it returns.
   *
   * @param nanos at most this long; 0 only looks; {@link Long#MAX_VALUE} for no limit
   */
  void await(long nanos);

  /** Ends the present or the next {@link #await}. Any thread. */
  void wakeup();

  @Override
  void close();
}
