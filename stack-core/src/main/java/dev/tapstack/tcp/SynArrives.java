package dev.tapstack.tcp;

import dev.tapstack.addr.FlowKey;
import dev.tapstack.packet.Packet;
import dev.tapstack.socket.TcpState;
import dev.tapstack.stats.DropReason;
import org.jspecify.annotations.Nullable;

/**
 * SEGMENT ARRIVES where there is no connection: CLOSED (RFC 9293 3.10.7.1) and LISTEN (3.10.7.2).
 * The loop's thread only.
 */
final class SynArrives {
  private final TcpLayer layer;

  SynArrives(TcpLayer layer) {
    this.layer = layer;
  }

  /** CLOSED: everything but a RST is answered by a RST. */
  void closed(Segment seg) {
    if (!seg.isRst()) {
      layer.writer().resetFor(seg);
    }
    layer.drop(seg, seg.isRst() ? DropReason.TCP_UNACCEPTABLE : DropReason.TCP_PORT_CLOSED);
  }

  /**
   * LISTEN.
   *
   * @param previous a connection in TIME-WAIT whose place this one takes, or null
   */
  void listen(Listener listener, Segment seg, @Nullable Tcb previous) {
    if (seg.isRst()) {
      layer.drop(seg, DropReason.TCP_UNACCEPTABLE);
    } else if (seg.isAck()) {
      layer.writer().resetFor(seg);
      layer.drop(seg, DropReason.TCP_UNACCEPTABLE);
    } else if (!seg.isSyn() || seg.isFin()) {
      layer.drop(seg, seg.isSyn() ? DropReason.TCP_BAD_FLAGS : DropReason.TCP_UNACCEPTABLE);
    } else if (layer.demux().isFull() && previous == null) {
      layer.drop(seg, DropReason.TCP_TABLE_FULL);
    } else {
      open(listener, seg, previous);
    }
  }

  private void open(Listener listener, Segment seg, @Nullable Tcb previous) {
    Packet packet = seg.packet();
    FlowKey key =
        new FlowKey()
            .set(
                TcpLayer.PROTOCOL,
                packet.destinationHi(),
                packet.destinationLo(),
                seg.destinationPort,
                packet.sourceHi(),
                packet.sourceLo(),
                seg.sourcePort);
    Tcb tcb = layer.newTcb(key, listener.options());
    if (previous != null) {
      layer.release(previous);
      // RFC 1122 4.2.2.13: larger than any number that the old connection used.
      tcb.iss = Seq.max(tcb.iss, previous.sndMax + 1);
    }
    tcb.enter(TcpState.SYN_RECEIVED);
    layer.segmentArrives().synchronize(tcb, seg);
    // Text on the SYN is not kept: the peer sends it again (RFC 9293 3.10.7.2 leaves the choice).
    listener.halfOpen(tcb);
    layer.demux().add(tcb);
    layer.startHandshake(tcb);
  }
}
