package dev.tapstack.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link Checksum} against the RFCs' examples and against a sum of one 16-bit word at a time. */
class ChecksumTest {
  /** Word by word with the carry added back at once: RFC 1071 1, as it is written there. */
  private static int naive(byte[] bytes, int offset, int length) {
    int sum = 0;
    for (int i = 0; i < length; i += 2) {
      int high = bytes[offset + i] & 0xff;
      int low = i + 1 < length ? bytes[offset + i + 1] & 0xff : 0;
      sum += high << 8 | low;
      if (sum > 0xffff) {
        sum -= 0xffff;
      }
    }
    return sum;
  }

  private static byte[] randomBytes(long seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  enum Memory {
    HEAP,
    DIRECT,
    POOLED,
    SLICE,
    COMPOSITE;

    ByteBuf holding(byte[] bytes) {
      return switch (this) {
        case HEAP -> Unpooled.wrappedBuffer(bytes);
        case DIRECT -> Unpooled.directBuffer(bytes.length + 1).writeBytes(bytes);
        case POOLED -> PooledByteBufAllocator.DEFAULT.directBuffer(4096).writeBytes(bytes);
        case SLICE ->
            Unpooled.directBuffer().writeLong(-1).writeBytes(bytes).slice(8, bytes.length);
        case COMPOSITE -> {
          CompositeByteBuf all = Unpooled.compositeBuffer();
          for (int at = 0; at < bytes.length; at += 7) {
            int part = Math.min(7, bytes.length - at);
            all.addComponent(true, Unpooled.copiedBuffer(bytes, at, part));
          }
          yield all;
        }
      };
    }
  }

  @Test
  void exampleOfRfc1071() {
    ByteBuf buf = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump("0001f203f4f5f6f7"));
    assertEquals(0xddf2, Checksum.fold(Checksum.sum(buf, 0, 8)));
    assertEquals(0x220d, Checksum.finish(Checksum.sum(buf, 0, 8)));
  }

  @Test
  void exampleOfRfc1624() {
    assertEquals(0x0000, Checksum.update16(0xdd2f, 0x5555, 0x3285));
  }

  @ParameterizedTest
  @EnumSource(Memory.class)
  void equalsTheNaiveSumAtEveryOffsetAndLength(Memory memory) {
    byte[] bytes = randomBytes(3, 300);
    ByteBuf buf = memory.holding(bytes);
    for (int offset = 0; offset < 9; offset++) {
      for (int length = 0; length <= 290; length++) {
        assertEquals(
            naive(bytes, offset, length),
            Checksum.fold(Checksum.sum(buf, offset, length)),
            offset + "+" + length);
      }
    }
    buf.release();
  }

  @ParameterizedTest
  @ValueSource(ints = {1459, 1460, 9000, 65_535})
  void equalsTheNaiveSumOfLongRanges(int length) {
    for (int seed = 0; seed < 20; seed++) {
      byte[] bytes = randomBytes(seed, length);
      assertEquals(
          naive(bytes, 0, length),
          Checksum.fold(Checksum.sum(Unpooled.wrappedBuffer(bytes), 0, length)));
    }
    byte[] ones = new byte[length];
    java.util.Arrays.fill(ones, (byte) 0xff);
    assertEquals(
        naive(ones, 0, length),
        Checksum.fold(Checksum.sum(Unpooled.wrappedBuffer(ones), 0, length)));
  }

