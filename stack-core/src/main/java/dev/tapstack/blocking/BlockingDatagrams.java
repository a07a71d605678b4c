package dev.tapstack.blocking;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.socket.OpenException;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpError;
import dev.tapstack.socket.UdpHandler;
import dev.tapstack.socket.UdpSocket;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One UDP socket between the loop and the threads that receive and send.
 *
 * <p>The loop copies datagrams into {@link #inbox} while there is room; the others wait in the
 * socket's own queue, which drops and counts what it has no place for ({@code udp-queue-full}). A
 * caller that has made room asks the loop for them. Sending is a command: a caller waits until the
 * loop has taken the bytes, so that it learns whether they could be sent, and so that there is no
 * queue.
 */
final class BlockingDatagrams implements UdpHandler {
  /** The largest datagram less the headers of IPv4 and UDP. */
  private static final int MAX_PAYLOAD = 65_535 - 20 - 8;

  /** What a waiting datagram costs besides its payload, roughly: so that empty ones are bounded. */
  private static final int OVERHEAD_BYTES = 64;

  /** A datagram, copied. */
  static final class Received {
    final byte[] payload;
    final Endpoint source;

    Received(byte[] payload, Endpoint source) {
      this.payload = payload;
      this.source = source;
    }

    int cost() {
      return payload.length + OVERHEAD_BYTES;
    }
  }

  /** What came of a datagram. */
  private enum Outcome {
    SENT,
    NO_ROUTE,
    BROADCAST_NOT_ALLOWED
  }

  private final LoopDoor door;
  private final WaitPoint callers = new WaitPoint();
  private final ConcurrentLinkedQueue<Received> inbox = new ConcurrentLinkedQueue<>();
  private final AtomicInteger inboxBytes = new AtomicInteger();
  private final AtomicReference<UdpError.@Nullable Kind> error = new AtomicReference<>();
  private volatile int inboxLimitBytes;
  private volatile boolean isLeft; // perhaps datagrams stayed in the socket for want of room
  private volatile boolean isBroadcastAllowed = true;
  private volatile boolean isClosed;
  private volatile @Nullable UdpSocket socket; // its methods are the loop's
  private volatile @Nullable Endpoint local;

  BlockingDatagrams(LoopDoor door) {
    this.door = door;
  }

  // Callers.

  void bind(Endpoint wanted) throws SocketException {
    opening(() -> {
      UdpSocket bound = door.stack().bindUdp(wanted, this);
      socket = bound;
      local = bound.local();
      if (isClosed) {
        bound.close();
      }
      return bound;
    });
  }

  /** What came before from anybody is thrown away, as the JDK does. */
  void connect(Endpoint remote) throws SocketException {
    inSocket(its -> {
      its.connect(remote);
      local = its.local();
      while (its.receive() != null || take() != null) {}
      return its;
    });
  }

  void disconnect() throws SocketException {
    inSocket(its -> {
      its.disconnect();
      local = its.local();
      error.set(null);
      return its;
    });
  }

  /** What the loop does with the socket. */
  private interface Task<T> {
    T with(UdpSocket its);
  }

  private <T> T inSocket(Task<T> task) throws SocketException {
    if (isClosed) {
      throw SocketFailures.closed();
    }
    return opening(() -> task.with(Objects.requireNonNull(socket, "bind first")));
  }

  private <T> T opening(Supplier<T> task) throws SocketException {
    door.requireOutside();
    try {
      return door.call(task);
    } catch (OpenException e) {
      throw SocketFailures.opening(e);
    }
  }

  /** Where it is bound, or of one that is connected what it sends from. */
  Endpoint local() {
    return Objects.requireNonNull(local, "bind first");
  }

  /**
   * Waits for a datagram.
   *
   * @param timeoutMillis 0 for no limit
   * @param isTaken false if it stays the next one
   */
  Received receive(int timeoutMillis, boolean isTaken) throws IOException {
    door.requireOutside();
    callers.lock();
    try {
      if (!door.await(callers, this::isReceiveDecided, timeoutMillis)) {
        throw new SocketTimeoutException("Receive timed out");
      }
      throwError();
      Received received = isTaken ? take() : inbox.peek();
      if (isClosed || received == null) {
        throw SocketFailures.closed();
      }
      if (isLeft && hasRoom()) {
        door.submit(this::moveInput);
      }
      return received;
    } finally {
      callers.unlock();
    }
  }

  private boolean isReceiveDecided() {
    return !inbox.isEmpty() || isClosed || error.get() != null;
  }

  /** An error is told once, by the next call, and before what waits (as on Linux). */
  private void throwError() throws SocketException {
    UdpError.Kind told = isClosed ? null : error.getAndSet(null);
    if (told == UdpError.Kind.PORT_UNREACHABLE) {
      throw new PortUnreachableException();
    } else if (told == UdpError.Kind.PROHIBITED) {
      throw new NoRouteToHostException(told.text());
    } else if (told != null) {
      throw new SocketException(told.text());
    }
  }

  /** Sends a datagram; returns when the stack has it. */
  void send(byte[] from, int offset, int length, Endpoint to) throws SocketException {
    throwError();
    if (length > MAX_PAYLOAD) {
      throw new SocketException("Message too long"); // EMSGSIZE
    }
    switch (inSocket(its -> sendNow(its, from, offset, length, to))) {
      case SENT -> {}
      case NO_ROUTE -> throw new SocketException("Network is unreachable"); // ENETUNREACH
      case BROADCAST_NOT_ALLOWED -> throw SocketFailures.permissionDenied();
    }
  }

  /** Whether broadcasts may be sent; they may at first, as the JDK has it. */
  void allowBroadcast(boolean isAllowed) {
    isBroadcastAllowed = isAllowed;
  }

  /** Bytes of datagrams that wait for a caller, besides those in the stack's own queue. */
  void inboxLimit(int bytes) {
    inboxLimitBytes = bytes;
  }

  /** What is sent from now on has that type of service; the rest is for multicasts. */
  void configure(int typeOfService, int multicastTtl, boolean hasMulticastLoopback)
      throws SocketException {
    inSocket(its -> {
      its.typeOfService(typeOfService);
      its.multicastTtl(multicastTtl);
      its.multicastLoopback(hasMulticastLoopback);
      return its;
    });
  }

  /** Joins on the stack's first network. */
  void join(IpAddress group) throws SocketException {
    grouping(its -> {
      its.join(group, null);
      return its;
    });
  }

  void leave(IpAddress group) throws SocketException {
    grouping(its -> {
      its.leave(group, null);
      return its;
    });
  }

  private void grouping(Task<UdpSocket> task) throws SocketException {
    try {
      inSocket(task);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new SocketException(e.getMessage(), e);
    }
  }

  /** Closes without waiting; callers that wait see "Socket closed". */
  void close() {
    isClosed = true;
    callers.signal();
    door.submit(() -> {
      UdpSocket its = socket;
      if (its != null) {
        its.close();
      }
    });
  }

  private @Nullable Received take() {
    Received first = inbox.poll();
    if (first != null) {
      inboxBytes.addAndGet(-first.cost());
    }
    return first;
  }

  private boolean hasRoom() {
    return inboxBytes.get() < inboxLimitBytes;
  }

  // The loop.

  private Outcome sendNow(UdpSocket by, byte[] from, int offset, int length, Endpoint to) {
    if (isClosed) {
      return Outcome.SENT; // who closed it does not ask
    }
    if (!isBroadcastAllowed && door.stack().isBroadcast(to.address())) {
      return Outcome.BROADCAST_NOT_ALLOWED;
    }
    boolean isSent = by.send(to, Unpooled.wrappedBuffer(from, offset, length));
    return isSent ? Outcome.SENT : Outcome.NO_ROUTE;
  }

  @Override
  public void onReadable(UdpSocket from) {
    moveInput();
  }

  private void moveInput() {
    UdpSocket from = socket;
    if (from == null || isClosed) {
      return;
    }
    isLeft = true; // before the room is looked at: a caller that makes some later sees it
    while (hasRoom()) {
      UdpDatagram datagram = from.receive();
      if (datagram == null) {
        isLeft = false;
        return;
      }
      byte[] payload = new byte[datagram.payloadBytes()];
      datagram.buf().getBytes(datagram.payloadIndex(), payload);
      Received copy = new Received(payload, datagram.source());
      inboxBytes.addAndGet(copy.cost());
      inbox.add(copy);
      callers.signal();
    }
  }

  /**
   * Of a connected socket callers learn what Linux calls hard errors. What says that a host or a
   * network is unreachable may pass, and is not told (RFC 1122 3.2.2.1).
   */
  @Override
  public void onError(UdpSocket from, UdpError failed) {
    if (from.remote() == null) {
      return;
    }
    switch (failed.kind()) {
      case PORT_UNREACHABLE, PROTOCOL_UNREACHABLE, PROHIBITED, PARAMETER_PROBLEM -> {
        error.set(failed.kind());
        callers.signal();
      }
      case NET_UNREACHABLE, HOST_UNREACHABLE, TOO_BIG, TTL_EXCEEDED, REASSEMBLY_EXCEEDED -> {}
    }
  }
}
