package dev.tapstack.apps.http;

import java.time.Duration;

/**
 * What one client may ask of a server. Immutable: start from {@link #DEFAULTS}, replace what is
 * needed.
 *
 * @param requestLineBytes longest request line: 414 beyond. RFC 9112 3 recommends 8,000 at least
 * @param headerBytes largest head, request line included: 431 beyond
 * @param headerFields most header fields: 431 beyond
 * @param contentBytes largest request content: 413 beyond. No limit by default, since nothing is
 *     buffered: a handler that keeps content sees to its own limit
 * @param drainBytes request content that is read and thrown away, for the sake of the next request,
 *     when a handler has answered without reading it; beyond, the connection closes
 * @param lingerBytes input that is thrown away while a closing connection waits for its client to
 *     have read the response. Default 8 MB: what a client has under way in two default windows
 * @param linger how long that wait lasts at most. Default 5 s, nginx's lingering_timeout
 * @param head how long a head may take from its first byte on: 408 beyond. Default 60 s, nginx's
 *     client_header_timeout
 * @param idle how long a connection may have no request, and content in either direction no
 *     progress: 408 for content of a request that is not answered yet. Default 60 s
 * @param connections most connections at a time; more wait in the listener's queue
 */
public record HttpLimits(
    int requestLineBytes,
    int headerBytes,
    int headerFields,
    long contentBytes,
    long drainBytes,
    long lingerBytes,
    Duration linger,
    Duration head,
    Duration idle,
    int connections) {
  public static final HttpLimits DEFAULTS =
      new HttpLimits(
          8 << 10,
          32 << 10,
          100,
          Long.MAX_VALUE,
          256 << 10,
          8 << 20,
          Duration.ofSeconds(5),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          10_000);

  public HttpLimits {
    if (requestLineBytes < 16 || headerBytes < requestLineBytes || headerFields < 1) {
      throw new IllegalArgumentException(
          "limits of "
              + requestLineBytes
              + " bytes a request line, "
              + headerBytes
              + " a head and "
              + headerFields
              + " fields: a line needs 16, a head as much as a line, and Host is a field");
    }
    if (connections < 1) {
      throw new IllegalArgumentException(connections + " connections: at least 1 is needed");
    }
  }

  /** With another limit on the request's content. */
  public HttpLimits withContentBytes(long bytes) {
    return new HttpLimits(
        requestLineBytes,
        headerBytes,
        headerFields,
        bytes,
        drainBytes,
        lingerBytes,
        linger,
        head,
        idle,
        connections);
  }

  /** With another limit on connections. */
  public HttpLimits withConnections(int count) {
    return new HttpLimits(
        requestLineBytes,
        headerBytes,
        headerFields,
        contentBytes,
        drainBytes,
        lingerBytes,
        linger,
        head,
        idle,
        count);
  }

  /** With other limits on the request's head. */
  public HttpLimits withHead(int lineBytes, int allBytes, int fields) {
    return new HttpLimits(
        lineBytes,
        allBytes,
        fields,
        contentBytes,
        drainBytes,
        lingerBytes,
        linger,
        head,
        idle,
        connections);
  }

  /** With other limits on the time that a client may take. */
  public HttpLimits withTimeouts(Duration headTime, Duration idleTime) {
    return new HttpLimits(
        requestLineBytes,
        headerBytes,
        headerFields,
        contentBytes,
        drainBytes,
        lingerBytes,
        linger,
        headTime,
        idleTime,
        connections);
  }
}
