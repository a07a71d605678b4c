package dev.tapstack.socket;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
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

  /** The type of service of what is sent from now on (RFC 1122 4.1.4): 0 to 255. */
  void typeOfService(int typeOfService);

  // Multicast (RFC 1112). Who has bound to any address or to the group itself can hear one. A port
  // has one socket.

  /**
   * Receives what is sent to a multicast {@code group} on one network of this host, until {@link
   * #leave} or {@link #close}; the routers there are told. Only what has been joined is received,
   * 224.0.0.1 included.
   *
   * @param via the address of this host on that network, or null for its first
   * @throws IllegalArgumentException if {@code group} is no multicast group, or {@code via} no
   *     address of this host on a network
   * @throws IllegalStateException if it is joined already, or too many are: 20 by a socket, 64 on
   *     an interface
   */
  void join(IpAddress group, @Nullable IpAddress via);

  /**
   * Takes back {@link #join} with the same arguments.
   *
   * @throws IllegalArgumentException as there
   * @throws IllegalStateException if it is not joined
   */
  void leave(IpAddress group, @Nullable IpAddress via);

  /**
   * Where multicasts are sent from now on.
   *
   * @param via the address of this host on that network, which becomes their source; null, as at
   *     first, for the socket's local address, or if that is any, for this host's first network
   * @throws IllegalArgumentException if it is no address of this host on a network
   */
  void multicastVia(@Nullable IpAddress via);

  /**
   * The TTL of multicasts that are sent: 1 at first, which stays on the network (RFC 1112 6.1); 0
   * does not leave this host.
   *
   * @throws IllegalArgumentException if it is not within 0 to 255
   */
  void multicastTtl(int hops);

  /** Whether this host's own members hear what this socket sends to a group; true at first. */
  void multicastLoopback(boolean isOn);

  /** Frees the port and the queue, and leaves all groups. Idempotent. */
  void close();
}
