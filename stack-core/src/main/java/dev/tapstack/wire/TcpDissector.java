package dev.tapstack.wire;

import dev.tapstack.wire.Dissection.ChecksumState;
import dev.tapstack.wire.Dissection.Layer;
import io.netty.buffer.ByteBuf;

/** TCP with its options (RFC 9293, 7323, 2018) for {@link Dissector}. */
final class TcpDissector {
  /** As tcpdump writes the control bits, FIN first; "." is ACK. */
  private static final String FLAG_LETTERS = "FSRP.UEW";

  /** What an ICMP error quotes at least (RFC 792): the ports and the sequence number. */
  private static final int QUOTE_LENGTH = 8;

  private TcpDissector() {}

  static void dissect(Dissection into, int at, int end, IpDatagram datagram) {
    ByteBuf frame = into.frame();
    if (end - at < TcpHeader.HEADER_LENGTH) {
      Layer layer = TransportDissector.cutShort(into, "TCP", at, end, datagram);
      if (end - at >= QUOTE_LENGTH) {
        long seq = Integer.toUnsignedLong(TcpHeader.seq(frame, at));
        layer.add("seq", 4, 4, seq);
        into.say(", seq ").say(seq);
      }
      return;
    }
    int dataOffset = TcpHeader.dataOffset(frame, at);
    Layer layer = into.begin("TCP", at, Math.min(dataOffset, end - at));
    addFields(layer, frame, at);
    datagram.sayEndpoints(into, TcpHeader.sourcePort(frame, at), destinationPort(frame, at));
    sayFields(into, frame, at, datagram);
    if (dataOffset < TcpHeader.HEADER_LENGTH || dataOffset > datagram.declaredEnd() - at) {
      into.note(layer, Dissection.BAD_HEADER_LENGTH);
    } else if (dataOffset > end - at) {
      into.truncated(layer);
    } else {
      addOptions(into, layer, frame, at);
      layer.add(
          "payload", dataOffset, end - at - dataOffset, 0, (end - at - dataOffset) + " bytes");
    }
    into.say(", length ").say(Math.max(0, datagram.declaredEnd() - at - dataOffset));
    if (datagram.whole()) {
      long pseudo = datagram.pseudoHeader(Ipv4.PROTOCOL_TCP, end - at);
      into.checksum(layer, Checksum.verify(pseudo, frame, at, end - at));
    } else {
      layer.checksum(ChecksumState.UNCHECKED);
    }
    if (dataOffset >= TcpHeader.HEADER_LENGTH && dataOffset < end - at) {
      HttpDissector.dissect(into, at + dataOffset, end);
    }
  }

  private static int destinationPort(ByteBuf frame, int at) {
    return TcpHeader.destinationPort(frame, at);
  }

  private static void addFields(Layer layer, ByteBuf frame, int at) {
    int flags = TcpHeader.flags(frame, at);
    layer.add("sourcePort", 0, 2, TcpHeader.sourcePort(frame, at));
    layer.add("destinationPort", 2, 2, TcpHeader.destinationPort(frame, at));
    layer.add("seq", 4, 4, Integer.toUnsignedLong(TcpHeader.seq(frame, at)));
    layer.add("ack", 8, 4, Integer.toUnsignedLong(TcpHeader.ack(frame, at)));
    layer.add("dataOffset", 12, 1, TcpHeader.dataOffset(frame, at));
    layer.add("reserved", 12, 1, TcpHeader.reserved(frame, at));
    layer.add("flags", 13, 1, flags, flagsText(flags));
    layer.add("window", 14, 2, TcpHeader.window(frame, at));
    layer.addHex("checksum", 16, 2, TcpHeader.checksum(frame, at));
    layer.add("urgentPointer", 18, 2, TcpHeader.urgentPointer(frame, at));
  }

