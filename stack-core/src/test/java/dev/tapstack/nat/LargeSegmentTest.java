package dev.tapstack.nat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.conntrack.Conntrack;
import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.conntrack.Side;
import dev.tapstack.conntrack.Tracked;
import dev.tapstack.device.DeviceCaps;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.loop.Rng;
import dev.tapstack.testkit.Frames;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.RawPeer;
import dev.tapstack.testkit.TcpCodec;
import dev.tapstack.testkit.V4;
import dev.tapstack.wire.Ethernet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Segments that stand for many come in by a device with segmentation offload and leave a router, or
 * a NAT gateway, as their sender would have sent them without it. The oracle is a naive cutting of
 * bytes, with checksums of its own.
 */
class LargeSegmentTest {
  private static final String ALICE = "192.168.1.2";
  private static final String BOB = "203.0.113.9";
  private static final String GATE = "203.0.113.1";
  private static final long GATEWAY_MAC = 0x02_00_00_00_00_01L;
  private static final long HOST_MAC = 0x02_00_00_00_00_02L;
  private static final int MAX_GSO = 65_535;
  private static final int TCP_HEADER = 32; // with timestamps
  private static final int HEADERS = 20 + TCP_HEADER;
  private static final int ACK = 0x10;
  private static final int URG = 0x20;
  private static final int ALL_ENDS = 0x99; // CWR, ACK, PSH, FIN

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private Stack stack;
  private Conntrack conntrack;
  private RawPeer alice;
  private RawPeer bob;

  /**
   * A router between alice, whose device has offload, and bob, whose device has those {@code caps}.
   */
  private void start(DeviceCaps caps, boolean translates) {
    PipeDevice inside = new PipeDevice("lan", "alice", new DeviceCaps(1500, true, MAX_GSO));
    PipeDevice outside = new PipeDevice("wan", "bob", caps);
    MacAddress mac = new MacAddress(GATEWAY_MAC);
    StackConfig config =
        StackConfig.named("gateway")
            .forwarding(true)
            .seed(1)
            .attach(inside, mac, List.of(IpPrefix.parse("192.168.1.1/24")))
            .attach(outside, mac, List.of(IpPrefix.parse(GATE + "/24")))
            .build();
    stack = harness.closeAfterTest(new Stack(harness.loop(), harness.pool(), config));
    if (translates) {
      conntrack =
          harness.closeAfterTest(
              new Conntrack(
                  harness.loop(), stack.ip(), Rng.seeded(1, "flows"), ConntrackConfig.DEFAULTS));
      conntrack.inside(1);
      conntrack.install();
      NatConfig nat = NatConfig.outside("wan").address(IpAddress.parse(GATE)).build();
      harness
          .closeAfterTest(new Nat(stack.ip(), harness.loop(), Rng.seeded(1, "nat"), nat))
          .install(conntrack);
    }
    alice = new RawPeer(harness, inside.peer());
    bob = new RawPeer(harness, outside.peer());
    alice.send(Frames.arpRequest(HOST_MAC, ALICE, "192.168.1.1")); // both are known from now on
    bob.send(Frames.arpRequest(HOST_MAC, BOB, GATE));
    if (translates) {
      alice.send(frame(Segments.syn(ALICE + ":5000", BOB + ":80")));
      harness.settle();
      bob.send(frame(Segments.tcp(BOB + ":80", GATE + ":5000", 0x12, 9000, 1001)));
    }
    harness.settle();
    alice.takeAll();
    bob.takeAll();
  }

  private static byte[] frame(byte[] packet) {
    return Frames.ipv4(HOST_MAC, GATEWAY_MAC, packet);
  }

  /** A segment to bob with timestamps and ECN bits, its sequence number {@code seq}. */
  private static byte[] segment(
      String from, int ttl, int flags, int urgent, int seq, boolean df, byte[] text) {
    ByteBuffer tcp = ByteBuffer.allocate(TCP_HEADER + text.length);
    tcp.putShort((short) 5000).putShort((short) 80).putInt(seq).putInt(9001);
    tcp.put((byte) (TCP_HEADER << 2))
        .put((byte) flags)
        .putShort((short) 50_000)
        .putShort((short) 0);
    tcp.putShort((short) urgent).putInt(0x0101080a).putInt(77).putInt(88).put(text);
    V4 packet = V4.of(from, BOB).id(65_530).ttl(ttl).tos(2).protocol(V4.TCP).payload(tcp.array());
    return TcpCodec.withChecksum((df ? packet.dontFragment() : packet).bytes());
  }

