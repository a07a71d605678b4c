package dev.tapstack.wire;

import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
 *
 * <p>A sum under way is a {@code long} that is congruent to the sum of big-endian words of 16 bits;
 * it is folded once, at the end, by {@link #finish} or {@link #fold}. Sums are added with {@code
 * +}; there is room for 2^31 words. A checksum is its 16 bits in an {@code int}.
 *
 * <p>Static and without state: called from any thread that owns the buffers.
 */
public final class Checksum {
  /**
   * From this length on, the buffer's NIO view is summed: there are two kinds of those and many of
   * ByteBuf, and with three kinds met in one run a loop over ByteBuf was measured at a fifth of the
   * speed. Below, getting the view costs more than it saves. A slice makes an object for its view;
   * all other buffers keep theirs.
   */
  private static final int NIO_THRESHOLD_BYTES = 64;

  /**
   * Eight bytes at a time in the machine's order: such a loop is compiled to vector instructions,
   * one that turns each word is not (measured for 1448 bytes: 46 ns against 258 ns). Nor is one
   * that meets more than one kind of memory, so each has its own.
   */
  private static final VarHandle DIRECT_LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private static final VarHandle HEAP_LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private static final boolean IS_LITTLE_ENDIAN =
      ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

  private static final long LOW_32 = 0xffff_ffffL;

  private Checksum() {}

  /**
   * Sum of {@code length} bytes at {@code offset}; an odd last byte counts as its word's high byte.
   */
  public static long sum(ByteBuf buf, int offset, int length) {
    if (length >= NIO_THRESHOLD_BYTES && buf.nioBufferCount() == 1) {
      return sumNio(buf.internalNioBuffer(offset, length), length);
    }
    long sum = 0;
    int at = offset;
    int end = offset + length;
    for (; at <= end - 4; at += 4) {
      sum += buf.getUnsignedInt(at);
    }
    if (at <= end - 2) {
      sum += buf.getUnsignedShort(at);
      at += 2;
    }
    if (at < end) {
      sum += buf.getUnsignedByte(at) << 8;
    }
    return sum;
  }

  /** Sum of eight bytes that were read in network byte order. */
  public static long sum(long bytes) {
    return (bytes >>> 32) + (bytes & LOW_32);
  }

  /** Sum of four bytes that were read in network byte order. */
  public static long sum(int bytes) {
    return bytes & LOW_32;
  }

  /** {@code partial} and the sum of a piece that begins at an even offset of the whole. */
  public static long sum(long partial, ByteBuf buf, int offset, int length) {
    return partial + sum(buf, offset, length);
  }

  /**
   * {@code partial} and the sum of a piece of a scattered whole. A piece that begins at an odd
   * offset has its bytes in the other halves of the words; the sum is swapped to match (RFC 1071 2
   * (B)).
   *
   * @param position where in the whole the piece begins; only its parity counts
   */
  public static long sumPiece(long partial, int position, ByteBuf buf, int offset, int length) {
    long sum = sum(buf, offset, length);
    return partial + ((position & 1) == 0 ? sum : swap(fold(sum)));
  }

  private static long sumNio(ByteBuffer nio, int length) {
    int at = nio.position();
    int end = at + length;
    int longs = length & -Long.BYTES;
    long sum =
        nio.hasArray()
            ? sumHeap(nio.array(), nio.arrayOffset() + at, longs)
            : sumDirect(nio, at, longs);
    if (IS_LITTLE_ENDIAN) {
      sum = swap(fold(sum)); // the sum of turned words is the turned sum: RFC 1071 2 (B)
    }
    for (at += longs; at <= end - 2; at += 2) {
      sum += nio.getShort(at) & 0xffff;
    }
    if (at < end) {
      sum += (nio.get(at) & 0xff) << 8;
    }
    return sum;
  }

