package dev.tapstack.apps.http;

/** Makes the content of a response as there is room for it. The loop's thread only. */
@FunctionalInterface
public interface BodyProducer {
  /**
   * Writes into {@code body} what it takes, and ends it when there is no more. Called once when the
   * head has been sent, then whenever there is room again after a write that was not taken whole,
   * and after {@link ResponseBody#again}. One that waits for data of its own may write at any time.
   */
  void produce(ResponseBody body);

  /**
   * The response is over: {@code complete} says whether all of it was taken. Called exactly once;
   * with HEAD without any {@link #produce}. What the producer holds is to be freed here.
   */
  default void ended(boolean complete) {}
}
