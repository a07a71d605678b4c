package dev.tapstack.wire;

import io.netty.buffer.ByteBuf;

/**
 * TCP options: the reader for all of them, a writer for each (RFC 9293 3.2, RFC 7323, RFC 2018).
 *
 * <p>Writers write the bare option and return the offset after it; {@link #pad} ends the list.
 * Static and without state: called from any thread that owns the buffer.
 */
public final class TcpOption {
  /** All the room that a header has for options, in bytes. */
  public static final int MAX_LENGTH = TcpHeader.MAX_HEADER_LENGTH - TcpHeader.HEADER_LENGTH;

  /** End of option list (RFC 9293 3.2). */
  public static final int END = 0;

  /** No operation. */
  public static final int NOP = 1;

  /** Maximum segment size. */
  public static final int MSS = 2;

  /** Window scale (RFC 7323 2). */
  public static final int WINDOW_SCALE = 3;

  /** SACK permitted (RFC 2018 2). */
  public static final int SACK_PERMITTED = 4;

  /** SACK blocks (RFC 2018 3). */
  public static final int SACK = 5;

  /** Timestamps (RFC 7323 3). */
  public static final int TIMESTAMPS = 8;

  /** Length of the MSS option, in bytes. */
  public static final int MSS_LENGTH = 4;

  /** Length of the window scale option, in bytes. */
  public static final int WINDOW_SCALE_LENGTH = 3;

  /** Length of the SACK-permitted option, in bytes. */
  public static final int SACK_PERMITTED_LENGTH = 2;

  /** Length of the timestamps option, in bytes. */
  public static final int TIMESTAMPS_LENGTH = 10;

  /** Length of a SACK option without its blocks, in bytes. */
  public static final int SACK_HEADER_LENGTH = 2;

  /** Length of one SACK block, in bytes. */
  public static final int SACK_BLOCK_LENGTH = 8;

  private TcpOption() {}

  /**
   * Reads the list of {@code length} bytes at {@code offset} into {@code into}, which is cleared
   * first. Any bytes are read without an exception in time proportional to the length; unknown
   * kinds are skipped by their length (RFC 9293 3.1, MUST-6). Of an option that stands twice the
   * last counts.
   *
   * @return true if the list kept the rules, that is {@code !into.malformed()}
   */
  public static boolean parse(ByteBuf buf, int offset, int length, TcpOptionSet into) {
    into.clear();
    int end = offset + length;
    int at = offset;
    while (at < end) {
      int kind = buf.getUnsignedByte(at);
      if (kind == END) {
        break;
      }
      if (kind == NOP) {
        at++;
        continue;
      }
      int optionLength = optionLength(buf, at, end);
      if (optionLength < 0) {
        into.foundFault();
        break;
      }
      read(buf, at, kind, optionLength, into);
      at += optionLength;
    }
    return !into.malformed();
  }

  /**
   * Length of the option at {@code offset}, kind and length byte included, in a list that ends
   * before {@code end}; -1 if it is missing, below 2 or past the end. Not for {@link #END} and
   * {@link #NOP}, which have none.
   */
  public static int optionLength(ByteBuf buf, int offset, int end) {
    if (offset + 1 >= end) {
      return -1;
    }
    int length = buf.getUnsignedByte(offset + 1);
    return length < 2 || length > end - offset ? -1 : length;
  }

  private static void read(ByteBuf buf, int at, int kind, int length, TcpOptionSet into) {
    switch (kind) {
      case MSS -> {
        if (length == MSS_LENGTH) {
          into.foundMss(buf.getUnsignedShort(at + 2));
        } else {
          into.foundFault();
        }
      }
      case WINDOW_SCALE -> {
        if (length == WINDOW_SCALE_LENGTH) {
          into.foundWindowScale(buf.getUnsignedByte(at + 2));
        } else {
          into.foundFault();
        }
      }
      case SACK_PERMITTED -> {
        if (length == SACK_PERMITTED_LENGTH) {
          into.foundSackPermitted();
        } else {
          into.foundFault();
        }
      }
      case TIMESTAMPS -> {
        if (length == TIMESTAMPS_LENGTH) {
          into.foundTimestamps(buf.getInt(at + 2), buf.getInt(at + 6));
        } else {
          into.foundFault();
        }
      }
      case SACK -> readSack(buf, at, length, into);
      default -> {}
    }
  }