  private static void sayFields(Dissection into, ByteBuf frame, int at, IpDatagram datagram) {
    int flags = TcpHeader.flags(frame, at);
    int dataLength = datagram.declaredEnd() - at - TcpHeader.dataOffset(frame, at);
    long seq = Integer.toUnsignedLong(TcpHeader.seq(frame, at));
    into.say("Flags [").say(flagsText(flags)).say("], seq ").say(seq);
    if (dataLength > 0) {
      into.say(":").say(seq + dataLength & 0xffff_ffffL);
    }
    if ((flags & TcpHeader.ACK) != 0) {
      into.say(", ack ").say(Integer.toUnsignedLong(TcpHeader.ack(frame, at)));
    }
    into.say(", win ").say(TcpHeader.window(frame, at));
    if ((flags & TcpHeader.URG) != 0) {
      into.say(", urg ").say(TcpHeader.urgentPointer(frame, at));
    }
  }

  private static String flagsText(int flags) {
    StringBuilder text = new StringBuilder();
    for (int bit = 0; bit < FLAG_LETTERS.length(); bit++) {
      if ((flags >>> bit & 1) != 0) {
        text.append(FLAG_LETTERS.charAt(bit));
      }
    }
    return text.isEmpty() ? "none" : text.toString();
  }

  private static void addOptions(Dissection into, Layer layer, ByteBuf frame, int at) {
    int end = at + TcpHeader.dataOffset(frame, at);
    int first = at + TcpHeader.HEADER_LENGTH;
    if (first == end) {
      return;
    }
    into.say(", options [");
    int option = first;
    boolean good = true;
    while (option < end && good) {
      int kind = frame.getUnsignedByte(option);
      boolean single = kind == TcpOption.END || kind == TcpOption.NOP;
      int length = single ? 1 : TcpOption.optionLength(frame, option, end);
      good = length > 0;
      if (good) {
        String text = optionText(frame, option, kind, length);
        layer.add("option", option - at, length, kind, text);
        into.say(option == first ? "" : ",").say(text);
        option = kind == TcpOption.END ? end : option + length;
      }
    }
    into.say("]");
    if (!TcpOption.parse(frame, first, end - first, new TcpOptionSet())) {
      into.note(layer, Dissection.BAD_OPTIONS);
    }
  }

  private static String optionText(ByteBuf frame, int at, int kind, int length) {
    return switch (kind) {
      case TcpOption.END -> "eol";
      case TcpOption.NOP -> "nop";
      case TcpOption.MSS ->
          length == TcpOption.MSS_LENGTH
              ? "mss " + frame.getUnsignedShort(at + 2)
              : unknownText(kind, length);
      case TcpOption.WINDOW_SCALE ->
          length == TcpOption.WINDOW_SCALE_LENGTH
              ? "wscale " + frame.getUnsignedByte(at + 2)
              : unknownText(kind, length);
      case TcpOption.SACK_PERMITTED -> "sackOK";
      case TcpOption.SACK -> sackText(frame, at, length);
      case TcpOption.TIMESTAMPS ->
          length == TcpOption.TIMESTAMPS_LENGTH
              ? "TS val " + frame.getUnsignedInt(at + 2) + " ecr " + frame.getUnsignedInt(at + 6)
              : unknownText(kind, length);
      default -> unknownText(kind, length);
    };
  }

  private static String sackText(ByteBuf frame, int at, int length) {
    StringBuilder text = new StringBuilder("sack");
    int last = at + length - TcpOption.SACK_BLOCK_LENGTH;
    int block = at + TcpOption.SACK_HEADER_LENGTH;
    for (; block <= last; block += TcpOption.SACK_BLOCK_LENGTH) {
      text.append(" {")
          .append(frame.getUnsignedInt(block))
          .append(':')
          .append(frame.getUnsignedInt(block + 4))
          .append('}');
    }
    return text.toString();
  }

  private static String unknownText(int kind, int length) {
    return "option-" + kind + "(" + length + " bytes)";
  }
}
