package dev.tapstack.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tapstack.wire.PcapReader;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Any file is read as frames, or refused as a damaged file with a reason; and it makes no
 * difference in what pieces its bytes come.
 */
class PcapFuzzTest {
  private static final int FILE_HEADER_LENGTH = 24;
  private static final int RECORD_HEADER_LENGTH = 16;

  @FuzzTest
  void anyInput(byte[] input) throws IOException {
    try (PcapReader whole = open(new ByteArrayInputStream(input));
        PcapReader pieces = open(new Trickle(input))) {
      assertEquals(whole == null, pieces == null);
      long bytes = FILE_HEADER_LENGTH;
      while (whole != null && pieces != null) {
        int step = step(whole);
        assertEquals(step, step(pieces));
        if (step <= 0) {
          assertEquals(whole.truncation(), pieces.truncation());
          break;
        }
        bytes += RECORD_HEADER_LENGTH + whole.length();
        assertTrue(bytes <= input.length, "more frames than the file has bytes");
        assertArrayEquals(frame(whole), frame(pieces));
        assertEquals(whole.epochNanos(), pieces.epochNanos());
        assertFalse(whole.dissect().line().isEmpty());
      }
    }
  }

  private static byte[] frame(PcapReader reader) {
    return ByteBufUtil.getBytes(reader.frame(), 0, reader.length());
  }

  private static PcapReader open(InputStream in) throws IOException {
    try {
      return new PcapReader(in);
    } catch (PcapReader.FormatException e) {
      assertFalse(e.getMessage().isEmpty());
      return null;
    }
  }

  /** 1 for a frame, 0 for the end, -1 for a damaged record. */
  private static int step(PcapReader reader) throws IOException {
    try {
      return reader.next() ? 1 : 0;
    } catch (PcapReader.FormatException e) {
      assertFalse(e.getMessage().isEmpty());
      return -1;
    }
  }

  /** Gives one byte, then two, then three, then one. */
  private static final class Trickle extends ByteArrayInputStream {
    private int turn;

    Trickle(byte[] bytes) {
      super(bytes);
    }

    @Override
    public synchronized int read(byte[] target, int offset, int length) {
      turn = turn % 3 + 1;
      return super.read(target, offset, Math.min(length, turn));
    }
  }
}