  private static void readSack(ByteBuf buf, int at, int length, TcpOptionSet into) {
    int bytes = length - SACK_HEADER_LENGTH;
    if (bytes == 0 || bytes % SACK_BLOCK_LENGTH != 0) {
      into.foundFault();
      return;
    }
    int first = at + SACK_HEADER_LENGTH;
    for (int block = first; block < at + length; block += SACK_BLOCK_LENGTH) {
      into.foundSackBlock(buf.getInt(block), buf.getInt(block + 4));
    }
  }

  /** Writes a NOP, one byte, to align what follows. */
  public static int writeNop(ByteBuf buf, int offset) {
    buf.setByte(offset, NOP);
    return offset + 1;
  }

  /** Writes the MSS option: four bytes. */
  public static int writeMss(ByteBuf buf, int offset, int mss) {
    buf.setByte(offset, MSS);
    buf.setByte(offset + 1, MSS_LENGTH);
    buf.setShort(offset + 2, mss);
    return offset + MSS_LENGTH;
  }

  /** Writes the window scale option: three bytes. */
  public static int writeWindowScale(ByteBuf buf, int offset, int shift) {
    buf.setByte(offset, WINDOW_SCALE);
    buf.setByte(offset + 1, WINDOW_SCALE_LENGTH);
    buf.setByte(offset + 2, shift);
    return offset + WINDOW_SCALE_LENGTH;
  }

  /** Writes the SACK-permitted option: two bytes. */
  public static int writeSackPermitted(ByteBuf buf, int offset) {
    buf.setByte(offset, SACK_PERMITTED);
    buf.setByte(offset + 1, SACK_PERMITTED_LENGTH);
    return offset + SACK_PERMITTED_LENGTH;
  }

  /** Writes the timestamps option: ten bytes. */
  public static int writeTimestamps(ByteBuf buf, int offset, int tsVal, int tsEcr) {
    buf.setByte(offset, TIMESTAMPS);
    buf.setByte(offset + 1, TIMESTAMPS_LENGTH);
    buf.setInt(offset + 2, tsVal);
    buf.setInt(offset + 6, tsEcr);
    return offset + TIMESTAMPS_LENGTH;
  }

  /**
   * As {@link #writeTimestamps} behind two NOPs that align it, {@code <nop,nop,TS>}: RFC 7323 A.
   */
  public static int writeAlignedTimestamps(ByteBuf buf, int offset, int tsVal, int tsEcr) {
    buf.setInt(offset, NOP << 24 | NOP << 16 | TIMESTAMPS << 8 | TIMESTAMPS_LENGTH);
    buf.setLong(offset + 4, (long) tsVal << 32 | tsEcr & 0xffff_ffffL);
    return offset + 2 + TIMESTAMPS_LENGTH;
  }

  /** Writes the head of a SACK option of {@code blocks} blocks; {@link #writeSackBlock} follows. */
  public static int writeSackHeader(ByteBuf buf, int offset, int blocks) {
    buf.setByte(offset, SACK);
    buf.setByte(offset + 1, SACK_HEADER_LENGTH + blocks * SACK_BLOCK_LENGTH);
    return offset + SACK_HEADER_LENGTH;
  }

  /** Writes one SACK block: eight bytes. */
  public static int writeSackBlock(ByteBuf buf, int offset, int leftEdge, int rightEdge) {
    buf.setInt(offset, leftEdge);
    buf.setInt(offset + 4, rightEdge);
    return offset + SACK_BLOCK_LENGTH;
  }

  /**
   * Fills a list that began at {@code start} and ends before {@code offset} with end-of-list bytes
   * up to a multiple of four, as RFC 9293 3.1 wants of the padding.
   *
   * @return the offset after the padding
   */
  public static int pad(ByteBuf buf, int start, int offset) {
    int at = offset;
    while ((at - start & 3) != 0) {
      buf.setByte(at++, END);
    }
    return at;
  }
}
