package dev.tapstack.udp;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.ip.QuotedPacket;
import dev.tapstack.ip.Route;
import dev.tapstack.ip.TransportProtocol;
import dev.tapstack.link.NetInterface;
import dev.tapstack.packet.Packet;
import dev.tapstack.socket.OpenException;
import dev.tapstack.socket.UdpError;
import dev.tapstack.socket.UdpHandler;
import dev.tapstack.socket.UdpSocket;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.Udp;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * UDP (RFC 768, RFC 1122 4.1): checks datagrams, finds their socket, and builds those that sockets
 * send. The loop's thread only.
 *
 * <p>A datagram goes to the socket that is connected to its sender, else to the one bound to the
 * very address that was asked, else to the one bound to any address. So does a broadcast or
 * multicast: a socket bound to a unicast address does not hear it, nor one that has not joined the
 * multicast's group where it arrived. A connected socket hears its peer alone. ICMP errors find the
 * socket whose datagram they quote in the same way.
 *
 * <p>A port is reserved for one socket. Sockets that are made by {@link #connect(Endpoint,
 * Endpoint, UdpHandler)} share the port of the socket that was bound before, by being of the same
 * owner: no two of them have the same ends.
 */
public final class UdpLayer implements TransportProtocol {
  /** The largest datagram less the headers of IPv4 and UDP. */
  private static final int MAX_PAYLOAD =
      Ipv4.MAX_TOTAL_LENGTH - Ipv4.HEADER_LENGTH - Udp.HEADER_LENGTH;

  /** In whose name a port is reserved; sockets of one owner share it. */
  private static final class PortOwner {}

  private final IpLayer ip;
  private final int receiveBufferBytes;
  private final UdpDemux demux = new UdpDemux();
  private final Counters<UdpCounter> counters = new Counters<>(UdpCounter.class);

  /**
   * A layer without sockets; the caller registers it with {@code ip}.
   *
   * @param receiveBufferBytes memory that a socket's queue may hold
   */
  public UdpLayer(IpLayer ip, int receiveBufferBytes) {
    this.ip = ip;
    this.receiveBufferBytes = receiveBufferBytes;
  }

  @Override
  public int protocol() {
    return Ipv4.PROTOCOL_UDP;
  }

  /** What was counted, by name. */
  public Map<String, Long> counted() {
    return counters.nonZero();
  }

  // Sockets.

  /** As {@link dev.tapstack.socket.StackContext#bindUdp}. */
  public UdpSocket bind(Endpoint local, UdpHandler handler) {
    BoundSocket socket = reserve(local, new PortOwner(), handler);
    demux.add(socket);
    return socket;
  }

  /** As {@link dev.tapstack.socket.StackContext#connectUdp}. */
  public UdpSocket connect(@Nullable Endpoint local, Endpoint remote, UdpHandler handler) {
    Endpoint wanted = local == null ? new Endpoint(Ipv4Address.ANY, 0) : local;
    IpAddress address = wanted.address();
    Object shared = ip.ports().owner(protocol(), address.hi(), address.lo(), wanted.port());
    PortOwner owner = wanted.port() != 0 && shared instanceof PortOwner of ? of : new PortOwner();
    BoundSocket socket = reserve(wanted, owner, handler);
    try {
      socket.ends(connectedEnd(socket, remote), remote);
    } catch (RuntimeException e) {
      release(socket);
      throw e;
    }
    demux.add(socket);
    return socket;
  }

