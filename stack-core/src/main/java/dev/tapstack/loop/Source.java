package dev.tapstack.loop;

/** Something that the loop polls for work: a device, seen from the loop. */
@FunctionalInterface
public interface Source {
  /**
   * Handles up to {@code budget} pieces of work. Runs on the loop's thread.
   *
   * @return how many it handled; {@code budget} means that more may wait, and it is polled again in
   *     the next turn
   */
  int poll(long nowNanos, int budget);
}