  private static long sumDirect(ByteBuffer nio, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, nio.limit()); // once, not in each round
    long sum = 0;
    for (int i = 0; i < length; i += Long.BYTES) {
      long word = (long) DIRECT_LONG.get(nio, offset + i);
      sum += (word & LOW_32) + (word >>> 32);
    }
    return sum;
  }

  private static long sumHeap(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    long sum = 0;
    for (int i = 0; i < length; i += Long.BYTES) {
      long word = (long) HEAP_LONG.get(bytes, offset + i);
      sum += (word & LOW_32) + (word >>> 32);
    }
    return sum;
  }

  /** The one's complement sum in 16 bits, not complemented. */
  public static int fold(long sum) {
    long folded = (sum & LOW_32) + (sum >>> 32);
    folded = (folded & 0xffff) + (folded >>> 16);
    folded = (folded & 0xffff) + (folded >>> 16);
    return (int) ((folded & 0xffff) + (folded >>> 16));
  }

  /** The checksum of a sum: folded and complemented, as it goes into a header. */
  public static int finish(long sum) {
    return ~fold(sum) & 0xffff;
  }

  /** As {@link #finish}, with 0 sent as 0xffff, because 0 says that there is none (RFC 768). */
  public static int finishUdp(long sum) {
    int checksum = finish(sum);
    return checksum == 0 ? 0xffff : checksum;
  }

  /** True if the bytes, their checksum field included, have a right checksum. */
  public static boolean verify(ByteBuf buf, int offset, int length) {
    return isValid(sum(buf, offset, length));
  }

  /** As {@link #verify(ByteBuf, int, int)}, with a pseudo-header or earlier piece in the sum. */
  public static boolean verify(long partial, ByteBuf buf, int offset, int length) {
    return isValid(partial + sum(buf, offset, length));
  }

  /**
   * True if a sum over a whole, its checksum field included, comes to the all-ones of RFC 1071 1.
   */
  public static boolean isValid(long sum) {
    return fold(sum) == 0xffff;
  }

  /**
   * Sum of the pseudo-header of IPv4 (RFC 9293 3.1, RFC 768).
   *
   * @param length transport header and data, in bytes
   */
  public static long pseudoHeader(int source, int destination, int protocol, int length) {
    return (source & LOW_32) + (destination & LOW_32) + protocol + length;
  }

  /**
   * Sum of the pseudo-header of IPv6 (RFC 8200 8.1), each address as its high and low eight bytes.
   * IPv4 addresses in their IPv4-mapped form give an equal sum after folding as the IPv4 variant.
   *
   * @param length transport header and data, in bytes
   */
  public static long pseudoHeader(
      long sourceHigh,
      long sourceLow,
      long destinationHigh,
      long destinationLow,
      int nextHeader,
      int length) {
    return sum(sourceHigh)
        + sum(sourceLow)
        + sum(destinationHigh)
        + sum(destinationLow)
        + nextHeader
        + length;
  }

  /** The checksum after a 16-bit word under it changed (RFC 1624 3, equation 3). */
  public static int update16(int checksum, int oldWord, int newWord) {
    return update(checksum, change16(oldWord, newWord));
  }

  /** The checksum after an aligned 32-bit word under it changed (RFC 1624 3, equation 3). */
  public static int update32(int checksum, int oldWord, int newWord) {
    return update(checksum, change32(oldWord, newWord));
  }

  /** What a changed 16-bit word adds to a sum: changes are added up for {@link #update}. */
  public static long change16(int oldWord, int newWord) {
    return (~oldWord & 0xffff) + (newWord & 0xffff);
  }

  /** What an aligned 32-bit word adds to a sum by changing. */
  public static long change32(int oldWord, int newWord) {
    return (~oldWord & LOW_32) + (newWord & LOW_32);
  }

  /** The checksum after what lies under it changed by {@code change} (RFC 1624 3, equation 3). */
  public static int update(int checksum, long change) {
    return finish((~checksum & 0xffffL) + change);
  }

  private static int swap(int word) {
    return (word << 8 | word >>> 8) & 0xffff;
  }
}
