package dev.tapstack.socket;

/** What an application does with a UDP socket. The loop's thread only; must not block. */
@FunctionalInterface
public interface UdpHandler {
  /**
   * A datagram waits in the socket's queue: take it with {@link UdpSocket#receive}. Called once for
   * each; those left stay in the queue, which is bounded (the newest is dropped and counted when it
   * is full).
   */
  void onReadable(UdpSocket socket);

  /**
   * An error about a datagram that this socket, connected or not, has sent (RFC 1122 4.1.3.3). It
   * comes unasked, perhaps never, and whoever knows the socket's port can forge it.
   */
  default void onError(UdpSocket socket, UdpError error) {}
}
