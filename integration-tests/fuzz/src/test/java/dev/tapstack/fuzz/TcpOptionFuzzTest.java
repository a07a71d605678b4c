package dev.tapstack.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tapstack.wire.TcpOption;
import dev.tapstack.wire.TcpOptionSet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/**
 * Any list of TCP options reads as a second reader, written from the RFCs for this test, reads it
 * (RFC 9293 3.2, RFC 7323, RFC 2018), and no byte beyond the list is looked at.
 */
class TcpOptionFuzzTest {
  private static final int BEFORE = 3;

  /** What a reader found. */
  private record Found(
      boolean malformed,
      List<Integer> mss,
      List<Integer> windowScale,
      boolean sackPermitted,
      List<Integer> timestamps,
      List<Integer> sackEdges) {}

  @FuzzTest
  void anyInput(byte[] input) {
    int length = Math.min(input.length, TcpOption.MAX_LENGTH);
    // The list ends where its buffer ends: a look beyond is an exception.
    ByteBuf buf = Unpooled.wrappedBuffer(new byte[BEFORE + length]);
    buf.setBytes(BEFORE, input, 0, length);
    TcpOptionSet set = new TcpOptionSet();
    // What was read before leaves no trace.
    TcpOption.parse(Unpooled.wrappedBuffer(new byte[] {2, 4, 5, (byte) 0xb4, 4, 2}), 0, 6, set);
    boolean good = TcpOption.parse(buf, BEFORE, length, set);
    assertEquals(naive(input, length), found(set));
    assertEquals(!good, set.malformed());
  }

  private static Found found(TcpOptionSet set) {
    List<Integer> edges = new ArrayList<>();
    for (int i = 0; i < set.sackBlocks(); i++) {
      edges.add(set.sackLeftEdge(i));
      edges.add(set.sackRightEdge(i));
    }
    return new Found(
        set.malformed(),
        set.mss() != TcpOptionSet.ABSENT ? List.of(set.mss()) : List.of(),
        set.windowScale() != TcpOptionSet.ABSENT ? List.of(set.windowScale()) : List.of(),
        set.sackPermitted(),
        set.hasTimestamps() ? List.of(set.tsVal(), set.tsEcr()) : List.of(),
        edges);
  }

  private static Found naive(byte[] bytes, int length) {
    boolean malformed = false;
    boolean sackPermitted = false;
    List<Integer> mss = List.of();
    List<Integer> scale = List.of();
    List<Integer> timestamps = List.of();
    List<Integer> edges = new ArrayList<>();
    int at = 0;
    while (at < length && bytes[at] != 0) {
      if (bytes[at] == 1) {
        at++;
        continue;
      }
      int size = at + 1 < length ? bytes[at + 1] & 0xff : 0;
      if (size < 2 || at + size > length) {
        malformed = true;
        break;
      }
      int body = size - 2;
      int value = at + 2;
      switch (bytes[at]) {
        case 2 -> {
          malformed |= body != 2;
          mss = body == 2 ? List.of(number(bytes, value, 2)) : mss;
        }
        case 3 -> {
          malformed |= body != 1;
          scale = body == 1 ? List.of(number(bytes, value, 1)) : scale;
        }
        case 4 -> {
          malformed |= body != 0;
          sackPermitted |= body == 0;
        }
        case 5 -> {
          boolean isWhole = body > 0 && body % 8 == 0;
          malformed |= !isWhole;
          for (int edge = value; isWhole && edge < value + body; edge += 4) {
            if (edges.size() < 2 * TcpOptionSet.MAX_SACK_BLOCKS) {
              edges.add(number(bytes, edge, 4));
            } else {
              malformed = true;
            }
          }
        }
        case 8 -> {
          malformed |= body != 8;
          timestamps =
              body == 8
                  ? List.of(number(bytes, value, 4), number(bytes, value + 4, 4))
                  : timestamps;
        }
        default -> {}
      }
      at += size;
    }
    return new Found(malformed, mss, scale, sackPermitted, timestamps, edges);
  }

  private static int number(byte[] bytes, int at, int size) {
    int value = 0;
    for (int i = 0; i < size; i++) {
      value = value << 8 | bytes[at + i] & 0xff;
    }
    return value;
  }
}
