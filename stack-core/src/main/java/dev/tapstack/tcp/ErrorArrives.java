package dev.tapstack.tcp;

import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.QuotedPacket;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpState;
import dev.tapstack.wire.TcpHeader;
import io.netty.buffer.ByteBuf;

/**
 * An ICMP error about a segment of ours (RFC 9293 3.9.2.2), believed as far as RFC 5927 allows. The
 * loop's thread only.
 */
final class ErrorArrives {
  private final TcpLayer layer;

  ErrorArrives(TcpLayer layer) {
    this.layer = layer;
  }

  /** See {@link dev.tapstack.ip.TransportProtocol#error}. */
  boolean arrives(IcmpError kind, QuotedPacket about) {
    ByteBuf buf = about.buf();
    int at = about.transport();
    Tcb tcb =
        layer
            .demux()
            .find(
                about.sourceHi(),
                about.sourceLo(),
                TcpHeader.sourcePort(buf, at),
                about.destinationHi(),
                about.destinationLo(),
                TcpHeader.destinationPort(buf, at));
    if (tcb == null) {
      return false;
    }
    // RFC 5927 4.1: only about a segment that is in flight.
    int seq = TcpHeader.seq(buf, at);
    if (!Seq.leq(tcb.sndUna, seq) || !Seq.lt(seq, tcb.sndMax)) {
      return false;
    }
    switch (kind) {
      case TOO_BIG -> {
        return layer.pathMtu().tooBig(tcb, about.mtu(), seq);
      }
      case PORT_UNREACHABLE, PROTOCOL_UNREACHABLE -> {
        if (tcb.state() == TcpState.SYN_SENT) {
          // Hard, RFC 9293 3.9.2.2; RFC 5927 5.2 limits it to this.
          layer.finish(tcb, CloseReason.PORT_UNREACHABLE);
        } else {
          tcb.softError = CloseReason.PORT_UNREACHABLE;
        }
      }
      case NET_UNREACHABLE -> tcb.softError = CloseReason.NET_UNREACHABLE;
      // Soft, MUST-56: remembered as the reason, should TCP give up.
      default -> tcb.softError = CloseReason.HOST_UNREACHABLE;
    }
    return true;
  }
}
