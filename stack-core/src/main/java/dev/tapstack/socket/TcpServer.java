package dev.tapstack.socket;

import dev.tapstack.addr.Endpoint;

/** A listening port. The loop's thread only. */
public interface TcpServer {
  Endpoint local();

  /**
   * Whether established connections are given to the acceptor at once (the beginning), or wait in
   * the accept queue. When that queue is full, the last ACK of a handshake is dropped and the peer
   * tries again (as on Linux).
   */
  void accepting(boolean accepting);

  /** Half-open connections (SYN-RECEIVED) at present. */
  int synQueueLength();

  /** Connections that wait for the acceptor at present. */
  int acceptQueueLength();

  /**
   * Stops listening: resets what was not accepted yet, leaves accepted connections alone.
   * Idempotent.
   */
  void close();
}
