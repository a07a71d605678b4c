package dev.tapstack.socket;

import dev.tapstack.addr.IpAddress;
import io.netty.buffer.ByteBuf;

/**
 * Asks hosts for an echo (RFC 792, RFC 1122 3.2.2.6) under an identifier of its own. The loop's
 * thread only.
 */
public interface PingSocket {
  /** The identifier of its requests; no other socket of the stack has it. */
  int identifier();

  /**
   * Sends an echo request to {@code to} with the readable bytes of {@code payload} (copied; the
   * reader index stays). An unknown neighbour is asked for first, as for any packet.
   *
   * @param sequence 0 to 65,535: what tells the replies apart
   * @return false if it could not be sent: no route, or more than 65,507 bytes (counted)
   */
  boolean send(IpAddress to, int sequence, ByteBuf payload);

  /** Frees the identifier; replies that are still to come are dropped. Idempotent. */
  void close();
}
