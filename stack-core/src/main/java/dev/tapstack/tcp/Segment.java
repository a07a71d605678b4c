package dev.tapstack.tcp;

import dev.tapstack.packet.Packet;
import dev.tapstack.wire.TcpHeader;
import dev.tapstack.wire.TcpOption;
import dev.tapstack.wire.TcpOptionSet;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The segment that is being processed, in the RFC's words: SEG.SEQ, SEG.ACK, SEG.LEN, SEG.WND. One
 * instance is filled again for each packet; valid until the call returns. Trimming to the window
 * changes these fields, not the packet.
 */
final class Segment {
  private @Nullable Packet packet;
  int sourcePort;
  int destinationPort;
  int seq;
  int ack;
  int flags;

  private boolean isPureAck;
  private int windowField;
  private boolean isWindowScaled;

  /** Absolute index and length of the text in the packet's buffer. */
  int textIndex;

  int textLength;
  final TcpOptionSet options = new TcpOptionSet();

  /**
   * Fills this from a packet whose header length has been checked; false if the options are
   * malformed.
   */
  boolean parse(Packet from) {
    packet = from;
    ByteBuf buf = from.buf();
    int at = from.transport();
    int headerLength = TcpHeader.dataOffset(buf, at);
    sourcePort = TcpHeader.sourcePort(buf, at);
    destinationPort = TcpHeader.destinationPort(buf, at);
    seq = TcpHeader.seq(buf, at);
    ack = TcpHeader.ack(buf, at);
    flags = TcpHeader.flags(buf, at);
    windowField = TcpHeader.window(buf, at);
    isWindowScaled = !isSyn();
    textIndex = at + headerLength;
    textLength = from.end() - textIndex;
    isPureAck = len() == 0;
    options.clear();
    return headerLength == TcpHeader.HEADER_LENGTH
        || TcpOption.parse(
            buf, at + TcpHeader.HEADER_LENGTH, headerLength - TcpHeader.HEADER_LENGTH, options);
  }

  Packet packet() {
    Packet known = packet;
    assert known != null;
    return known;
  }

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  boolean isSyn() {
    return has(TcpHeader.SYN);
  }

  boolean isAck() {
    return has(TcpHeader.ACK);
  }

  boolean isRst() {
    return has(TcpHeader.RST);
  }

  boolean isFin() {
    return has(TcpHeader.FIN);
  }

  /** Whether it came without text, SYN and FIN; trimming does not make it so. */
  boolean isPureAck() {
    return isPureAck;
  }

  /**
   * SEG.WND in bytes, of a peer that scales by {@code shift}; never that of a SYN (RFC 7323 2.2).
   */
  long wnd(int shift) {
    return isWindowScaled ? (long) windowField << shift : windowField;
  }

  /** SEG.LEN: text, and one each for SYN and FIN (RFC 9293 3.4). */
  int len() {
    return textLength + (isSyn() ? 1 : 0) + (isFin() ? 1 : 0);
  }

  /** The sequence number behind the segment: SEG.SEQ + SEG.LEN. */
  int end() {
    return seq + len();
  }

  /** Cuts off {@code bytes} sequence numbers in front: the SYN first, then text. */
  void trimFront(int bytes) {
    int left = bytes;
    if (left > 0 && isSyn()) {
      flags &= ~TcpHeader.SYN;
      seq++;
      left--;
    }
    seq += left;
    int text = Math.min(left, textLength);
    textIndex += text;
    textLength -= text;
    if (left > text) {
      flags &= ~TcpHeader.FIN;
    }
  }

  /** Cuts off {@code bytes} sequence numbers at the end: the FIN first, then text. */
  void trimBack(int bytes) {
    int left = bytes;
    if (left > 0 && isFin()) {
      flags &= ~TcpHeader.FIN;
      left--;
    }
    textLength -= left;
  }
}
