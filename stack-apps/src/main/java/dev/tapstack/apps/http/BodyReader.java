package dev.tapstack.apps.http;

/** What a handler does with content as it comes. The loop's thread only; must not block. */
@FunctionalInterface
public interface BodyReader {
  /**
   * New content can be read ({@link HttpRequest#peek}, {@link HttpRequest#skip}), or its end was
   * reached ({@link HttpRequest#isBodyAtEnd}). Content left unread stays in the receive window, so
   * that the client stops sending; it can be read at any time, and this is not called again for it.
   * Not called after the response has ended.
   */
  void onBody(HttpRequest request);

  /**
   * The end of the content will not be shown: the request has been answered or has failed, or its
   * connection has ended. What the reader holds is to be freed here. Called at most once, and not
   * after {@link #onBody} has met the end.
   */
  default void cut() {}
}
