package dev.tapstack.apps.http;

import dev.tapstack.socket.TcpConnection;

/**
 * The end of a connection in stages (RFC 9112 9.6): FIN behind the last response, then input is
 * thrown away until the client's FIN, or for a bounded while. Closing at once would reset the
 * connection of a client that still sends, and the reset can overtake the response. The loop's
 * thread only.
 */
final class LingeringClose {
  private final HttpServer server;
  private final TcpConnection connection;
  private final long maxBytes;
  private long bytes;

  LingeringClose(HttpServer server, TcpConnection connection) {
    this.server = server;
    this.connection = connection;
    maxBytes = server.limits().lingerBytes();
  }

  /** Ends the output; the last response has been written. */
  void begin() {
    connection.shutdownOutput();
  }

  /** Throws away what has come; true if the connection can be closed now. */
  boolean isOver() {
    for (int n = connection.readableBytes(); n > 0; n = connection.readableBytes()) {
      bytes += n;
      connection.skip(n);
    }
    if (bytes > maxBytes) {
      server.count(HttpCounter.DRAIN_LIMIT);
    }
    return bytes > maxBytes || connection.endOfInput();
  }
}
