package dev.tapstack.nat;

import static dev.tapstack.nat.NatHost.ALICE;
import static dev.tapstack.nat.NatHost.ANN;
import static dev.tapstack.nat.NatHost.BOB;
import static dev.tapstack.nat.NatHost.CAROL;
import static dev.tapstack.nat.NatHost.GATE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Datagrams that are too big for one side, or come in pieces (RFC 4787 10 and 11). */
class NatFragmentsTest {
  private static final int FRAGMENT = 504; // a multiple of eight

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private NatHost nat() {
    NatHost nat = new NatHost(harness);
    nat.host.ip().reassembleAll(true);
    return nat;
  }

  private static V4 datagram(String from, String to) {
    return V4.of(from, to).id(99).udp(5000, 53, V4.data(1000, 1));
  }

  /** The pieces of a datagram, the first one first. */
  private static List<byte[]> pieces(String from, String to, int id, byte[] datagram) {
    byte[] all = Arrays.copyOfRange(datagram, 20, datagram.length);
    List<byte[]> pieces = new ArrayList<>();
    for (int at = 0; at < all.length; at += FRAGMENT) {
      int end = Math.min(all.length, at + FRAGMENT);
      byte[] piece = Arrays.copyOfRange(all, at, end);
      V4 packet = V4.of(from, to).id(id).protocol(V4.UDP).payload(piece);
      pieces.add(packet.fragment(at, end < all.length).bytes());
    }
    return pieces;
  }

  private static int offset(byte[] fragment) {
    return (ByteBuffer.wrap(fragment).getShort(6) & 0x1fff) * 8;
  }

  private static int id(byte[] packet) {
    return ByteBuffer.wrap(packet).getShort(4) & 0xffff;
  }

  /** Puts together what left, and reads it as one packet with its checksums. */
  private static byte[] whole(List<byte[]> left) {
    List<byte[]> sorted = new ArrayList<>(left);
    sorted.sort(Comparator.comparingInt(NatFragmentsTest::offset));
    byte[] whole = Arrays.copyOf(sorted.get(0), 20);
    for (byte[] each : sorted) {
      assertEquals(whole.length - 20, offset(each), "no gap");
      assertEquals(id(whole), id(each));
      whole = V4.concat(whole, Arrays.copyOfRange(each, 20, each.length));
    }
    whole[6] = whole[7] = 0;
    whole[2] = (byte) (whole.length >> 8);
    whole[3] = (byte) whole.length;
    return V4.withHeaderChecksum(whole);
  }

  /** RFC 4787 REQ-13: with DF, the host learns the outside's MTU. */
  @Test
  void aDatagramThatMustNotBeCutIsReportedToItsHostRfc4787Req13() {
    NatHost nat = nat();
    nat.receive(V4.of(ALICE, BOB).dontFragment().udp(5000, 53, V4.data(1600, 1)).bytes(), true);
    byte[] error = nat.takeInside().get(0);
    assertEquals(
        "ERROR 3 192.168.1.1 > 192.168.1.2 about [UDP 192.168.1.2:5000 > 203.0.113.9:53]",
        Segments.read(error));
    assertEquals(4, error[21], "fragmentation needed and DF set");
    assertEquals(1500, ByteBuffer.wrap(error).getShort(26));
    assertEquals(List.of(), nat.takeOutside());
    assertEquals(List.of(), nat.nat.mappings(), "what was not passed on leaves nothing");
  }

  /** RFC 4787 REQ-13 a): without DF it is cut, and the pieces leave in order. */
  @Test
  void aDatagramThatMayBeCutIsCutInOrderRfc4787Req13() {
    NatHost nat = nat();
    byte[] data = V4.data(1600, 1);
    nat.receive(V4.of(ALICE, BOB).id(7).udp(5000, 53, data).bytes(), true);
    List<byte[]> left = nat.takeOutside();
    assertEquals(2, left.size());
    assertTrue(offset(left.get(0)) < offset(left.get(1)));
    byte[] whole = whole(left);
    assertEquals("UDP 203.0.113.1:5000 > 203.0.113.9:53", Segments.read(whole));
    assertArrayEquals(data, Arrays.copyOfRange(whole, 28, whole.length));
  }

  /** RFC 4787 REQ-14: pieces in any order, from either side; RFC 7857 10 of two hosts. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void piecesComeInAnyOrderRfc4787Req14(long seed) {
    NatHost nat = nat();
    List<byte[]> out = new ArrayList<>();
    out.addAll(pieces(ALICE, BOB, 7, datagram(ALICE, BOB).bytes()));
    out.addAll(pieces(ANN, BOB, 7, datagram(ANN, BOB).bytes()));
    Collections.shuffle(out, new Random(seed));
    out.forEach(each -> nat.receive(each, true));
    List<byte[]> left = nat.takeOutside();
    List<byte[]> first =
        new ArrayList<>(left.stream().filter(f -> id(f) == id(left.get(0))).toList());
    List<byte[]> second = new ArrayList<>(left);
    second.removeAll(first);
    assertNotEquals(List.of(), second, "two hosts' pieces have two IDs: RFC 6864 5.3.1");
    List<String> seen = List.of(Segments.read(whole(first)), Segments.read(whole(second)));
    assertTrue(seen.contains("UDP 203.0.113.1:5000 > 203.0.113.9:53"), "" + seen);

    MappingInfo anns =
        nat.nat.mappings().stream()
            .filter(each -> each.inside().toString().startsWith(ANN))
            .findFirst()
            .orElseThrow();
    byte[] answer = V4.of(BOB, GATE).udp(53, anns.outside().port(), V4.data(1400, 9)).bytes();
    List<byte[]> in = pieces(BOB, GATE, 12, answer);
    Collections.shuffle(in, new Random(seed));
    in.forEach(each -> nat.receive(each, false));
    byte[] got = whole(nat.takeInside());
    assertEquals("UDP 203.0.113.9:53 > 192.168.1.3:5000", Segments.read(got));
    assertArrayEquals(V4.data(1400, 9), Arrays.copyOfRange(got, 28, got.length));
  }

  /** RFC 4787 REQ-14 a): pieces that never become a datagram, from everywhere. */
  @Test
  void aFloodOfPiecesDoesNotStopOthersRfc4787Req14() {
    NatHost nat = nat();
    nat.fromInside(Segments.udp(ALICE + ":5000", BOB + ":53"));
    byte[] answer = V4.of(BOB, GATE).udp(53, 5000, V4.data(1000, 9)).bytes();
    for (int i = 0; i < 20_000; i++) {
      String from = "198.51.100." + (1 + i % 250);
      byte[] piece = V4.data(FRAGMENT, i);
      nat.receive(
          V4.of(from, GATE).id(i).protocol(V4.UDP).fragment(0, true).payload(piece).bytes(), false);
      if (i % 1000 == 999) {
        assertEquals(1, nat.fromOutside(Segments.udp(BOB + ":53", GATE + ":5000")).size());
        pieces(BOB, GATE, i, answer).forEach(each -> nat.receive(each, false));
        assertEquals(
            "UDP 203.0.113.9:53 > 192.168.1.2:5000", Segments.read(whole(nat.takeInside())));
        pieces(ALICE, CAROL, i, datagram(ALICE, CAROL).bytes())
            .forEach(each -> nat.receive(each, true));
        assertEquals(
            "UDP 203.0.113.1:5000 > 203.0.113.10:53", Segments.read(whole(nat.takeOutside())));
      }
    }
  }
}
