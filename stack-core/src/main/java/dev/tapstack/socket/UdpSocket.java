package dev.tapstack.socket;

import dev.tapstack.addr.Endpoint;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** A UDP socket (RFC 768, RFC 1122 4.1). The loop's thread only. */
public interface UdpSocket {
  Endpoint local();

  /** The peer of a connected socket, or null. */
  @Nullable Endpoint remote();

  /**
   * Receives only from {@code remote} from now on, sends there by default, and gets its ICMP
   * errors.
   */
  void connect(Endpoint remote);

  /** Takes the next datagram of the queue, or null; the one taken before ends. */
  @Nullable UdpDatagram receive();

  /**
   * Sends the readable bytes of {@code payload} (copied; the reader index stays) to {@code to}.
   *
   * @return false if it could not be sent now: no route, or larger than 65,507 bytes (counted)
   */
  boolean send(Endpoint to, ByteBuf payload);

  /**
   * Sends the readable bytes of {@code payload} to the source of {@code datagram}, from the address
   * it had asked.
   */
  boolean reply(UdpDatagram datagram, ByteBuf payload);

  /** Frees the port and the queue. Idempotent. */
  void close();
}
