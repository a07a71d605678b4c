package dev.tapstack.sim;

import dev.tapstack.addr.FlowKey;
import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Ethernet;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import dev.tapstack.wire.TcpOption;
import dev.tapstack.wire.TcpOptionSet;
import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Watches the TCP segments that hosts send, as a third party on the wire: knows nothing of what the
 * stacks think, reads headers alone.
 *
 * <p>For each direction of a connection it remembers how far the sender has sent, acknowledged and
 * offered, and finds a window's right edge that moves left (RFC 9293 3.8.6), an acknowledgment of
 * what was never sent or that goes back, and text beyond the peer's window (but for the one byte of
 * a probe).
 */
final class TcpWatch {
  /** Directions that are remembered; the oldest is forgotten and no more watched. */
  private static final int MAX_DIRECTIONS = 100_000;

  private static final int NO_SCALE = TcpOptionSet.ABSENT;

  /** A sender's side of a connection. */
  private static final class Direction {
    private final int iss;
    private final int scale;
    private int sentTo;
    private boolean hasAcked;
    private int acked;
    private int edge;

    Direction(int iss, int scale) {
      this.iss = iss;
      this.scale = scale;
      this.sentTo = iss + 1;
    }
  }

  private final Map<FlowKey, Direction> directions =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<FlowKey, Direction> eldest) {
          return size() > MAX_DIRECTIONS;
        }
      };

  private final FlowKey probe = new FlowKey();
  private final TcpOptionSet options = new TcpOptionSet();

  /** What is wrong with a frame that a host transmits, or null. */
  @Nullable String sent(Packet frame) {
    ByteBuf buf = frame.buf();
    int ip = frame.start() + Ethernet.HEADER_LENGTH;
    boolean isTcp =
        Ethernet.type(buf, frame.start()) == Ethernet.TYPE_IPV4
            && Ipv4.protocol(buf, ip) == Ipv4.PROTOCOL_TCP
            && Ipv4.fragmentOffset(buf, ip) == 0;
    return isTcp ? segment(buf, ip) : null;
  }

  private @Nullable String segment(ByteBuf buf, int ip) {
    int tcp = ip + Ipv4.headerLength(buf, ip);
    int flags = TcpHeader.flags(buf, tcp);
    if ((flags & TcpHeader.RST) != 0) {
      return null; // says nothing about windows
    }
    if ((flags & TcpHeader.SYN) != 0) {
      synchronize(buf, ip, tcp);
    }
    Direction own = directions.get(key(buf, ip, tcp, true));
    Direction peer = directions.get(key(buf, ip, tcp, false));
    if (own == null || peer == null || (flags & TcpHeader.ACK) == 0) {
      return null; // it began before it was watched, or is over, or not yet open
    }
    String fault = acknowledgment(buf, tcp, own, peer);
    return fault != null ? fault : text(buf, ip, tcp, own, peer);
  }

  /** The key of the direction of this segment, or of the other one. */
  private FlowKey key(ByteBuf buf, int ip, int tcp, boolean isOwn) {
    int source = Ipv4.source(buf, ip);
    int destination = Ipv4.destination(buf, ip);
    int sourcePort = TcpHeader.sourcePort(buf, tcp);
    int destinationPort = TcpHeader.destinationPort(buf, tcp);
    return isOwn
        ? probe.set(Ipv4.PROTOCOL_TCP, 0, source, sourcePort, 0, destination, destinationPort)
        : probe.set(Ipv4.PROTOCOL_TCP, 0, destination, destinationPort, 0, source, sourcePort);
  }

  private void synchronize(ByteBuf buf, int ip, int tcp) {
    Direction old = directions.get(key(buf, ip, tcp, true));
    int iss = TcpHeader.seq(buf, tcp);
    if (old != null && old.iss == iss) {
      return; // the same SYN again
    }
    if (old != null) {
      directions.remove(key(buf, ip, tcp, false)); // the ports are used again
    }
    TcpOption.parse(
        buf,
        tcp + TcpHeader.HEADER_LENGTH,
        TcpHeader.dataOffset(buf, tcp) - TcpHeader.HEADER_LENGTH,
        options);
    directions.put(key(buf, ip, tcp, true).copy(), new Direction(iss, options.windowScale()));
  }

  private static @Nullable String acknowledgment(
      ByteBuf buf, int tcp, Direction own, Direction peer) {
    int ack = TcpHeader.ack(buf, tcp);
    boolean isSyn = (TcpHeader.flags(buf, tcp) & TcpHeader.SYN) != 0;
    boolean isScaled = own.scale != NO_SCALE && peer.scale != NO_SCALE && !isSyn;
    int edge = ack + (TcpHeader.window(buf, tcp) << (isScaled ? own.scale : 0));
    if (own.hasAcked) {
      if (ack - own.acked < 0) {
        return "ACK %d after ACK %d".formatted(ack - peer.iss, own.acked - peer.iss);
      }
      if (edge - own.edge < 0) {
        return "the window's right edge moves left, from %d to %d"
            .formatted(own.edge - peer.iss, edge - peer.iss);
      }
    }
    own.hasAcked = true;
    own.acked = ack;
    own.edge = edge;
    return ack - peer.sentTo > 0
        ? "ACK %d of what was never sent, which ends at %d"
            .formatted(ack - peer.iss, peer.sentTo - peer.iss)
        : null;
  }

  private static @Nullable String text(
      ByteBuf buf, int ip, int tcp, Direction own, Direction peer) {
    int seq = TcpHeader.seq(buf, tcp);
    int length = ip + Ipv4.totalLength(buf, ip) - tcp - TcpHeader.dataOffset(buf, tcp);
    int fin = (TcpHeader.flags(buf, tcp) & TcpHeader.FIN) != 0 ? 1 : 0;
    int end = seq + length + fin;
    if (end - own.sentTo > 0) {
      own.sentTo = end;
    }
    if (length > 0 && peer.hasAcked && end - peer.edge > 1) {
      return "text up to %d, beyond the peer's window, which ends at %d"
          .formatted(end - own.iss, peer.edge - own.iss);
    }
    return null;
  }
}