  /** A socket whose port is reserved, but which is not in the table yet. */
  private BoundSocket reserve(Endpoint local, PortOwner owner, UdpHandler handler) {
    long hi = local.address().hi();
    long lo = local.address().lo();
    if (!isUnspecified(hi, lo) && !ip.isLocal(hi, lo) && !ip.isGroup(hi, lo)) {
      throw new OpenException(
          OpenException.Reason.ADDRESS_NOT_LOCAL,
          local.address() + " is not an address of this stack: bind to one that is, or to 0.0.0.0");
    }
    int port = local.port();
    if (port == 0) {
      port = ip.ports().ephemeral(protocol(), hi, lo, 0, 0, 0, free -> true, owner);
      if (port < 0) {
        throw new OpenException(
            OpenException.Reason.NO_FREE_PORT,
            "all ephemeral UDP ports of " + local.address() + " are taken: close a socket");
      }
    } else if (!ip.ports().reserve(protocol(), hi, lo, port, owner)) {
      throw new OpenException(
          OpenException.Reason.ADDRESS_IN_USE, "UDP port " + local + " is taken: choose another");
    }
    Endpoint bound = new Endpoint(local.address(), port);
    return new BoundSocket(this, bound, owner, handler, receiveBufferBytes);
  }

  /** The local end of {@code socket} when it is connected to {@code remote}. */
  private Endpoint connectedEnd(BoundSocket socket, Endpoint remote) {
    IpAddress to = remote.address();
    if (remote.port() == 0 || isUnspecified(to.hi(), to.lo())) {
      throw new IllegalArgumentException("cannot connect to " + remote + ": that is nobody's");
    }
    Endpoint bound = socket.bound();
    boolean isAny = isUnspecified(bound.address().hi(), bound.address().lo());
    IpAddress from = isAny ? ip.sourceFor(to) : bound.address();
    if (from == null || ip.route(to.hi(), to.lo()) == null) {
      throw new OpenException(
          OpenException.Reason.NO_ROUTE, "cannot connect to " + remote + ": no route to host");
    }
    int port = bound.port();
    BoundSocket same = demux.find(from.hi(), from.lo(), port, to.hi(), to.lo(), remote.port());
    if (same != null && same != socket) {
      throw new OpenException(
          OpenException.Reason.ADDRESS_IN_USE,
          "UDP port " + port + " is connected to " + remote + " already: choose another");
    }
    return new Endpoint(from, port);
  }

  /** As {@link UdpSocket#connect}. */
  void connect(BoundSocket socket, Endpoint remote) {
    move(socket, connectedEnd(socket, remote), remote);
  }

  /** As {@link UdpSocket#disconnect}. */
  void disconnect(BoundSocket socket) {
    Endpoint bound = socket.bound();
    if (demux.find(bound.address().hi(), bound.address().lo(), bound.port()) != null) {
      throw new OpenException(
          OpenException.Reason.ADDRESS_IN_USE,
          "UDP port " + bound + " is shared with a socket that hears everybody: close one");
    }
    move(socket, bound, null);
  }

  private void move(BoundSocket socket, Endpoint local, @Nullable Endpoint remote) {
    demux.remove(socket);
    socket.ends(local, remote);
    demux.add(socket);
  }

  void closed(BoundSocket socket) {
    demux.remove(socket);
    release(socket);
  }

  private void release(BoundSocket socket) {
    IpAddress address = socket.bound().address();
    ip.ports()
        .release(protocol(), address.hi(), address.lo(), socket.bound().port(), socket.owner());
  }

  /** All sockets, in an order that repeats for the same history. */
  public List<UdpSocket> sockets() {
    return demux.sockets();
  }

  /** Closes all sockets and frees what waits in them. */
  public void close() {
    for (BoundSocket socket = demux.any(); socket != null; socket = demux.any()) {
      socket.close(DropReason.STACK_CLOSED);
    }
  }

  // Up.

