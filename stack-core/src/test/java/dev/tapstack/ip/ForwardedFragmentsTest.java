package dev.tapstack.ip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.link.NetInterface;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.IpHost.Sent;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import dev.tapstack.wire.Ipv4;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A router that must see whole datagrams puts those of others together before PREROUTING, and they
 * leave as they came (RFC 791 3.2, RFC 1812 4.2.2.7).
 */
class ForwardedFragmentsTest {
  private static final String INSIDE = "192.168.1.2";
  private static final String OUTSIDE = "172.16.0.9";

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private final byte[] payload = V4.data(2000, 1);
  private IpHost host;
  private NetInterface inside;
  private NetInterface outside;

  @BeforeEach
  void start() {
    start(1500);
  }

  private void start(int outsideMtu) {
    host = new IpHost(harness);
    inside = host.attach("in", "192.168.1.1/24");
    outside = host.attach("out", outsideMtu, "172.16.0.1/16");
    host.ip().forwarding(true);
    host.ip().reassembleAll(true);
  }

  /** The test's datagram arrives in fragments of {@code step} bytes of payload. */
  private void receiveCut(int step, boolean withDf) {
    for (int at = 0; at < payload.length; at += step) {
      int end = Math.min(at + step, payload.length);
      receive(at, end, withDf);
    }
  }

  private void receive(int from, int to, boolean withDf) {
    V4 fragment = V4.of(INSIDE, OUTSIDE).id(77).fragment(from, to < payload.length);
    host.receive(
        inside,
        (withDf ? fragment.dontFragment() : fragment)
            .payload(Arrays.copyOfRange(payload, from, to))
            .bytes(),
        0);
  }

  private static ByteBuf buf(Sent sent) {
    return Unpooled.wrappedBuffer(sent.bytes());
  }

  /** Asserts that together they are the datagram, one hop less, none larger than {@code most}. */
  private void assertWhole(List<Sent> fragments, int most, boolean withDf) {
    byte[] whole = new byte[payload.length];
    int bytes = 0;
    for (Sent each : fragments) {
      assertTrue(each.bytes().length <= most, each.bytes().length + " bytes");
      assertArrayEquals(V4.withHeaderChecksum(each.bytes().clone()), each.bytes());
      assertEquals(withDf, Ipv4.dontFragment(buf(each), 0));
      assertEquals(63, Ipv4.ttl(buf(each), 0));
      int offset = Ipv4.fragmentOffset(buf(each), 0);
      System.arraycopy(each.bytes(), 20, whole, offset, each.bytes().length - 20);
      bytes += each.bytes().length - 20;
    }
    assertArrayEquals(payload, whole);
    assertEquals(payload.length, bytes);
  }

  @Test
  void itLeavesInPiecesThatAreNoLargerThanItCame() {
    receiveCut(800, false);
    List<Sent> sent = host.sentBy(outside);
    assertEquals(3, sent.size());
    assertWhole(sent, 820, false);
    assertEquals(77, Ipv4.identification(buf(sent.get(0)), 0));
    assertEquals(1, host.ip().counters().value(IpCounter.FORWARDED));
  }

  /** Whole, it would fit: yet what comes after this router may be narrower. */
  @Test
  void itLeavesInPiecesEvenWhereTheWholeWouldFit() {
    start(9000);
    receiveCut(1000, true);
    List<Sent> sent = host.sentBy(outside);
    assertEquals(2, sent.size());
    assertWhole(sent, 1020, true);
  }

  @Test
  void hooksSeeTheWhole() {
    int[] lengths = new int[1];
    host.ip()
        .addHook(
            HookPoint.PREROUTING,
            Hook.of((at, packet) -> {
              lengths[0] += packet.end() - packet.network();
              return Verdict.ACCEPT;
            }));
    receive(800, 2000, false);
    assertEquals(0, lengths[0]);
    receive(0, 800, false);
    assertEquals(2020, lengths[0]);
    assertWhole(host.sentBy(outside), 1220, false);
  }

  @Test
  void itIsCutSmallerWhereTheNextLinkIsNarrower() {
    start(600);
    receiveCut(1200, false);
    assertWhole(host.sentBy(outside), 600, false);
  }

  /** RFC 1812 4.2.2.7: a sender that cuts datagrams and sets DF looks for the path's MTU. */
  @Test
  void itIsReportedWhereTheNextLinkIsNarrowerAndDfWasSet() {
    start(600);
    receiveCut(1200, true);
    assertEquals(List.of(), host.sentBy(outside));
    byte[] error = host.sentBy(inside).get(0).bytes();
    assertArrayEquals(V4.octets(3, 4), Arrays.copyOfRange(error, 20, 22));
    assertArrayEquals(V4.octets(600 >> 8, 600 & 255), Arrays.copyOfRange(error, 26, 28));
    assertEquals(1L, host.drops().get("ip-too-big"));
  }

  /** DF on the smaller fragment only says nothing of the larger. */
  @Test
  void dfCountsOnTheLargestFragment() {
    start(600);
    receive(0, 1200, false);
    receive(1200, 2000, true);
    assertWhole(host.sentBy(outside), 600, false);
  }

  /** Two senders behind one address may have used the same ID. */
  @Test
  void aTranslatedDatagramGetsAnIdOfOurOwn() {
    IpAddress own = IpAddress.parse("172.16.0.1");
    host.ip()
        .addHook(
            HookPoint.POSTROUTING,
            Hook.of((at, packet) -> {
              packet.source(own.hi(), own.lo());
              Ipv4.source(packet.buf(), packet.network(), (int) own.lo());
              Ipv4.updateHeaderChecksum(packet.buf(), packet.network());
              return Verdict.ACCEPT;
            }));
    receiveCut(800, false);
    List<Sent> sent = host.sentBy(outside);
    assertWhole(sent, 820, false);
    int id = Ipv4.identification(buf(sent.get(0)), 0);
    assertNotEquals(77, id);
    sent.forEach(each -> assertEquals(id, Ipv4.identification(buf(each), 0)));
  }

  /** RFC 792: only the end of the way reports that fragments are missing. */
  @Test
  void whatStaysIncompleteGoesInSilence() {
    receive(0, 800, false);
    harness.runFor(2 * Reassembler.TIMEOUT_NANOS);
    assertEquals(List.of(), host.sentBy(inside));
    assertEquals(Map.of("fragment-timeout", 1L), host.drops());
  }
}
