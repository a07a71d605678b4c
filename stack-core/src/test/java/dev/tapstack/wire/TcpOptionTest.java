package dev.tapstack.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link TcpOption}: lists as kernels send them, lists that break the rules, and any bytes. */
class TcpOptionTest {
  private final TcpOptionSet set = new TcpOptionSet();

  private boolean parse(String hex) {
    byte[] bytes = ByteBufUtil.decodeHexDump(hex);
    ByteBuf exact = Unpooled.wrappedBuffer(bytes); // reading past the end throws
    return TcpOption.parse(exact, 0, bytes.length, set);
  }

  @Test
  void synAsLinuxSendsIt() {
    assertTrue(parse("020405b4" + "0402" + "080a0000000180000002" + "01" + "03030a"));
    assertEquals(1460, set.mss());
    assertEquals(10, set.windowScale());
    assertTrue(set.sackPermitted());
    assertTrue(set.hasTimestamps());
    assertEquals(1, set.tsVal());
    assertEquals(0x80000002, set.tsEcr());
    assertEquals(0, set.sackBlocks());
    assertFalse(set.malformed());
  }

  @Test
  void anEmptyListClearsWhatWasThere() {
    parse("020405b4" + "0402" + "080a0000000180000002" + "03030a" + "050a0000000100000002" + "02");
    assertTrue(set.malformed());
    assertTrue(parse(""));
    assertEquals(TcpOptionSet.ABSENT, set.mss());
    assertEquals(TcpOptionSet.ABSENT, set.windowScale());
    assertFalse(set.sackPermitted());
    assertFalse(set.hasTimestamps());
    assertEquals(0, set.tsVal());
    assertEquals(0, set.tsEcr());
    assertEquals(0, set.sackBlocks());
    assertFalse(set.malformed());
  }

  @Test
  void sackBlocksInTheirOrder() {
    assertTrue(parse("0101" + "0512" + "ffffff00" + "00000010" + "00000020" + "00000030"));
    assertEquals(2, set.sackBlocks());
    assertEquals(0xffffff00, set.sackLeftEdge(0));
    assertEquals(0x10, set.sackRightEdge(0));
    assertEquals(0x20, set.sackLeftEdge(1));
    assertEquals(0x30, set.sackRightEdge(1));
  }

  @Test
  void moreBlocksThanAHeaderHolds() {
    assertFalse(parse("052a" + "0000000100000002".repeat(5)));
    assertEquals(4, set.sackBlocks());
  }

  @Test
  void nothingAfterTheEndOfTheListCounts() {
    assertTrue(parse("00" + "0200" + "020405b4"));
    assertEquals(TcpOptionSet.ABSENT, set.mss());
  }

  @Test
  void unknownKindsAreSkipped() {
    assertTrue(parse("fd06aabbccdd" + "2202" + "020405b4"));
    assertEquals(1460, set.mss());
  }

  @ParameterizedTest
  @CsvSource({
    "length 0, fd00, false",
    "length 1, fd01, false",
    "past the end, fd05aabb, false",
    "no length byte, 02, false",
    "MSS of 3, 020305, true",
    "window scale of 4, 03040101, true",
    "SACK permitted of 3, 040301, true",
    "timestamps of 8, 0808010101010101, true",
    "SACK without a block, 0502, true",
    "SACK with half a block, 050601010101, true",
  })
  void faultsAreReported(String fault, String hex, boolean goesOn) {
    assertFalse(parse("03030701" + hex + "020405b4"), fault);
    assertTrue(set.malformed());
    assertEquals(7, set.windowScale(), "what stood before counts");
    assertEquals(goesOn ? 1460 : TcpOptionSet.ABSENT, set.mss());
    assertFalse(set.sackPermitted());
    assertFalse(set.hasTimestamps());
    assertEquals(0, set.sackBlocks());
  }

  @Test
  void everyTruncationOfAListIsReadWithoutAnException() {
    String all =
        "020405b40402080a000000018000000203030a01" + "0512ffffff00000000100000002000000030";
    for (int length = 0; length <= all.length() / 2; length++) {
      boolean good = parse(all.substring(0, 2 * length));
      boolean onABoundary = java.util.List.of(0, 4, 6, 16, 19, 20, 38).contains(length);
      assertEquals(onABoundary, good, "length " + length);
    }
  }

  @Test
  void anyBytesAreReadWithoutAnException() {
    Random random = new Random(11);
    for (int round = 0; round < 200_000; round++) {
      byte[] bytes = new byte[random.nextInt(TcpOption.MAX_LENGTH + 1)];
      for (int i = 0; i < bytes.length; i++) { // small values, so that most kinds are known
        bytes[i] = (byte) random.nextInt(random.nextBoolean() ? 12 : 256);
      }
      boolean good = TcpOption.parse(Unpooled.wrappedBuffer(bytes), 0, bytes.length, set);
      assertEquals(!good, set.malformed());
      assertTrue(set.sackBlocks() <= TcpOptionSet.MAX_SACK_BLOCKS);
    }
  }

  @Test
  void writersWriteWhatTheReaderReads() {
    ByteBuf buf = Unpooled.buffer(64);
    int start = 5;
    int at = TcpOption.writeMss(buf, start, 65_495);
    at = TcpOption.writeSackPermitted(buf, at);
    at = TcpOption.writeTimestamps(buf, at, 0xdeadbeef, 7);
    at = TcpOption.writeNop(buf, at);
    at = TcpOption.writeWindowScale(buf, at, 14);
    assertEquals(
        "0204ffd7" + "0402" + "080adeadbeef00000007" + "01" + "03030e",
        ByteBufUtil.hexDump(buf, start, at - start));
    assertTrue(TcpOption.parse(buf, start, at - start, set));
    assertEquals(65_495, set.mss());
    assertEquals(14, set.windowScale());
    assertEquals(0xdeadbeef, set.tsVal());

    at = TcpOption.writeAlignedTimestamps(buf, start, 0xdeadbeef, 0x80000007);
    assertEquals("0101080adeadbeef80000007", ByteBufUtil.hexDump(buf, start, at - start));

    at = TcpOption.writeSackHeader(buf, start, 2);
    at = TcpOption.writeSackBlock(buf, at, 1, 2);
    at = TcpOption.writeSackBlock(buf, at, 3, -1);
    assertEquals(
        "0512" + "0000000100000002" + "00000003ffffffff",
        ByteBufUtil.hexDump(buf, start, at - start));
  }

  @Test
  void paddingReachesTheNextWord() {
    ByteBuf buf = Unpooled.buffer(64);
    for (int length = 0; length <= 8; length++) {
      buf.setLong(0, -1).setLong(8, -1);
      int end = TcpOption.pad(buf, 3, 3 + length);
      assertEquals((length + 3) / 4 * 4, end - 3);
      for (int at = 3 + length; at < end; at++) {
        assertEquals(0, buf.getByte(at));
      }
      assertEquals(-1, buf.getByte(end));
    }
  }
}
