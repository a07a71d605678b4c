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
   * An ICMP error about a datagram that this connected socket sent (RFC 1122 4.1.3.3); {@code text}
   * as in java.net.
   */
  default void onError(UdpSocket socket, CloseReason reason) {}
}
