package dev.tapstack.udp;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.IpFamily;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.ip.QuotedPacket;
import dev.tapstack.ip.TransportProtocol;
import dev.tapstack.packet.Packet;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.UdpHandler;
import dev.tapstack.socket.UdpSocket;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.Udp;
import io.netty.buffer.ByteBuf;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * UDP (RFC 768, RFC 1122 4.1): checks datagrams, finds their socket, and builds those that sockets
 * send. The loop's thread only.
 *
 * <p>A datagram goes to the socket bound to the very address that was asked, else to the one bound
 * to any address. So does a broadcast or multicast: a socket bound to a unicast address does not
 * hear it. A connected socket hears its peer alone.
 */
public final class UdpLayer implements TransportProtocol {
  /** The largest datagram less the headers of IPv4 and UDP. */
  private static final int MAX_PAYLOAD =
      Ipv4.MAX_TOTAL_LENGTH - Ipv4.HEADER_LENGTH - Udp.HEADER_LENGTH;

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

  /** As {@link dev.tapstack.socket.StackContext#bindUdp}. */
  public UdpSocket bind(Endpoint local, UdpHandler handler) {
    long hi = local.address().hi();
    long lo = local.address().lo();
    if (!isUnspecified(hi, lo) && !ip.isLocal(hi, lo) && !ip.isGroup(hi, lo)) {
      throw new IllegalStateException(
          local.address() + " is not an address of this stack: bind to one that is, or to 0.0.0.0");
    }
    Object owner = new Object();
    int port = local.port();
    if (port == 0) {
      port = ip.ports().ephemeral(protocol(), hi, lo, 0, 0, 0, free -> true, owner);
      if (port < 0) {
        throw new IllegalStateException(
            "all ephemeral UDP ports of " + local.address() + " are taken: close a socket");
      }
    } else if (!ip.ports().reserve(protocol(), hi, lo, port, owner)) {
      throw new IllegalStateException("UDP port " + local + " is taken: choose another");
    }
    BoundSocket socket =
        new BoundSocket(
            this, new Endpoint(local.address(), port), owner, handler, receiveBufferBytes);
    demux.add(socket);
    return socket;
  }

  void closed(BoundSocket socket, Object owner) {
    demux.remove(socket);
    ip.ports().release(protocol(), socket.localHi(), socket.localLo(), socket.localPort(), owner);
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
        find(packet.destinationHi(), packet.destinationLo(), Udp.destinationPort(buf, at));
    if (socket == null
        || !socket.hears(packet.sourceHi(), packet.sourceLo(), Udp.sourcePort(buf, at))) {
      ip.report(IcmpError.PORT_UNREACHABLE, packet, 0); // RFC 1122 4.1.3.1
      packet.drop(DropReason.UDP_PORT_CLOSED);
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
            pseudoHeader(ip.family(packet.sourceHi(), packet.sourceLo()), packet, length),
            buf,
            at,
            length);
  }

  private static long pseudoHeader(IpFamily family, Packet packet, int length) {
    return family.pseudoHeader(
        packet.sourceHi(),
        packet.sourceLo(),
        packet.destinationHi(),
        packet.destinationLo(),
        Ipv4.PROTOCOL_UDP,
        length);
  }

  /** The socket of a local address and port: its own, else that of any address. */
  private @Nullable BoundSocket find(long hi, long lo, int port) {
    BoundSocket socket = demux.find(hi, lo, port);
    if (socket == null && Ipv4Address.isMapped(hi, lo)) {
      socket = demux.find(0, Ipv4Address.MAPPED_PREFIX, port);
    }
    return socket != null ? socket : demux.find(0, 0, port);
  }

  private static boolean isUnspecified(long hi, long lo) {
    return hi == 0 && (lo == 0 || lo == Ipv4Address.MAPPED_PREFIX);
  }

  /** RFC 1122 4.1.3.3: connected sockets learn of errors; for others nobody could tell whose. */
  @Override
  public boolean error(IcmpError kind, QuotedPacket about) {
    ByteBuf buf = about.buf();
    int at = about.transport();
    BoundSocket socket = find(about.sourceHi(), about.sourceLo(), Udp.sourcePort(buf, at));
    if (socket == null
        || !socket.isConnected()
        || !socket.hears(
            about.destinationHi(), about.destinationLo(), Udp.destinationPort(buf, at))) {
      return false;
    }
    CloseReason reason = reason(kind);
    if (reason != null) {
      counters.increment(UdpCounter.ERRORS_RECEIVED);
      socket.failed(reason);
    }
    return true;
  }

  /** In the API's words; null for what is IP's own business. */
  private static @Nullable CloseReason reason(IcmpError kind) {
    return switch (kind) {
      case PORT_UNREACHABLE, PROTOCOL_UNREACHABLE -> CloseReason.PORT_UNREACHABLE;
      case NET_UNREACHABLE -> CloseReason.NET_UNREACHABLE;
      case HOST_UNREACHABLE, PROHIBITED, TTL_EXCEEDED -> CloseReason.HOST_UNREACHABLE;
      case TOO_BIG, REASSEMBLY_EXCEEDED, PARAMETER_PROBLEM -> null;
    };
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
    long fromHi = sourceHi;
    long fromLo = sourceLo;
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
    packet.set(Packet.BROADCAST_ALLOWED); // who names such an address means it
    ByteBuf buf = packet.buf();
    int at = packet.start();
    Udp.write(buf, at, socket.localPort(), port, length);
    buf.setBytes(at + Udp.HEADER_LENGTH, payload, payload.readerIndex(), bytes);
    packet.end(at + length);
    long sum = pseudoHeader(ip.family(hi, lo), packet, length) + Checksum.sum(buf, at, length);
    Udp.checksum(buf, at, Checksum.finishUdp(sum));
    counters.increment(UdpCounter.SENT);
    ip.output(packet);
    return true;
  }
}