  /** What the sender would have sent instead, IDs from {@code firstId} on. */
  private static List<byte[]> cut(byte[] whole, int size, int firstId) {
    List<byte[]> pieces = new ArrayList<>();
    for (int at = HEADERS; at < whole.length; at += size) {
      int behind = Math.min(at + size, whole.length);
      byte[] bytes = Arrays.copyOf(whole, HEADERS + behind - at);
      System.arraycopy(whole, at, bytes, HEADERS, behind - at);
      ByteBuffer piece = ByteBuffer.wrap(bytes);
      piece.putShort(2, (short) bytes.length).putShort(4, (short) (firstId + pieces.size()));
      piece.putInt(24, piece.getInt(24) + at - HEADERS);
      boolean isFirst = at == HEADERS;
      boolean isLast = behind == whole.length;
      piece.put(33, (byte) (piece.get(33) & (isFirst ? 0xff : 0x7f) & (isLast ? 0xff : 0xf6)));
      pieces.add(TcpCodec.withChecksum(V4.withHeaderChecksum(bytes)));
    }
    return pieces;
  }

  private void send(byte[] packet, int gsoSize) {
    alice.send(frame(packet), gsoSize);
    harness.settle();
  }

  private static List<byte[]> packets(RawPeer peer) {
    return peer.takeAll().stream()
        .map(frame -> Arrays.copyOfRange(frame, Ethernet.HEADER_LENGTH, frame.length))
        .toList();
  }

  private static int id(byte[] packet) {
    return ByteBuffer.wrap(packet).getShort(4) & 0xffff;
  }

  private static void assertSame(List<byte[]> expected, List<byte[]> seen) {
    assertEquals(expected.size(), seen.size());
    for (int i = 0; i < seen.size(); i++) {
      assertArrayEquals(expected.get(i), seen.get(i), "piece " + i);
    }
  }

  @ParameterizedTest
  @CsvSource({"false, true", "false, false", "true, true", "true, false"})
  void itLeavesInTheSegmentsThatItStandsFor(boolean translates, boolean df) {
    start(new DeviceCaps(1500, true), translates);
    Random random = new Random(translates ? 1 : 2);
    int seq = translates ? 1001 : -20_000; // passes 2^32 on its way
    int[] lengths = {1449, 2896, 2897, 50_000, 1, 1448};
    int[] sizes = {1448, 1448, 1448, 1400, 1448, 1448};
    for (int i = 0; i < lengths.length; i++) {
      byte[] text = new byte[lengths[i]];
      random.nextBytes(text);
      int flags = i == lengths.length - 1 ? ALL_ENDS : ALL_ENDS & ~1 | random.nextInt(2) << 3;
      send(segment(ALICE, 64, flags, 0, seq, df, text), sizes[i]);
      List<byte[]> seen = packets(bob);
      assertTrue(seen.size() > 0, "piece 0");
      String source = translates ? GATE : ALICE;
      int firstId = translates && !df ? id(seen.get(0)) : 65_530;
      assertSame(cut(segment(source, 63, flags, 0, seq, df, text), sizes[i], firstId), seen);
      seq += lengths[i];
      if (translates) {
        byte[] ack = Segments.tcp(BOB + ":80", GATE + ":5000", ACK, 9001, seq);
        bob.send(frame(ack)); // or the window is full
        harness.settle();
      }
    }
    assertEquals(6, stack.ip().counters().nonZero().get("forwarded") - (translates ? 8 : 0));
    assertEquals(4, stack.ip().counters().nonZero().get("segmented"));
  }

