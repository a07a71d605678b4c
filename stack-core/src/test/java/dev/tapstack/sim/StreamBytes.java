package dev.tapstack.sim;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.SplittableRandom;

/**
 * An endless stream of known bytes, of which a byte missing, doubled or out of place shows at once:
 * random data, begun at a place of its own.
 */
final class StreamBytes {
  /** Not a multiple of anything that a stack counts in. */
  private static final byte[] DATA = new byte[(2 << 20) + 13];

  static {
    new SplittableRandom(1).nextBytes(DATA);
  }

  /** Without leak detection, which would follow each of a million slices. */
  private static final ByteBuf BUF =
      new UnpooledByteBufAllocator(true, true).directBuffer(DATA.length).writeBytes(DATA);

  private final int start;

  StreamBytes(long start) {
    this.start = (int) Math.floorMod(start, (long) DATA.length);
  }

  private int indexOf(long position) {
    return (int) ((start + position) % DATA.length);
  }

  /** The bytes from {@code position} on, {@code length} or fewer of them: a view, at least one. */
  ByteBuf slice(long position, long length) {
    int index = indexOf(position);
    return BUF.slice(index, (int) Math.min(length, DATA.length - index));
  }

  /**
   * Whether {@code length} bytes of {@code buf} at {@code index} are those from {@code position}.
   */
  boolean matches(long position, ByteBuf buf, int index, int length) {
    ByteBuf view =
        buf.slice(index, length); // equals() goes by the writer index, which may mean nothing
    int done = 0;
    while (done < length) {
      int from = indexOf(position + done);
      int part = Math.min(length - done, DATA.length - from);
      if (!ByteBufUtil.equals(BUF, from, view, done, part)) {
        return false;
      }
      done += part;
    }
    return true;
  }

  /** How many bits of {@code length} bytes of {@code buf} at {@code index} are not as they were. */
  int damagedBits(long position, ByteBuf buf, int index, int length) {
    int bits = 0;
    for (int i = 0; i < length; i++) {
      bits +=
          Integer.bitCount((buf.getByte(index + i) ^ BUF.getByte(indexOf(position + i))) & 0xff);
    }
    return bits;
  }
}
