package dev.tapstack.socket;

import dev.tapstack.addr.IpAddress;

/**
 * What an application does with a ping socket. The loop's thread only; must not block. An exception
 * that it throws is logged.
 */
@FunctionalInterface
public interface PingHandler {
  /** A reply to a request of this socket's identifier; from anybody, perhaps a second one. */
  void onReply(PingSocket socket, PingReply reply);

  /**
   * An ICMP error about a request, or a neighbour that does not answer (RFC 1122 3.2.2).
   *
   * @param to who was asked
   * @param sequence of the request
   */
  default void onError(PingSocket socket, IpAddress to, int sequence, CloseReason reason) {}
}
