package dev.tapstack.apps.http;

/**
 * Answers requests. Runs on the loop's thread and must not block.
 *
 * <p>A handler may answer at once, or later from another event of the loop; the next request of the
 * connection waits meanwhile. Content of the request that it does not read is thrown away, within
 * {@link HttpLimits#drainBytes}. An exception is logged and answered with 500, or resets the
 * connection if the response has begun.
 */
@FunctionalInterface
public interface HttpHandler {
  /** Both objects are valid until the response has ended; they serve the next request then. */
  void handle(HttpRequest request, HttpResponse response);
}