  @Test
  void idsOfOursAreNotGivenTwice() {
    start(new DeviceCaps(1500, true), true);
    send(segment(ALICE, 64, ACK, 0, 1001, false, new byte[5000]), 1448);
    int last = id(packets(bob).get(3));
    send(segment(ALICE, 64, ACK, 0, 6001, false, new byte[1]), 0);
    assertEquals(last + 1 & 0xffff, id(packets(bob).get(0)));
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void itLeavesWholeByADeviceThatTakesIt(boolean translates) {
    start(new DeviceCaps(1500, true, MAX_GSO), translates);
    byte[] text = V4.data(30_000, 1);
    send(segment(ALICE, 64, ALL_ENDS, 0, 1001, true, text), 1448);
    String source = translates ? GATE : ALICE;
    assertSame(List.of(segment(source, 63, ALL_ENDS, 0, 1001, true, text)), packets(bob));
  }

  @Test
  void itIsCutForADeviceThatTakesSmallerOnes() {
    start(new DeviceCaps(1500, true, 20_000), false);
    byte[] whole = segment(ALICE, 64, ACK, 0, 1001, true, V4.data(30_000, 1));
    send(whole, 1448);
    assertEquals(21, packets(bob).size());
  }

  @Test
  void connectionTrackingAndNatSeeItOnce() {
    start(new DeviceCaps(1500, true), true);
    long bob4 = Ipv4Address.parse(BOB).lo();
    Tracked flow = conntrack.find(V4.TCP, 0, Ipv4Address.parse(ALICE).lo(), 5000, 0, bob4, 80);
    assertNotNull(flow);
    long before = flow.packets(Side.ORIGINAL);
    send(segment(ALICE, 64, ACK, 0, 1001, true, new byte[50_000]), 1448);
    assertEquals(35, packets(bob).size());
    assertEquals(1, flow.packets(Side.ORIGINAL) - before);
  }

  /** RFC 1191 4, by the size of the pieces, whatever the device could cut. */
  @ParameterizedTest
  @CsvSource({"0, false", "65535, false", "0, true"})
  void piecesThatAreTooBigAreReported(int maxGso, boolean translates) {
    start(new DeviceCaps(1300, true, maxGso), translates);
    byte[] whole = segment(ALICE, 64, ACK, 0, 1001, true, new byte[20_000]);
    send(whole, 1249);
    assertEquals(0, packets(bob).size());
    byte[] error = packets(alice).get(0);
    assertEquals(3, error[20], "destination unreachable");
    assertEquals(4, error[21], "fragmentation needed");
    assertEquals(1300, ByteBuffer.wrap(error).getShort(26));
    assertArrayEquals(Arrays.copyOf(whole, 28), Arrays.copyOfRange(error, 28, 56));
    assertEquals(1, stack.counters().get("drops").get("ip-too-big"));
    send(segment(ALICE, 64, ACK, 0, 1001, true, new byte[20_000]), 1248); // now it learned
    assertEquals(maxGso == 0 ? 17 : 1, packets(bob).size());
  }

  /** Without DF they are cut further: bob puts them together. */
  @Test
  void piecesThatAreTooBigAreFragmentedIfTheyMayBe() {
    start(new DeviceCaps(600, true, MAX_GSO), false);
    byte[] text = V4.data(5000, 1);
    send(segment(ALICE, 64, ALL_ENDS, 0, 1001, false, text), 1448);
    Map<Integer, byte[]> byId = new TreeMap<>();
    for (byte[] fragment : packets(bob)) {
      assertTrue(fragment.length <= 600);
      int offset = (ByteBuffer.wrap(fragment).getShort(6) & 0x1fff) * 8;
      byte[] known = byId.getOrDefault(id(fragment), new byte[0]);
      byte[] more = Arrays.copyOf(known, Math.max(known.length, offset + fragment.length - 20));
      System.arraycopy(fragment, 20, more, offset, fragment.length - 20);
      byId.put(id(fragment), more);
    }
    List<byte[]> expected =
        cut(segment(ALICE, 63, ALL_ENDS, 0, 1001, false, text), 1448, 65_530).stream()
            .map(piece -> Arrays.copyOfRange(piece, 20, piece.length))
            .toList();
    assertSame(expected, List.copyOf(byId.values()));
  }

  /** RFC 9293 3.8.5: the pointer is counted from each segment's own number. */
  @Test
  void whatIsUrgentStaysWhereItIs() {
    start(new DeviceCaps(1500, true), false);
    send(segment(ALICE, 64, ACK | URG, 1500, 1001, true, new byte[3000]), 1000);
    List<byte[]> seen = packets(bob);
    int[] flags = {ACK | URG, ACK | URG, ACK};
    int[] pointers = {1500, 500, 0};
    for (int i = 0; i < 3; i++) {
      assertEquals(flags[i], seen.get(i)[33]);
      assertEquals(pointers[i], ByteBuffer.wrap(seen.get(i)).getShort(38));
    }
  }

  /** Pieces with right checksums would hide it. */
  @Test
  void aWrongChecksumIsADropWithAName() {
    start(new DeviceCaps(1500, true), false);
    byte[] whole = segment(ALICE, 64, ACK, 0, 1001, true, new byte[3000]);
    whole[2000] ^= 1;
    send(whole, 1448);
    assertEquals(0, packets(bob).size());
    assertEquals(1, stack.counters().get("drops").get("tcp-bad-checksum"));
  }

  /** A SYN, no TCP at all, a header that is none: as any packet of that size. */
  @Test
  void whatCannotBeCutIsAPlainPacket() {
    start(new DeviceCaps(1500, true), false);
    byte[] shortHeader = segment(ALICE, 64, ACK, 0, 1001, true, new byte[3000]);
    shortHeader[32] = 0x40;
    send(segment(ALICE, 64, 2, 0, 1001, true, new byte[3000]), 1448);
    send(V4.of(ALICE, BOB).dontFragment().udp(1, 2, new byte[3000]).bytes(), 1448);
    send(shortHeader, 1448);
    assertEquals(0, packets(bob).size());
    assertEquals(3, stack.counters().get("drops").get("ip-too-big"));
    send(V4.of(ALICE, BOB).udp(1, 2, new byte[3000]).bytes(), 1448);
    assertEquals(3, packets(bob).size(), "fragments");
  }
}