  @Override
  public void input(Packet packet) {
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    int available = packet.end() - at;
    if (available < Udp.HEADER_LENGTH) {
      packet.drop(DropReason.UDP_TRUNCATED);
      return;
    }
    int length = Udp.length(buf, at);
    if (length < Udp.HEADER_LENGTH || length > available) {
      packet.drop(DropReason.UDP_BAD_LENGTH);
      return;
    }
    if (!hasRightChecksum(packet, length)) {
      packet.drop(DropReason.UDP_BAD_CHECKSUM);
      return;
    }
    BoundSocket socket =
        find(
            packet.destinationHi(),
            packet.destinationLo(),
            Udp.destinationPort(buf, at),
            packet.sourceHi(),
            packet.sourceLo(),
            Udp.sourcePort(buf, at));
    if (socket == null) {
      ip.report(IcmpError.PORT_UNREACHABLE, packet, 0); // RFC 1122 4.1.3.1
      packet.drop(DropReason.UDP_PORT_CLOSED);
      return;
    }
    if (ip.isMulticast(packet.destinationHi(), packet.destinationLo())
        && !socket.hasJoined(
            ip.groupInterface(packet), packet.destinationHi(), packet.destinationLo())) {
      packet.drop(DropReason.UDP_NOT_JOINED);
      return;
    }
    packet.end(at + length); // the datagram may be shorter than its packet
    if (socket.deliver(packet)) {
      counters.increment(UdpCounter.RECEIVED);
    }
  }

  /** RFC 1122 4.1.3.4; a checksum of 0 says that the sender made none (RFC 768). */
  private boolean hasRightChecksum(Packet packet, int length) {
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    return Udp.checksum(buf, at) == 0
        || Checksum.verify(
            ip.family(packet.sourceHi(), packet.sourceLo()).pseudoHeader(packet, length),
            buf,
            at,
            length);
  }

  /** The socket that connects these ends, else that of the local one, else of any address. */
  private @Nullable BoundSocket find(
      long hi, long lo, int port, long remoteHi, long remoteLo, int remotePort) {
    BoundSocket socket = demux.find(hi, lo, port, remoteHi, remoteLo, remotePort);
    if (socket == null) {
      socket = demux.find(hi, lo, port);
    }
    if (socket == null && Ipv4Address.isMapped(hi, lo)) {
      socket = demux.find(0, Ipv4Address.MAPPED_PREFIX, port);
    }
    return socket != null ? socket : demux.find(0, 0, port);
  }

  private static boolean isUnspecified(long hi, long lo) {
    return hi == 0 && (lo == 0 || lo == Ipv4Address.MAPPED_PREFIX);
  }

  /** RFC 1122 4.1.3.3: whoever sent it learns of every error. */
  @Override
  public boolean error(IcmpError kind, QuotedPacket about) {
    ByteBuf buf = about.buf();
    int at = about.transport();
    int remotePort = Udp.destinationPort(buf, at);
    BoundSocket socket =
        find(
            about.sourceHi(),
            about.sourceLo(),
            Udp.sourcePort(buf, at),
            about.destinationHi(),
            about.destinationLo(),
            remotePort);
    if (socket == null) {
      return false;
    }
    counters.increment(UdpCounter.ERRORS_RECEIVED);
    IpAddress to = IpAddress.of(about.destinationHi(), about.destinationLo());
    socket.failed(new UdpError(kind(kind), new Endpoint(to, remotePort), about.mtu()));
    return true;
  }

  /** In the API's words. */
  private static UdpError.Kind kind(IcmpError kind) {
    return switch (kind) {
      case PORT_UNREACHABLE -> UdpError.Kind.PORT_UNREACHABLE;
      case PROTOCOL_UNREACHABLE -> UdpError.Kind.PROTOCOL_UNREACHABLE;
      case NET_UNREACHABLE -> UdpError.Kind.NET_UNREACHABLE;
      case HOST_UNREACHABLE -> UdpError.Kind.HOST_UNREACHABLE;
      case PROHIBITED -> UdpError.Kind.PROHIBITED;
      case TOO_BIG -> UdpError.Kind.TOO_BIG;
      case TTL_EXCEEDED -> UdpError.Kind.TTL_EXCEEDED;
      case REASSEMBLY_EXCEEDED -> UdpError.Kind.REASSEMBLY_EXCEEDED;
      case PARAMETER_PROBLEM -> UdpError.Kind.PARAMETER_PROBLEM;
    };
  }

