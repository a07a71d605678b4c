package dev.tapstack.socket;

import dev.tapstack.addr.Endpoint;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** A UDP socket (RFC 768, RFC 1122 4.1). The loop's thread only. */
public interface UdpSocket {
  /**
   * What it is bound to; of one that is connected, the very address that it sends from and hears.
   */
  Endpoint local();

  /** The peer of a connected socket, or null. */
  @Nullable Endpoint remote();

  /**
   * Hears only {@code remote} from now on, and {@link #send(ByteBuf)} sends there. One that is
   * bound to any address takes the one that the route to {@code remote} has. Datagrams that wait
   * already stay. A connected socket may be connected anew.
   *
   * @throws OpenException if there is no route, or another socket connects the same two ends
   */
  void connect(Endpoint remote);

  /** Hears everybody again, at what it was bound to. Idempotent. */
  void disconnect();

  /** Takes the next datagram of the queue, or null; the one taken before ends. */
  @Nullable UdpDatagram receive();

  /**
   * Sends the readable bytes of {@code payload} (copied; the reader index stays) to {@code to}.
   *
   * @return false if it could not be sent now: no route, or larger than 65,507 bytes (counted)
   */
  boolean send(Endpoint to, ByteBuf payload);

  /**
   * As {@link #send(Endpoint, ByteBuf)}, to the peer of this connected socket.
   *
   * @throws IllegalStateException if it is not connected
   */
  boolean send(ByteBuf payload);

  /**
   * Sends the readable bytes of {@code payload} to the source of {@code datagram}, from the address
   * it had asked.
   */
  boolean reply(UdpDatagram datagram, ByteBuf payload);

  /**
   * The TTL of what is sent to one host from now on (RFC 1122 4.1.4): 1 to 255, or 0 for the
   * stack's default.
   */
  void ttl(int ttl);

  /** The TTL of what is sent to a multicast group from now on: 1 to 255; 1 at first (RFC 1112). */
  void multicastTtl(int ttl);

  /** The type of service of what is sent from now on (RFC 1122 4.1.4): 0 to 255. */
  void typeOfService(int typeOfService);

  /** Frees the port and the queue. Idempotent. */
  void close();
}
