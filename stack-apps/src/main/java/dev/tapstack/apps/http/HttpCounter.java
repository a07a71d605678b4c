package dev.tapstack.apps.http;

/** What an {@link HttpServer} counts; refused requests are counted by {@link HttpError}. */
public enum HttpCounter {
  /** Connections accepted. */
  CONNECTIONS,
  /** Connections of which not one whole request came. */
  CONNECTIONS_WITHOUT_REQUEST,
  /** Requests given to a handler, or answered by the router. */
  REQUESTS,
  /** Requests after the first of their connection. */
  REQUESTS_ON_KEPT_CONNECTION,
  /** Requests that no route matches: 404. */
  NOT_FOUND,
  /** Requests whose route has no handler for the method: 405. */
  METHOD_NOT_ALLOWED,
  /** Interim responses 100 (Continue) sent. */
  CONTINUES,
  /** Responses that ended as announced. */
  RESPONSES,
  /** Responses that the end of their connection cut short. */
  RESPONSES_CUT,
  /** Connections reset because a response could not be ended as announced. */
  ABORTS,
  /** Connections reset because the client neither read nor sent for too long. */
  STALLED,
  /** Connections closed with input unread, because the client sent more than is drained. */
  DRAIN_LIMIT
}