  // Multicast.

  /**
   * The interface on which {@code group} is to be joined or left.
   *
   * @param via an address of it, or null for the one that multicasts leave by
   */
  NetInterface groupNetwork(IpAddress group, @Nullable IpAddress via) {
    if (!ip.isMulticast(group.hi(), group.lo())) {
      throw new IllegalArgumentException(
          group + " is no multicast group: take one of 224.0.0.0 to 239.255.255.255");
    }
    if (via != null) {
      return network(via);
    }
    Route route = ip.route(group.hi(), group.lo());
    if (route == null) {
      throw new IllegalArgumentException("this host is on no network: attach a device");
    }
    return route.via();
  }

  /** The interface that has an address, which is not the loopback's. */
  NetInterface network(IpAddress via) {
    NetInterface found = ip.interfaceWith(via.hi(), via.lo());
    if (found == null || found.isLoopback()) {
      throw new IllegalArgumentException(
          via + " is not this host's address on any network: name one that is");
    }
    return found;
  }

  void join(NetInterface network, IpAddress group) {
    if (!ip.join(network, group.hi(), group.lo())) {
      throw new IllegalStateException(
          "cannot join " + group + ": too many groups are joined on " + network.name());
    }
  }

  void left(NetInterface network, long hi, long lo) {
    ip.leave(network, hi, lo);
  }

  // Down.

  /**
   * Sends a datagram of {@code socket}.
   *
   * @param sourceHi the address to send from; one that is not a unicast address of ours leaves the
   *     choice to the route
   * @return false if there is no way, or it is too large
   */
  boolean send(
      BoundSocket socket,
      long sourceHi,
      long sourceLo,
      long hi,
      long lo,
      int port,
      ByteBuf payload) {
    int bytes = payload.readableBytes();
    if (bytes > MAX_PAYLOAD || ip.route(hi, lo) == null) {
      counters.increment(UdpCounter.NOT_SENT);
      return false;
    }
    boolean isMulticast = ip.isMulticast(hi, lo);
    IpAddress via = isMulticast ? socket.multicastVia() : null;
    long fromHi = via == null ? sourceHi : via.hi();
    long fromLo = via == null ? sourceLo : via.lo();
    if (!ip.isLocal(fromHi, fromLo)) {
      IpAddress chosen = ip.sourceFor(hi, lo);
      if (chosen == null) {
        counters.increment(UdpCounter.NOT_SENT);
        return false;
      }
      fromHi = chosen.hi();
      fromLo = chosen.lo();
    }
    int length = Udp.HEADER_LENGTH + bytes;
    Packet packet = ip.newPacket(length);
    packet.protocol(Ipv4.PROTOCOL_UDP);
    packet.source(fromHi, fromLo);
    packet.destination(hi, lo);
    packet.ttl(isMulticast ? socket.multicastTtl() : socket.ttl());
    packet.tos(socket.typeOfService());
    packet.set(Packet.BROADCAST_ALLOWED); // who names such an address means it
    if (isMulticast) {
      packet.set(socket.multicastTtl() == 0 ? Packet.HOST_ONLY : 0);
      packet.set(socket.hearsOwnMulticasts() ? Packet.MULTICAST_LOOPBACK : 0);
    }
    ByteBuf buf = packet.buf();
    int at = packet.start();
    Udp.write(buf, at, socket.localPort(), port, length);
    buf.setBytes(at + Udp.HEADER_LENGTH, payload, payload.readerIndex(), bytes);
    packet.end(at + length);
    long sum = ip.family(hi, lo).pseudoHeader(packet, length) + Checksum.sum(buf, at, length);
    Udp.checksum(buf, at, Checksum.finishUdp(sum));
    counters.increment(UdpCounter.SENT);
    ip.output(packet);
    return true;
  }
}