  @Test
  void piecesOfAnyLengthsGiveTheSumOfTheWhole() {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      byte[] bytes = randomBytes(seed, 1 + random.nextInt(2000));
      ByteBuf buf = Unpooled.wrappedBuffer(bytes);
      long sum = 0;
      int at = 0;
      while (at < bytes.length) {
        int piece = Math.min(bytes.length - at, random.nextInt(200));
        ByteBuf elsewhere =
            Unpooled.directBuffer(piece + 1).writeByte(0).writeBytes(buf, at, piece);
        sum = Checksum.sumPiece(sum, at, elsewhere, 1, piece);
        elsewhere.release();
        at += piece;
      }
      assertEquals(naive(bytes, 0, bytes.length), Checksum.fold(sum), "seed " + seed);
    }
  }

  @Test
  void doesNotTouchTheIndices() {
    ByteBuf buf = Unpooled.buffer(200).writerIndex(9).readerIndex(5);
    long sum = Checksum.sum(7, buf, 0, 200);
    assertEquals(5, buf.readerIndex());
    assertEquals(9, buf.writerIndex());
    assertEquals(7, sum);
  }

  @Test
  void foldTakesSumsOfAnySize() {
    assertEquals(0xffff, Checksum.fold(0xffff_ffffL));
    assertEquals(1, Checksum.fold(0x1_0000_0000L));
    assertEquals(0xffff, Checksum.fold(-1L));
    assertEquals(0xffff, Checksum.fold(0x7fff_ffff_0000_0000L + 0x8000_0000L));
    assertEquals(0, Checksum.fold(0));
  }

  @Test
  void udpSendsZeroAsAllOnes() {
    assertEquals(0xffff, Checksum.finishUdp(0xffff));
    assertEquals(0x0001, Checksum.finishUdp(0xfffe));
    assertEquals(0xffff, Checksum.finishUdp(0));
  }

  @Test
  void verifyNoticesEveryFlippedBit() {
    byte[] header = ByteBufUtil.decodeHexDump("4500007300004000" + "4011b861c0a80001c0a800c7");
    ByteBuf buf = Unpooled.wrappedBuffer(header);
    assertTrue(Checksum.verify(buf, 0, 20));
    for (int bit = 0; bit < 160; bit++) {
      buf.setByte(bit / 8, buf.getByte(bit / 8) ^ 1 << bit % 8);
      assertFalse(Checksum.verify(buf, 0, 20), "bit " + bit);
      buf.setByte(bit / 8, buf.getByte(bit / 8) ^ 1 << bit % 8);
    }
  }

  @Test
  void pseudoHeadersAreTheirBytesSummed() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int length = random.nextInt(65_536);
      ByteBuf v4 = Unpooled.buffer().writeInt(random.nextInt()).writeInt(random.nextInt());
      v4.writeByte(0).writeByte(17).writeShort(length);
      assertEquals(
          naive(v4.array(), 0, 12),
          Checksum.fold(Checksum.pseudoHeader(v4.getInt(0), v4.getInt(4), 17, length)));

      ByteBuf v6 = Unpooled.buffer();
      for (int i = 0; i < 4; i++) {
        v6.writeLong(random.nextLong());
      }
      v6.writeInt(length * 1000).writeInt(6);
      assertEquals(
          naive(v6.array(), 0, 40),
          Checksum.fold(
              Checksum.pseudoHeader(
                  v6.getLong(0), v6.getLong(8), v6.getLong(16), v6.getLong(24), 6, length * 1000)));
    }
  }

  @Test
  void mappedAddressesSumAsIpv4Addresses() {
    long mapped = 0x0000_ffff_0000_0000L;
    long v4 = Checksum.pseudoHeader(0xc0a80001, 0x0a0000fe, 6, 1480);
    long v6 = Checksum.pseudoHeader(0, mapped | 0xc0a80001L, 0, mapped | 0x0a0000feL, 6, 1480);
    assertEquals(
        Checksum.fold(v4), Checksum.fold(v6)); // ones' complement: each 0xffff adds nothing
  }

  @Test
  void incrementalUpdatesEqualRecomputation() {
    for (int seed = 0; seed < 20_000; seed++) {
      Random random = new Random(seed);
      byte[] bytes = randomBytes(seed, 40);
      if (seed % 3 == 0) { // the corners that RFC 1624 was written for
        java.util.Arrays.fill(bytes, (byte) (seed % 2 == 0 ? 0xff : 0));
        bytes[39] = 1;
      }
      ByteBuf buf = Unpooled.wrappedBuffer(bytes);
      int checksum = ~naive(bytes, 0, 40) & 0xffff;
      int at = 2 * random.nextInt(19);
      int oldWord = buf.getInt(at);
      int newWord = random.nextInt(4) == 0 ? -1 : random.nextInt();
      buf.setInt(at, newWord);
      int expected = ~naive(bytes, 0, 40) & 0xffff;
      assertEquals(expected, Checksum.update32(checksum, oldWord, newWord), "seed " + seed);
      int half = Checksum.update16(checksum, oldWord >>> 16, newWord >>> 16);
      assertEquals(expected, Checksum.update16(half, oldWord, newWord), "seed " + seed);
    }
  }
}
