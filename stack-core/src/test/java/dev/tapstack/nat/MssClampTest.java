package dev.tapstack.nat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.tapstack.link.NetInterface;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.TcpCodec;
import dev.tapstack.testkit.V4;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link MssClamp}: the MSS that two hosts behind links of different MTUs agree on. */
class MssClampTest {
  private static final String ALICE = "192.168.1.2";
  private static final String BOB = "203.0.113.9";
  private static final int SYN_ACK = Segments.SYN | Segments.ACK;

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private IpHost router;
  private NetInterface inside;
  private NetInterface outside;
  private MssClamp clamp;

  @BeforeEach
  void start() {
    router = new IpHost(harness);
    inside = router.attach("in", 9000, "192.168.1.1/24");
    outside = router.attach("wan", 1492, "203.0.113.1/24");
    router.ip().forwarding(true);
    clamp = new MssClamp(router.ip());
    clamp.install();
  }

  private static byte[] segment(String from, String to, int flags, int... options) {
    ByteBuffer tcp = ByteBuffer.allocate(20 + options.length);
    tcp.putShort((short) 5000).putShort((short) 80).putInt(1000).putInt(0);
    tcp.put((byte) (20 + options.length << 2)).put((byte) flags).putShort((short) 65535).putInt(0);
    tcp.put(V4.octets(options));
    return TcpCodec.withChecksum(V4.of(from, to).protocol(V4.TCP).payload(tcp.array()).bytes());
  }

  /** The options with which a segment leaves; its checksum is verified. */
  private int[] passed(byte[] packet, boolean isFromInside) {
    router.receive(isFromInside ? inside : outside, packet, 0);
    List<IpHost.Sent> sent = router.sentBy(isFromInside ? outside : inside);
    assertEquals(1, sent.size());
    byte[] bytes = sent.get(0).bytes();
    Segments.read(bytes);
    int[] options = new int[bytes.length - 40];
    Arrays.setAll(options, i -> bytes[40 + i] & 0xff);
    return options;
  }

  private static int[] mss(int value) {
    return new int[] {2, 4, value >> 8, value & 0xff};
  }

  /**
   * RFC 9293 3.7.1, RFC 6691 2: the MTU less 40, whatever the options; both ways the smaller of the
   * two.
   */
  @ParameterizedTest
  @CsvSource({"8960,1452", "1460,1452", "1453,1452", "1452,1452", "1451,1451", "536,536", "0,0"})
  void itIsLoweredToWhatBothLinksCarryAndNeverRaised(int offered, int passed) {
    assertArrayEquals(mss(passed), passed(segment(ALICE, BOB, Segments.SYN, mss(offered)), true));
    assertArrayEquals(mss(passed), passed(segment(BOB, ALICE, SYN_ACK, mss(offered)), false));
    assertEquals(offered == passed ? 0 : 2, clamp.clamped());
  }

  /** RFC 9293 3.7.1: without the option the other end sends no more than 536. */
  @Test
  void noneIsAdded() {
    assertArrayEquals(new int[0], passed(segment(ALICE, BOB, Segments.SYN), true));
    int[] others = {4, 2, 1, 1, 3, 3, 7, 0};
    assertArrayEquals(others, passed(segment(ALICE, BOB, Segments.SYN, others), true));
  }

  /** Behind one NOP the value lies across two words of the checksum. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void itIsFoundBehindOtherOptions(int before) {
    int[] options = {1, 1, 1, 1, 1, 1, 1, 0};
    int[] expected = options.clone();
    System.arraycopy(mss(8960), 0, options, before, 4);
    System.arraycopy(mss(1452), 0, expected, before, 4);
    assertArrayEquals(expected, passed(segment(ALICE, BOB, Segments.SYN, options), true));
  }

  @Test
  void everyOneOfSeveralIsLowered() {
    int[] twice = {2, 4, 0x23, 0, 2, 4, 0x22, 0};
    int[] expected = {2, 4, 1452 >> 8, 1452 & 0xff, 2, 4, 1452 >> 8, 1452 & 0xff};
    assertArrayEquals(expected, passed(segment(ALICE, BOB, Segments.SYN, twice), true));
  }

  @Test
  void onlySynsHaveOne() {
    assertArrayEquals(mss(8960), passed(segment(ALICE, BOB, Segments.ACK, mss(8960)), true));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2,3,35,0", "2,5,35,0", "1,2,4,35", "2", "3,0,2,4,35,0,0,0", "0,2,4,35"})
  void whatKeepsNoRulesPassesAsItIs(String text) {
    int[] options = Arrays.stream(text.split(",")).mapToInt(Integer::parseInt).toArray();
    int[] padded = Arrays.copyOf(options, options.length + 3 & ~3);
    assertArrayEquals(padded, passed(segment(ALICE, BOB, Segments.SYN, padded), true));
    assertEquals(0, clamp.clamped());
  }

  /** A checksum is updated, not computed anew: the receiver sees that it was wrong. */
  @Test
  void aWrongChecksumStaysWrong() {
    byte[] packet = segment(ALICE, BOB, Segments.SYN, mss(8960));
    packet[36] ^= 0x55;
    router.receive(inside, packet, 0);
    byte[] sent = router.sentBy(outside).get(0).bytes();
    byte[] right = TcpCodec.withChecksum(sent.clone());
    assertFalse(Arrays.equals(right, sent));
  }

  /** Headers that end in the middle, and any bytes for options: nothing is thrown. */
  @Test
  void anyBytesPass() {
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      byte[] options = new byte[40];
      random.nextBytes(options);
      options[0] = (byte) (random.nextBoolean() ? 2 : random.nextInt(5));
      options[1] = (byte) random.nextInt(8);
      byte[] tcp = new byte[20 + 40];
      System.arraycopy(options, 0, tcp, 20, 40);
      tcp[12] = (byte) (random.nextInt(16) << 4);
      tcp[13] = (byte) Segments.SYN;
      byte[] cut = Arrays.copyOf(tcp, random.nextInt(61));
      router.receive(inside, V4.of(ALICE, BOB).protocol(V4.TCP).payload(cut).bytes(), 0);
      assertEquals(1, router.sentBy(outside).size());
    }
  }
}
