package dev.tapstack.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link PcapWriter} and {@link PcapReader}: golden bytes, both byte orders, damaged files. */
class PcapTest {
  private static final String NANO_HEADER =
      "4d3cb2a1" + "0200" + "0400" + "00000000" + "00000000" + "00000400" + "01000000";
  private static final String MICRO_HEADER_BIG_ENDIAN =
      "a1b2c3d4" + "0002" + "0004" + "00000000" + "00000000" + "0000ffff" + "00000001";
  private static final long TIME = 1_700_000_000_123_456_789L;

  private static PcapReader reader(String hex) throws IOException {
    return new PcapReader(new ByteArrayInputStream(ByteBufUtil.decodeHexDump(hex)));
  }

  @Test
  void writesTheFormatOfTheDraft() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (PcapWriter writer = new PcapWriter(Channels.newChannel(out))) {
      writer.write(TIME, Unpooled.wrappedBuffer(new byte[] {9, 1, 2, 3}), 1, 3);
    }
    assertEquals(
        NANO_HEADER + "00f15365" + "15cd5b07" + "03000000" + "03000000" + "010203",
        ByteBufUtil.hexDump(out.toByteArray()));
  }

  @Test
  void readsTheOtherByteOrderAndResolution() throws IOException {
    try (PcapReader reader =
        reader(
            MICRO_HEADER_BIG_ENDIAN
                + ("6553f100" + "0001e240" + "00000002" + "00000005" + "aabb")
                + ("6553f101" + "00000000" + "00000000" + "00000001"))) {
      assertEquals(PcapFile.Resolution.MICROS, reader.resolution());
      assertTrue(reader.next());
      assertEquals(1_700_000_000_123_456_000L, reader.epochNanos());
      assertEquals(2, reader.length());
      assertEquals(5, reader.originalLength());
      assertEquals("aabb", ByteBufUtil.hexDump(reader.frame(), 0, reader.length()));
      assertTrue(reader.next());
      assertEquals(0, reader.length());
      assertFalse(reader.next());
      assertEquals(Optional.empty(), reader.truncation());
      assertEquals(2, reader.count());
    }
  }

  @ParameterizedTest
  @EnumSource(PcapFile.Resolution.class)
  void framesOfAnySizeInPiecesComeBack(PcapFile.Resolution resolution) throws IOException {
    int snapLength = 60_000;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (PcapWriter writer = new PcapWriter(Channels.newChannel(out), resolution, snapLength)) {
      for (int seed = 0; seed < 300; seed++) {
        byte[] frame = frame(seed);
        ByteBuf buf = Unpooled.directBuffer().writeBytes(frame);
        writer.begin(time(seed), frame.length);
        int cut = new Random(seed).nextInt(frame.length + 1);
        writer.piece(buf, 0, cut);
        writer.piece(buf, cut, frame.length - cut);
        buf.release();
      }
    }
    try (PcapReader reader = new PcapReader(new ByteArrayInputStream(out.toByteArray()))) {
      assertEquals(resolution, reader.resolution());
      for (int seed = 0; seed < 300; seed++) {
        assertTrue(reader.next());
        byte[] frame = frame(seed);
        int kept = Math.min(frame.length, snapLength);
        assertEquals(frame.length, reader.originalLength());
        assertEquals(kept, reader.length());
        assertEquals(
            Unpooled.wrappedBuffer(frame, 0, kept), reader.frame().slice(0, reader.length()));
        long unit = resolution == PcapFile.Resolution.NANOS ? 1 : 1000;
        assertEquals(time(seed) / unit * unit, reader.epochNanos());
      }
      assertFalse(reader.next());
    }
  }

  private static byte[] frame(int seed) {
    Random random = new Random(seed);
    byte[] frame = new byte[random.nextInt(seed % 10 == 0 ? 66_000 : 1600)];
    random.nextBytes(frame);
    return frame;
  }

  /** Beyond 2038 too: seconds are unsigned. */
  private static long time(int seed) {
    return TIME + seed * 8_000_000_123_456_789L;
  }

  @Test
  void flushHandsOverWhatWasWritten() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (PcapWriter writer = new PcapWriter(Channels.newChannel(out))) {
      writer.write(TIME, Unpooled.wrappedBuffer(new byte[20]), 0, 20);
      assertEquals(0, out.size());
      writer.flush();
      assertEquals(24 + 16 + 20, out.size());
    }
    assertEquals(24 + 16 + 20, out.size());
  }

  @Test
  void aFileThatEndsWithinARecordIsReported() throws IOException {
    String record = "00f15365" + "15cd5b07" + "04000000" + "04000000" + "01020304";
    String all = NANO_HEADER + record + record;
    for (int length = 24; length <= all.length() / 2; length++) {
      PcapReader reader = reader(all.substring(0, 2 * length));
      int whole = (length - 24) / 20;
      for (int i = 0; i < whole; i++) {
        assertTrue(reader.next());
      }
      assertFalse(reader.next());
      assertFalse(reader.next());
      assertEquals((length - 24) % 20 != 0, reader.truncation().isPresent(), "length " + length);
      assertEquals(whole, reader.count());
    }
    PcapReader reader = reader(all.substring(0, all.length() - 2));
    reader.next();
    reader.next();
    assertEquals(
        Optional.of("the file ends within record 2 at byte 44: 19 of its 20 bytes are there"),
        reader.truncation());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4d3cb2a1 | no pcap file: 4 bytes, its header alone has 24",
        "0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff | a pcapng file: convert it with editcap"
            + " -F pcap IN OUT",
        "474554202f20485454502f312e310d0a486f73743a20780d | no pcap file: it begins with 0x47455420",
        "4d3cb2a1030004000000000000000000ffff000001000000 | pcap format version 3 is not known: 2 is",
        "4d3cb2a1020004000000000000000000ffff000071000000 | link type 113 is not Ethernet (1):"
            + " capture on an Ethernet device",
      })
  void otherFilesAreRefused(String hex, String message) {
    IOException refused = assertThrows(PcapReader.FormatException.class, () -> reader(hex));
    assertEquals(message, refused.getMessage());
  }

  @Test
  void aRecordOfImpossibleLengthIsRefused() throws IOException {
    PcapReader reader = reader(NANO_HEADER + "0000000000000000" + "ffffffff" + "ffffffff");
    IOException refused = assertThrows(PcapReader.FormatException.class, reader::next);
    assertEquals(
        "record 1 at byte 24 claims 4294967295 captured bytes: the file is damaged there",
        refused.getMessage());
  }

  @Test
  void snapLengthsOutOfRangeAreRefused() {
    PcapFile.Resolution nanos = PcapFile.Resolution.NANOS;
    for (int bad : new int[] {0, -1, PcapFile.MAX_SNAP_LENGTH + 1}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new PcapWriter(Channels.newChannel(new ByteArrayOutputStream()), nanos, bad));
    }
  }
}
