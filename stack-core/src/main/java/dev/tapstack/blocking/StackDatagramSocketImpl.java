package dev.tapstack.blocking;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.socket.StackContext;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocketImpl;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketOptions;
import java.net.StandardSocketOptions;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What stands behind a {@link StackDatagramSocket}: java.net's calls and options, carried to {@link
 * BlockingDatagrams}. Any thread but the loop's, platform or virtual.
 */
final class StackDatagramSocketImpl extends DatagramSocketImpl {
  private static final IpAddress LOOPBACK = IpAddress.parse("127.0.0.1");

  private final BlockingDatagrams datagrams;
  private final OptionValues options = OptionValues.ofDatagrams();

  private final Set<InetAddress> groups = new LinkedHashSet<>(); // bounded by the stack

  /** Guards options and groups; never held while a datagram is waited for. */
  private final ReentrantLock lock = new ReentrantLock();

  private volatile int timeoutMillis;
  private volatile @Nullable Endpoint remote;
  private volatile boolean isBound;
  private volatile boolean isClosed;

  StackDatagramSocketImpl(StackContext stack) {
    datagrams = new BlockingDatagrams(new LoopDoor(stack));
    datagrams.inboxLimit(options.get(StandardSocketOptions.SO_RCVBUF));
  }

  @Override
  protected void create() {}

  @Override
  protected void bind(int port, InetAddress address) throws SocketException {
    lock.lock();
    try {
      requireOpen();
      datagrams.bind(
          new Endpoint(
              address.isAnyLocalAddress() ? Ipv4Address.ANY : IpAddress.of(address), port));
      isBound = true;
      localPort = datagrams.local().port();
      configure();
    } finally {
      lock.unlock();
    }
  }

  /** The unspecified address stands for this host, as on Linux. */
  private static Endpoint endpoint(InetAddress address, int port) {
    return new Endpoint(address.isAnyLocalAddress() ? LOOPBACK : IpAddress.of(address), port);
  }

  @Override
  protected void connect(InetAddress address, int port) throws SocketException {
    Endpoint to = endpoint(address, port);
    datagrams.connect(to);
    remote = to;
  }

  @Override
  protected void disconnect() {
    remote = null;
    try {
      datagrams.disconnect();
    } catch (SocketException e) {
      assert isClosed : e; // or the stack is: then nobody is there to disconnect from
    }
  }

  @Override
  protected void send(DatagramPacket packet) throws IOException {
    Endpoint peer = remote;
    Endpoint to = peer != null ? peer : endpoint(packet.getAddress(), packet.getPort());
    datagrams.send(packet.getData(), packet.getOffset(), packet.getLength(), to);
  }

  @Override
  protected void receive(DatagramPacket packet) throws IOException {
    show(datagrams.receive(timeoutMillis, true), packet);
  }

  /** As {@link #receive}, and leaves the datagram to be received. */
  @Override
  protected int peekData(DatagramPacket packet) throws IOException {
    BlockingDatagrams.Received next = datagrams.receive(timeoutMillis, false);
    show(next, packet);
    return next.source.port();
  }

  /** The port of the next datagram's sender; its address cannot be put into an InetAddress. */
  @Override
  protected int peek(InetAddress ignored) throws IOException {
    return datagrams.receive(timeoutMillis, false).source.port();
  }

  private static void show(BlockingDatagrams.Received received, DatagramPacket in) {
    PacketRoom.fill(in, received.payload);
    in.setAddress(received.source.address().toInetAddress());
    in.setPort(received.source.port());
  }

  @Override
  protected void close() {
    isClosed = true;
    datagrams.close();
  }

  private void requireOpen() throws SocketException {
    if (isClosed) {
      throw SocketFailures.closed();
    }
  }

  // Groups.

  @Override
  protected void join(InetAddress group) throws IOException {
    lock.lock();
    try {
      requireOpen();
      if (groups.contains(group)) {
        throw new SocketException("Already a member of group");
      }
      datagrams.join(IpAddress.of(group));
      groups.add(group);
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected void leave(InetAddress group) throws IOException {
    lock.lock();
    try {
      requireOpen();
      if (!groups.remove(group)) {
        throw new SocketException("Not a member of group");
      }
      datagrams.leave(IpAddress.of(group));
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected void joinGroup(SocketAddress group, @Nullable NetworkInterface by) throws IOException {
    join(requireOurs(group, by));
  }

  @Override
  protected void leaveGroup(SocketAddress group, @Nullable NetworkInterface by) throws IOException {
    leave(requireOurs(group, by));
  }

  private static InetAddress requireOurs(SocketAddress group, @Nullable NetworkInterface by)
      throws SocketException {
    if (by != null) {
      throw new SocketException(
          by.getName() + " is the machine's interface, not the stack's: give null for its first");
    }
    return ((InetSocketAddress) group).getAddress();
  }

  @Override
  protected void setTimeToLive(int ttl) throws IOException {
    set(StandardSocketOptions.IP_MULTICAST_TTL, ttl);
  }

  @Override
  protected int getTimeToLive() throws SocketException {
    return getOption(StandardSocketOptions.IP_MULTICAST_TTL);
  }

  @Deprecated
  @Override
  protected void setTTL(byte ttl) throws IOException {
    setTimeToLive(ttl & 0xff);
  }

  @Deprecated
  @Override
  protected byte getTTL() throws SocketException {
    return (byte) getTimeToLive();
  }

  // Options.

  @Override
  public void setOption(int id, Object value) throws SocketException {
    if (id == SocketOptions.SO_TIMEOUT) {
      timeoutMillis = (Integer) value;
      return;
    }
    try {
      set(OptionValues.named(id), value);
    } catch (IllegalArgumentException | UnsupportedOperationException e) {
      throw new SocketException(e.getMessage(), e);
    }
  }

  @Override
  public Object getOption(int id) throws SocketException {
    switch (id) {
      case SocketOptions.SO_TIMEOUT:
        return timeoutMillis;
      case SocketOptions.SO_BINDADDR:
        requireOpen();
        return (isBound ? datagrams.local().address() : Ipv4Address.ANY).toInetAddress();
      default:
        try {
          return getOption(OptionValues.named(id));
        } catch (UnsupportedOperationException e) {
          throw new SocketException(e.getMessage(), e);
        }
    }
  }

  @Override
  protected <T> void setOption(SocketOption<T> name, T value) throws SocketException {
    set(name, value);
  }

  private void set(SocketOption<?> name, @Nullable Object value) throws SocketException {
    lock.lock();
    try {
      requireOpen();
      options.set(name, value);
      if (name == StandardSocketOptions.SO_RCVBUF) {
        datagrams.inboxLimit(options.get(StandardSocketOptions.SO_RCVBUF));
      } else if (name == StandardSocketOptions.SO_BROADCAST) {
        datagrams.allowBroadcast(options.get(StandardSocketOptions.SO_BROADCAST));
      } else if (isBound) {
        configure();
      }
    } finally {
      lock.unlock();
    }
  }

  private void configure() throws SocketException {
    datagrams.configure(
        options.get(StandardSocketOptions.IP_TOS),
        options.get(StandardSocketOptions.IP_MULTICAST_TTL),
        options.get(StandardSocketOptions.IP_MULTICAST_LOOP));
  }

  @Override
  protected <T> T getOption(SocketOption<T> name) throws SocketException {
    lock.lock();
    try {
      requireOpen();
      return options.get(name);
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected Set<SocketOption<?>> supportedOptions() {
    return options.supported();
  }
}
