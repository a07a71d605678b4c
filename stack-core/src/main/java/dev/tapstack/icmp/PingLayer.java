package dev.tapstack.icmp;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.ip.EchoClient;
import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.ip.Ports;
import dev.tapstack.ip.QuotedPacket;
import dev.tapstack.packet.Packet;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.PingHandler;
import dev.tapstack.socket.PingSocket;
import dev.tapstack.stats.Counters;
import dev.tapstack.wire.Icmp4;
import dev.tapstack.wire.Ipv4;
import io.netty.buffer.ByteBuf;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ping sockets: sends their echo requests and finds the socket that a reply or an error is for (RFC
 * 792, RFC 1122 3.2.2.6). The loop's thread only.
 *
 * <p>Theory of operation. An identifier is to ICMP what a port is to UDP: {@link Ports} reserves
 * it, from the ephemeral range and hard to guess (RFC 6056), and so bounds the sockets. The table
 * of sockets is indexed by identifier, and is made with the first of them. Nothing is queued: a
 * reply is shown to the handler where it arrives.
 */
public final class PingLayer implements EchoClient {
  /** The largest datagram less the headers of IPv4 and ICMP. */
  private static final int MAX_PAYLOAD =
      Ipv4.MAX_TOTAL_LENGTH - Ipv4.HEADER_LENGTH - Icmp4.HEADER_LENGTH;

  private final IpLayer ip;
  private final Counters<PingCounter> counters = new Counters<>(PingCounter.class);
  private @Nullable EchoSocket[] sockets = {};

  public PingLayer(IpLayer ip) {
    this.ip = ip;
  }

  /** What was counted, by name. */
  public Map<String, Long> counted() {
    return counters.nonZero();
  }

  /** As {@link dev.tapstack.socket.StackContext#openPing}. */
  public PingSocket open(PingHandler handler) {
    if (sockets.length == 0) {
      sockets = new @Nullable EchoSocket[Ports.EPHEMERAL_MAX + 1 - Ports.EPHEMERAL_MIN];
    }
    long hi = Ipv4Address.ANY.hi();
    long lo = Ipv4Address.ANY.lo();
    int identifier =
        ip.ports().ephemeral(Ipv4.PROTOCOL_ICMP, hi, lo, 0, 0, 0, free -> find(free) == null, this);
    if (identifier < 0) {
      throw new IllegalStateException("all ping identifiers are taken: close a socket");
    }
    EchoSocket socket = new EchoSocket(this, identifier, handler);
    sockets[identifier - Ports.EPHEMERAL_MIN] = socket;
    return socket;
  }

  void closed(EchoSocket socket) {
    int identifier = socket.identifier();
    sockets[identifier - Ports.EPHEMERAL_MIN] = null;
    ip.ports()
        .release(Ipv4.PROTOCOL_ICMP, Ipv4Address.ANY.hi(), Ipv4Address.ANY.lo(), identifier, this);
  }

  /** Closes all sockets. */
  public void close() {
    for (EchoSocket socket : sockets) {
      if (socket != null) {
        socket.close();
      }
    }
  }

  private @Nullable EchoSocket find(int identifier) {
    int index = identifier - Ports.EPHEMERAL_MIN;
    return index >= 0 && index < sockets.length ? sockets[index] : null;
  }

  // Up.

  @Override
  public boolean reply(Packet packet) {
    EchoSocket socket = find(Icmp4.identifier(packet.buf(), packet.transport()));
    if (socket == null) {
      return false;
    }
    counters.increment(PingCounter.REPLIES_RECEIVED);
    socket.replied(packet);
    return true;
  }

  @Override
  public boolean error(IcmpError kind, QuotedPacket about) {
    ByteBuf buf = about.buf();
    int at = about.transport();
    EchoSocket socket =
        Icmp4.type(buf, at) == Icmp4.ECHO_REQUEST ? find(Icmp4.identifier(buf, at)) : null;
    if (socket == null) {
      return false;
    }
    counters.increment(PingCounter.ERRORS_RECEIVED);
    IpAddress to = IpAddress.of(about.destinationHi(), about.destinationLo());
    socket.failed(to, Icmp4.sequence(buf, at), reason(kind));
    return true;
  }

  /** In the API's words. */
  private static CloseReason reason(IcmpError kind) {
    return switch (kind) {
      case PORT_UNREACHABLE, PROTOCOL_UNREACHABLE -> CloseReason.PORT_UNREACHABLE;
      case NET_UNREACHABLE -> CloseReason.NET_UNREACHABLE;
      case REASSEMBLY_EXCEEDED -> CloseReason.TIMED_OUT;
      case HOST_UNREACHABLE, PROHIBITED, TTL_EXCEEDED, TOO_BIG, PARAMETER_PROBLEM ->
          CloseReason.HOST_UNREACHABLE;
    };
  }

  // Down.

  /** As {@link PingSocket#send}. */
  boolean send(int identifier, IpAddress to, int sequence, ByteBuf payload) {
    int bytes = payload.readableBytes();
    IpAddress source = bytes > MAX_PAYLOAD || !to.isV4() ? null : ip.sourceFor(to);
    if (source == null) {
      counters.increment(PingCounter.NOT_SENT);
      return false;
    }
    int length = Icmp4.HEADER_LENGTH + bytes;
    Packet packet = ip.newPacket(length);
    packet.protocol(Ipv4.PROTOCOL_ICMP);
    packet.source(source.hi(), source.lo());
    packet.destination(to.hi(), to.lo());
    packet.set(Packet.BROADCAST_ALLOWED); // who names such an address means it
    ByteBuf buf = packet.buf();
    int at = packet.start();
    Icmp4.write(buf, at, Icmp4.ECHO_REQUEST, 0);
    Icmp4.identifier(buf, at, identifier);
    Icmp4.sequence(buf, at, sequence);
    buf.setBytes(at + Icmp4.HEADER_LENGTH, payload, payload.readerIndex(), bytes);
    packet.end(at + length);
    Icmp4.updateChecksum(buf, at, length);
    counters.increment(PingCounter.REQUESTS_SENT);
    ip.output(packet);
    return true;
  }
}
