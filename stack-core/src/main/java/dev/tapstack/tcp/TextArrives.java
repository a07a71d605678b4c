package dev.tapstack.tcp;

import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpState;
import dev.tapstack.stats.DropReason;
import io.netty.buffer.ByteBuf;

/**
 * The seventh and eighth steps of RFC 9293 3.10.7.4: the segment's text and its FIN. Both are taken
 * into account before the application is called, once, so that it sees text and end of input
 * together. The loop's thread only.
 */
final class TextArrives {
  private final TcpLayer layer;

  TextArrives(TcpLayer layer) {
    this.layer = layer;
  }

  void seventhAndEighth(Tcb tcb, Segment seg) {
    if (tcb.state() == TcpState.TIME_WAIT || seg.len() == 0) {
      return;
    }
    if (tcb.mayReceive()) {
      if (tcb.isAppClosed && seg.textLength > 0) {
        afterClose(tcb, seg);
        return;
      }
      boolean isInGap = !tcb.receiveBuffer.ranges().isEmpty() && seg.seq == tcb.rcvNxt;
      boolean isLent = seg.textLength > 0 && text(tcb, seg);
      fin(tcb, seg);
      if (isInGap) {
        layer.ackPolicy().now(tcb); // tells also of a FIN that the gap held back
      }
      layer.upcalls().readable(tcb);
      if (isLent) {
        tcb.receiveBuffer.endLending();
      }
    }
  }

  /** RFC 1122 4.2.2.13: data that nobody will read means that the peer must learn of its loss. */
  private void afterClose(Tcb tcb, Segment seg) {
    layer.drop(seg, DropReason.TCP_AFTER_CLOSE);
    layer.abort(tcb, CloseReason.ABORTED);
  }

  /** Takes the text; returns whether it is only lent to the application. */
  private boolean text(Tcb tcb, Segment seg) {
    ReceiveBuffer buffer = tcb.receiveBuffer;
    ByteBuf from = seg.packet().buf();
    int distance = seg.seq - tcb.rcvNxt;
    if (distance + seg.textLength > tcb.receiveMemory()) {
      layer.ackPolicy().now(tcb);
      layer.drop(seg, DropReason.TCP_RECEIVE_MEMORY);
      seg.trimBack(seg.len());
      return false;
    }
    if (distance > 0) {
      outOfOrder(tcb, seg, from, distance);
      return false;
    }
    layer.ackPolicy().beforeInOrder(tcb);
    boolean isLent = buffer.canLend() && tcb.handler != null && !tcb.isInHandler;
    int before = tcb.rcvNxt;
    if (isLent) {
      tcb.rcvNxt += seg.textLength;
      buffer.lend(from, seg.textIndex, seg.textLength);
    } else {
      tcb.rcvNxt = buffer.append(from, seg.textIndex, seg.textLength, tcb.rcvNxt);
    }
    tcb.bytesReceived += tcb.rcvNxt - before;
    tcb.hasUnseenInput = true;
    layer.ackPolicy().inOrder(tcb, tcb.rcvNxt - before);
    return isLent;
  }

  private void outOfOrder(Tcb tcb, Segment seg, ByteBuf from, int distance) {
    layer.counters().increment(TcpCounter.OUT_OF_ORDER_IN);
    boolean isKept =
        !layer.chunks().isUnderPressure()
            && tcb.receiveBuffer.insert(from, seg.textIndex, seg.textLength, tcb.rcvNxt, distance);
    layer.ackPolicy().now(tcb);
    if (!isKept) {
      layer.drop(seg, DropReason.TCP_RECEIVE_MEMORY);
      seg.trimBack(seg.len());
    }
  }

  private void fin(Tcb tcb, Segment seg) {
    if (seg.isFin()) {
      tcb.hasEarlyFin = true;
      tcb.earlyFinSeq = seg.seq + seg.textLength;
    }
    if (!tcb.hasEarlyFin || tcb.earlyFinSeq != tcb.rcvNxt || tcb.isFinReceived) {
      if (seg.isFin() && seg.textLength == 0) {
        layer.ackPolicy().now(tcb); // a FIN beyond a gap
      }
      return;
    }
    tcb.isFinReceived = true;
    tcb.hasUnseenInput = true;
    tcb.rcvNxt++;
    tcb.rcvAdv = Seq.max(tcb.rcvAdv, tcb.rcvNxt);
    layer.ackPolicy().atTurnEnd(tcb);
    switch (tcb.state()) {
      case ESTABLISHED -> tcb.enter(TcpState.CLOSE_WAIT);
      case FIN_WAIT_1 ->
          tcb.enter(TcpState.CLOSING); // had our FIN been acknowledged, it were FIN-WAIT-2
      case FIN_WAIT_2 -> layer.enterTimeWait(tcb);
      default -> {}
    }
  }
}
