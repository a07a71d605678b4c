package dev.tapstack.socket;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.loop.Timer;
import org.jspecify.annotations.Nullable;

/**
 * A stack, as an application inside its loop sees it. The loop's thread only, but for the methods
 * that say otherwise.
 */
public interface StackContext {
  /** The stack's name, as in messages and captures. */
  String name();

  /** The time of this turn. */
  long nowNanos();

  /** Arms {@code timer}, again if it is armed, to fire in {@code delayNanos}. */
  void arm(Timer timer, long delayNanos);

  void cancel(Timer timer);

  /**
   * Runs {@code task} on the loop's thread. Any thread.
   *
   * @return false if the bounded queue is full or the stack has closed: try again, or fail
   */
  boolean execute(Runnable task);

  /** Whether the calling thread is the loop's, which must not block. Any thread. */
  boolean inLoop();

  /** Whether the stack has closed: {@link #execute} takes nothing any more. Any thread. */
  boolean isClosed();

  /**
   * Listens on {@code local}; the address may be {@code Ipv4Address.ANY}, the port 0 for a free
   * one.
   *
   * @throws OpenException if the port is taken, or the address is not one of this stack's
   */
  TcpServer listen(Endpoint local, TcpOptions options, TcpAcceptor acceptor);

  /**
   * Opens a connection to {@code remote} from a source address and an ephemeral port of the stack's
   * choice; {@code handler} learns of success or failure.
   *
   * @param local what to connect from, or null; port 0 for an ephemeral one (RFC 6056)
   * @throws OpenException if there is no route, or no (or not that) free port
   */
  TcpConnection connect(
      @Nullable Endpoint local, Endpoint remote, TcpOptions options, TcpHandler handler);

  /**
   * Binds a UDP socket to {@code local}; the address may be {@code Ipv4Address.ANY}, the port 0 for
   * a free one.
   *
   * @throws OpenException if the port is taken, or the address is not one of this stack's
   */
  UdpSocket bindUdp(Endpoint local, UdpHandler handler);

  /**
   * Opens a UDP socket that is connected to {@code remote}: what this peer sends goes to it, and
   * not to a socket that is bound to the same port, which it may share with that one and with
   * others that have other peers.
   *
   * @param local what to send from, or null; port 0 for an ephemeral one
   * @throws OpenException if there is no route, no free port, another socket that connects the same
   *     two ends, or the address is not one of this stack's
   */
  UdpSocket connectUdp(@Nullable Endpoint local, Endpoint remote, UdpHandler handler);

  /**
   * Opens a socket that asks hosts for an echo.
   *
   * @throws IllegalStateException if all 28,232 identifiers are taken
   */
  PingSocket openPing(PingHandler handler);

  /** Whether it is the limited broadcast address, or that of a subnet which the stack is in. */
  boolean isBroadcast(IpAddress address);

  /** The link address of a neighbour on an attached network, or null if it is not known (now). */
  @Nullable MacAddress neighbor(IpAddress address);
}
