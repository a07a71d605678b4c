package dev.tapstack.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.testkit.SampleFrames;
import dev.tapstack.testkit.V4;
import dev.tapstack.wire.Dissection.ChecksumState;
import dev.tapstack.wire.Dissection.Field;
import dev.tapstack.wire.Dissection.Layer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Dissector}: known frames word for word, broken ones by their notes, any bytes at all. */
class DissectorTest {
  private static final String ETHERNET = "020000000002" + "020000000001";
  private static final String MACS = "02:00:00:00:00:01 > 02:00:00:00:00:02, ";

  // The checksums in these frames were worked out apart from this code.
  private static final String ECHO =
      ETHERNET + "0800" + "4500001c00010000400166de0a0000010a000002" + "0800f7fc00010002";
  private static final String SYN =
      ETHERNET
          + "0800"
          + "4500003c1c4640004006"
          + "0a74"
          + "0a0000010a000002"
          + "9c400050"
          + "00000064"
          + "00000000"
          + "a002faf0"
          + "9c14"
          + "0000"
          + "020405b40402080a00000001000000000103030a";

  private static String line(String hex) {
    byte[] bytes = ByteBufUtil.decodeHexDump(hex);
    return Dissector.line(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
  }

  private static Dissection tree(byte[] bytes) {
    return Dissector.tree(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
  }

  @Test
  void arp() {
    String addresses = "0200000000010a0000010000000000000a000002";
    assertEquals(
        "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, ARP, length 42: Request who-has 10.0.0.2 tell"
            + " 10.0.0.1",
        line("ffffffffffff" + "020000000001" + "0806" + "0001080006040001" + addresses));
    assertEquals(
        MACS + "ARP, length 42: Reply 10.0.0.1 is-at 02:00:00:00:00:01",
        line(ETHERNET + "0806" + "0001080006040002" + addresses));
    assertEquals(
        MACS + "ARP, length 42: Announcement 10.0.0.1",
        line(ETHERNET + "0806" + "00010800060400010200000000010a0000010000000000000a000001"));
    assertEquals(
        MACS + "ARP, length 24: ARP [truncated]", line(ETHERNET + "0806" + "00010800060400010200"));
  }

  @Test
  void echo() {
    assertEquals(
        MACS
            + "IPv4, length 42: (ttl 64, id 1) 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 2,"
            + " length 8",
        line(ECHO));
  }

  /** As Linux 6.18 sends them; tcpdump 4.99 reads the same. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2200e8f90000000104000000ef010203 | v3 report, 1 group record(s) [239.1.2.3 to_ex, 0"
            + " source(s)]",
        "2200e9f90000000103000000ef010203 | v3 report, 1 group record(s) [239.1.2.3 to_in, 0"
            + " source(s)]",
        "1600f8faef010203 | v2 report 239.1.2.3",
        "1200fcfaef010203 | v1 report 239.1.2.3",
        "1700f7faef010203 | leave 239.1.2.3",
        "1100eeff00000000 | v1 query",
        "1164ee9b00000000 | v2 query [max resp time 10.0s]",
        "118aee7502000000 | v2 query [max resp time 13.8s] 2.0.0.0 [bad checksum]",
        "1164ec1e00000000027d0000 | v3 query [max resp time 10.0s]",
        "118aea8300000000027d0001 | v3 query [max resp time 20.8s], 1 source(s) [bad length] [bad"
            + " checksum]",
        "2200ddff00000000 | v3 report, 0 group record(s)",
        "2200ddfe00000001 | v3 report, 1 group record(s) [bad length]",
        "1800e7ff00000000 | type 0x18 0.0.0.0",
        "1100ee | [bad length]"
      })
  void igmp(String hex, String expected) {
    byte[] payload = ByteBufUtil.decodeHexDump(hex);
    byte[] ip = V4.of("192.0.2.1", "224.0.0.22").protocol(2).ttl(1).payload(payload).bytes();
    byte[] frame = V4.concat(ByteBufUtil.decodeHexDump(ETHERNET + "0800"), ip);
    assertEquals(
        MACS
            + "IPv4, length "
            + frame.length
            + ": (ttl 1, id 0) 192.0.2.1 > 224.0.0.22: IGMP "
            + expected,
        Dissector.line(Unpooled.wrappedBuffer(frame), 0, frame.length));
  }

  @Test
  void theTreeOfAReportNamesItsRecords() {
    String hex = "2200e8f90000000104000000ef010203";
    byte[] ip =
        V4.of("192.0.2.1", "224.0.0.22")
            .protocol(2)
            .payload(ByteBufUtil.decodeHexDump(hex))
            .bytes();
    Layer igmp =
        tree(V4.concat(ByteBufUtil.decodeHexDump(ETHERNET + "0800"), ip)).layer("IGMP").get();
    assertEquals(ChecksumState.RIGHT, igmp.checksum());
    assertEquals("239.1.2.3 to_ex, 0 source(s)", igmp.field("record").get().text());
    assertEquals(1, igmp.field("recordCount").get().value());
  }

  @Test
  void synWithOptions() {
    assertEquals(
        MACS
            + "IPv4, length 74: (ttl 64, id 7238, DF) 10.0.0.1.40000 > 10.0.0.2.80: Flags [S],"
            + " seq 100, win 64240, options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 10],"
            + " length 0",
        line(SYN));
  }

  @Test
  void vlan() {
    String tagged = ECHO.substring(0, 24) + "8100a005" + ECHO.substring(24);
    assertTrue(line(tagged).startsWith(MACS + "vlan 5, IPv4, length 46: (ttl 64"), line(tagged));
    Layer vlan = tree(ByteBufUtil.decodeHexDump(tagged)).layer("VLAN").orElseThrow();
    assertEquals(5, vlan.field("priority").orElseThrow().value());
  }

  @Test
  void unknownTypesAndLengths() {
    assertEquals(
        MACS + "ethertype 0x88cc, length 16: payload 2 bytes", line(ETHERNET + "88cc" + "0102"));
    assertEquals(MACS + "802.3, length 16: payload 2 bytes", line(ETHERNET + "0026" + "4242"));
    assertEquals("Ethernet, length 0 [truncated]", line(""));
  }

  @Test
  void ipv6IsNamed() {
    assertEquals(
        MACS + "IPv6, length 54: (hlim 255) fe80::1 > ff02::2: ICMPv6, length 0",
        line(
            ETHERNET
                + "86dd"
                + "6000000000003aff"
                + "fe800000000000000000000000000001"
                + "ff020000000000000000000000000002"));
  }

  @Test
  void laterFragment() {
    assertEquals(
        MACS
            + "IPv4, length 42: (ttl 64, id 1, offset 1480, MF) 10.0.0.1 > 10.0.0.2: ICMP fragment,"
            + " length 8",
        line(ECHO.replace("000100004001" + "66de", "000120b94001" + "4625")));
  }

  @Test
  void quoteInAnError() {
    // time exceeded about a UDP datagram of 32 bytes, of which 8 are quoted
    String quote = "4500003c00050000011100000a0000010a000003" + "9c40829a00280000";
    String icmp = "0b00" + "%04x" + "00000000" + quote;
    String error = icmp.formatted(naiveChecksum(icmp.formatted(0)));
    String header = "45000038000100004001" + "%04x" + "0a0000020a000001";
    String ip = header.formatted(naiveChecksum(header.formatted(0)));
    assertEquals(
        MACS
            + "IPv4, length 70: (ttl 64, id 1) 10.0.0.2 > 10.0.0.1: ICMP time exceeded in-transit,"
            + " length 36 quoting [(ttl 1, id 5) 10.0.0.1.40000 > 10.0.0.3.33434: UDP, length 32]",
        line(ETHERNET + "0800" + ip + error));
  }

  private static int naiveChecksum(String hex) {
    int sum = 0;
    for (int i = 0; i < hex.length(); i += 4) {
      sum += Integer.parseInt(hex.substring(i, i + 4), 16);
    }
    return ~(sum % 0xffff) & 0xffff;
  }

  @Test
  void paddingIsNoPayload() {
    Dissection tree = tree(ByteBufUtil.decodeHexDump(ECHO + "00".repeat(18)));
    Layer ethernet = tree.layer("Ethernet").orElseThrow();
    Field padding = ethernet.field("padding").orElseThrow();
    assertEquals(42, padding.offset());
    assertEquals(18, padding.length());
    assertTrue(tree.layer("ICMP").orElseThrow().notes().isEmpty());
    assertEquals(ChecksumState.RIGHT, tree.layer("ICMP").orElseThrow().checksum());
  }

  @ParameterizedTest
  @CsvSource({
    "IPv4 checksum, 24, 00, IPv4, bad checksum",
    "IPv4 version, 14, 65, IPv4, bad version",
    "IPv4 header length 16, 14, 44, IPv4, bad header length",
    "IPv4 header length 60, 14, 4f, TCP, bad length",
    "IPv4 total length 16, 17, 10, IPv4, bad length",
    "IPv4 total length, 16, ff, IPv4, truncated",
    "TCP checksum, 50, 00, TCP, bad checksum",
    "TCP data offset 16, 46, 40, TCP, bad header length",
    "TCP data offset 60, 46, f0, TCP, bad header length",
    "TCP option of length 0, 55, 00, TCP, bad options",
  })
  void faultsAreNoted(String fault, int offset, String octet, String layer, String note) {
    String broken = SYN.substring(0, 2 * offset) + octet + SYN.substring(2 * offset + 2);
    Dissection tree = tree(ByteBufUtil.decodeHexDump(broken));
    assertTrue(tree.layer(layer).orElseThrow().notes().contains(note), fault + ": " + tree);
    assertTrue(tree.line().contains("[" + note + "]"), tree.line());
    assertFalse(line(SYN).contains("bad"));
  }

  @Test
  void aShortenedCaptureIsTruncatedAndItsChecksumsUnchecked() {
    byte[] bytes = ByteBufUtil.decodeHexDump(SYN);
    ByteBuf buf = Unpooled.wrappedBuffer(bytes);
    Dissection tree = Dissector.tree(buf, 0, 60, bytes.length);
    assertTrue(tree.line().startsWith(MACS + "IPv4, length 74 [truncated]: "), tree.line());
    assertEquals(ChecksumState.UNCHECKED, tree.layer("TCP").orElseThrow().checksum());
    assertEquals(ChecksumState.RIGHT, tree.layer("IPv4").orElseThrow().checksum());
  }

  @Test
  void fieldsHaveOffsetsLengthsAndValues() {
    Layer tcp = tree(ByteBufUtil.decodeHexDump(SYN)).layer("TCP").orElseThrow();
    assertEquals(34, tcp.offset());
    assertEquals(40, tcp.length());
    assertEquals(
        new Field("destinationPort", 36, 2, 80, "80"), tcp.field("destinationPort").orElseThrow());
    assertEquals(new Field("option", 54, 4, 2, "mss 1460"), tcp.field("option").orElseThrow());
    assertEquals(new Field("flags", 47, 1, 2, "S"), tcp.field("flags").orElseThrow());
  }

  static List<byte[]> samples() {
    return new SampleFrames(5).oneOfEach();
  }

  @ParameterizedTest
  @MethodSource("samples")
  void samplesHaveNothingWrong(byte[] frame) {
    Dissection tree = tree(frame);
    for (Layer layer : tree.layers()) {
      assertEquals(List.of(), layer.notes(), tree::line);
      for (Field field : layer.fields()) {
        assertTrue(field.offset() >= layer.offset() || field.name().equals("padding"));
        assertTrue(field.offset() + field.length() <= frame.length, field::toString);
      }
    }
    assertFalse(tree.line().contains("\n"));
  }

  @ParameterizedTest
  @MethodSource("samples")
  void everyTruncationOfASampleIsSaid(byte[] frame) {
    Dissection whole = tree(frame);
    int end =
        whole
            .layer("Ethernet")
            .flatMap(l -> l.field("padding"))
            .map(Field::offset)
            .orElse(frame.length);
    for (int length = 0; length < end; length++) {
      ByteBuf exact = Unpooled.copiedBuffer(frame, 0, length); // reading past the end throws
      Dissection cut = Dissector.tree(exact, 0, length);
      assertTrue(cut.line().contains("[truncated]"), length + ": " + cut.line());
      assertFalse(cut.line().contains("bad"), length + ": " + cut.line());
    }
  }

  @Test
  @Tag("many-seeds")
  void anyBytesAreReadWithoutAnException() {
    int[] types = {0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8, 0x0800, 0x1234};
    for (int seed = 0; seed < 100_000; seed++) {
      Random random = new Random(seed);
      byte[] bytes = new byte[random.nextInt(120)];
      random.nextBytes(bytes);
      ByteBuf buf = Unpooled.wrappedBuffer(bytes);
      if (bytes.length >= 40) { // so that random bytes come as far as the transports
        Ethernet.type(buf, 0, types[random.nextInt(types.length)]);
        buf.setByte(14, random.nextInt(4) == 0 ? 0x47 : 0x45);
        buf.setShort(16, random.nextInt(bytes.length));
        buf.setShort(20, random.nextInt(3) == 0 ? random.nextInt() : 0);
        buf.setByte(23, new int[] {1, 6, 17, 2}[random.nextInt(4)]);
        buf.setByte(34, random.nextInt(14));
      }
      assertReadable(bytes, seed);
    }
  }

  @Test
  @Tag("many-seeds")
  void mutatedSamplesAreReadWithoutAnException() {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      for (byte[] frame : new SampleFrames(seed).oneOfEach()) {
        for (int flips = random.nextInt(4); flips >= 0; flips--) {
          frame[12 + random.nextInt(Math.min(80, frame.length - 12))] = (byte) random.nextInt();
        }
        assertReadable(frame, seed);
      }
    }
  }

  private static void assertReadable(byte[] bytes, int seed) {
    try {
      Dissection tree = tree(bytes);
      assertFalse(tree.line().isEmpty());
      assertFalse(tree.line().contains("\n"), "seed " + seed);
      for (Layer layer : tree.layers()) {
        assertTrue(layer.length() >= 0 && layer.offset() + layer.length() <= bytes.length);
      }
    } catch (RuntimeException e) {
      throw new AssertionError("seed " + seed + ": " + ByteBufUtil.hexDump(bytes), e);
    }
  }
}
