package dev.tapstack.ip;

import static dev.tapstack.testkit.IpHost.ME;
import static dev.tapstack.testkit.IpHost.PEER;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of fragments (RFC 815), and what is dropped under which name. */
class ReassemblerTest {
  private static final byte[] DATA = V4.data(64, 9);
  private static final long TIMEOUT_NANOS = 30_000_000_000L;
  private static final int SMALL_BUFFER = 2048;

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private IpHost host;

  @BeforeEach
  void start() {
    host = new IpHost(harness);
  }

  /** Bytes {@code from} to {@code to} of {@link #DATA}; the last fragment if that is its end. */
  private static V4 part(int from, int to) {
    return V4.of(PEER, ME)
        .id(77)
        .fragment(from, to < DATA.length)
        .payload(Arrays.copyOfRange(DATA, from, to));
  }

  private void assertWhole() {
    List<byte[]> received = host.recorder().take();
    assertEquals(1, received.size());
    assertArrayEquals(DATA, received.get(0));
  }

  @Test
  void fragmentsMakeADatagramInAnyOrder() {
    host.receive(part(48, 64));
    host.receive(part(0, 24));
    assertEquals(List.of(), host.recorder().take());
    assertEquals(2, host.ledger().keptUp());
    host.receive(part(24, 48));
    assertWhole();
    assertEquals(Map.of(), host.drops());
    assertEquals(3, host.ledger().deliveredCount());
    assertEquals(
        Map.of("received", 3L, "delivered", 1L, "reassembled", 1L), host.ip().counters().nonZero());
    harness.runFor(2 * TIMEOUT_NANOS);
    assertEquals(Map.of(), host.drops());
  }

  @Test
  void theLargestDatagramIsPutTogether() {
    byte[] data = V4.data(65_535 - 20, 1);
    for (int at = 0; at < data.length; at += 1480) {
      int end = Math.min(at + 1480, data.length);
      host.receive(
          V4.of(PEER, ME)
              .fragment(at, end < data.length)
              .payload(Arrays.copyOfRange(data, at, end)));
    }
    assertArrayEquals(data, host.recorder().take().get(0));
    assertEquals(Map.of(), host.drops());
  }

  @Test
  void fragmentsOfDifferentDatagramsDoNotMix() {
    host.receive(part(0, 32));
    host.receive(part(32, 64).id(78));
    host.receive(V4.of("10.0.0.3", ME).id(77).fragment(32, false).payload(Arrays.copyOf(DATA, 32)));
    host.receive(part(32, 64).protocol(V4.UDP));
    host.receive(
        V4.of(PEER, "10.0.0.255").id(77).fragment(32, false).payload(Arrays.copyOf(DATA, 32)));
    assertEquals(List.of(), host.recorder().take());
    host.receive(part(32, 64));
    assertWhole();
  }

  @Test
  void anExactCopyIsIgnored() {
    host.receive(part(0, 32));
    host.receive(part(0, 32));
    host.receive(part(32, 64));
    assertWhole();
    assertEquals(Map.of("fragment-duplicate", 1L), host.drops());
  }

  @Test
  void aCopyWithOtherBytesIsAnOverlap() {
    host.receive(part(0, 32));
    host.receive(V4.of(PEER, ME).id(77).fragment(0, true).payload(Arrays.copyOfRange(DATA, 8, 40)));
    host.receive(part(32, 64));
    assertEquals(List.of(), host.recorder().take());
    // The copy; the one that was held, and the one that came later.
    assertEquals(Map.of("fragment-overlap", 1L, "fragment-discarded", 2L), host.drops());
  }

  @Test
  void aCopyThatDisagreesOnTheEndIsAnOverlap() {
    host.receive(raw(8, true, 8));
    host.receive(raw(8, false, 8));
    assertEquals(Map.of("fragment-overlap", 1L, "fragment-discarded", 1L), host.drops());
  }

  /** RFC 1858 4: a later fragment must not rewrite what an earlier one said, ports above all. */
  @ParameterizedTest
  @CsvSource({"0, 32", "8, 24", "16, 48", "0, 48", "8, 48", "16, 24", "24, 48", "8, 16", "0, 24"})
  void anyOtherOverlapDropsTheWholeDatagram(int from, int to) {
    host.receive(part(8, 32));
    host.receive(part(from, to));
    host.receive(part(0, 8));
    host.receive(part(32, 64));
    assertEquals(List.of(), host.recorder().take());
    assertEquals(Map.of("fragment-overlap", 1L, "fragment-discarded", 3L), host.drops());
  }

  @Test
  void aDoomedDatagramIsForgottenInTime() {
    host.receive(part(0, 32));
    host.receive(part(0, 24));
    harness.runFor(TIMEOUT_NANOS + 10_000_000);
    host.receive(part(0, 32));
    host.receive(part(32, 64));
    assertWhole();
    assertEquals(Map.of("fragment-overlap", 1L, "fragment-discarded", 1L), host.drops());
    assertEquals(List.of(), host.sent());
  }

  private static V4 raw(int offset, boolean moreFollow, int length) {
    return V4.of(PEER, ME).id(77).fragment(offset, moreFollow).payload(new byte[length]);
  }

  @ParameterizedTest
  @CsvSource({
    "0, true, 7",
    "8, true, 9",
    "8, true, 0",
    "8, false, 0",
    "65528, false, 8",
    "65512, false, 4",
    "65504, true, 16",
  })
  void aFragmentThatCannotBeIsDropped(int offset, boolean moreFollow, int length) {
    host.receive(raw(offset, moreFollow, length));
    assertEquals(Map.of("fragment-malformed", 1L), host.drops());
    assertEquals(0, host.ledger().keptUp());
  }

  @Test
  void twoEndsOrBytesBehindTheEndAreAnOverlap() {
    host.receive(raw(16, false, 8));
    host.receive(raw(32, false, 8));
    assertEquals(Map.of("fragment-overlap", 1L, "fragment-discarded", 1L), host.drops());
    host.receive(raw(16, false, 8).id(1));
    host.receive(raw(16, true, 16).id(1));
    host.receive(raw(32, true, 8).id(2));
    host.receive(raw(8, false, 8).id(2));
    host.receive(raw(16, false, 8).id(3));
    host.receive(raw(24, true, 8).id(3));
    assertEquals(Map.of("fragment-overlap", 4L, "fragment-discarded", 4L), host.drops());
  }

  @Test
  void headerOptionsOfTheFirstFragmentCountForTheLength() {
    int[] nops = new int[40];
    Arrays.fill(nops, 1);
    host.receive(raw(65_504, false, 8));
    int at = 0;
    while (at < 65_504) {
      int length = Math.min(1440, 65_504 - at);
      V4 fragment = raw(at, true, length);
      host.receive(at == 0 ? fragment.options(nops) : fragment);
      at += length;
    }
    assertEquals(List.of(), host.recorder().take());
    assertEquals(1, host.drops().get("fragment-malformed"));
  }

  @Test
  void whatStaysIncompleteIsReportedIfItsBeginningCame() {
    host.receive(part(0, 32));
    host.receive(part(48, 64));
    harness.runFor(TIMEOUT_NANOS - 10_000_000);
    assertEquals(Map.of(), host.drops());
    harness.runFor(20_000_000);
    assertEquals(Map.of("fragment-timeout", 1L, "fragment-discarded", 1L), host.drops());
    byte[] error = host.theOneSent();
    assertEquals(11, error[20], "time exceeded");
    assertEquals(1, error[21], "reassembly");
    byte[] quoted = part(0, 32).bytes();
    assertArrayEquals(quoted, Arrays.copyOfRange(error, 28, 28 + quoted.length));
  }

  @Test
  void withoutTheBeginningNothingIsReported() {
    host.receive(part(32, 64));
    harness.runFor(TIMEOUT_NANOS + 10_000_000);
    assertEquals(Map.of("fragment-timeout", 1L), host.drops());
    assertEquals(List.of(), host.sent());
  }

  @Test
  void theTimeBeginsWithTheFirstFragmentAndEachDatagramHasItsOwn() {
    host.receive(part(0, 24));
    harness.runFor(TIMEOUT_NANOS / 2);
    host.receive(part(24, 48));
    host.receive(part(0, 24).id(78));
    harness.runFor(TIMEOUT_NANOS / 2 + 10_000_000);
    assertEquals(Map.of("fragment-timeout", 1L, "fragment-discarded", 1L), host.drops());
    harness.runFor(TIMEOUT_NANOS / 2);
    assertEquals(Map.of("fragment-timeout", 2L, "fragment-discarded", 1L), host.drops());
  }

  @Test
  void oneSourceCannotHoldMoreThanItsShare() {
    int each = SMALL_BUFFER + FragmentTable.ENTRY_BYTES;
    host = new IpHost(harness, 1500, new IpConfig(64, 100 * each, 10 * each, 1000, 50));
    host.receive(V4.of("10.0.0.3", ME).id(1).fragment(0, true).payload(Arrays.copyOf(DATA, 32)));
    for (int id = 0; id < 13; id++) {
      host.receive(part(0, 32).id(id));
    }
    assertEquals(Map.of("fragment-memory", 3L), host.drops());
    assertEquals(11, host.ledger().keptUp());
    host.receive(part(32, 64).id(4)); // the oldest but one that is left; the oldest makes room
    assertEquals(1, host.recorder().take().size());
    assertEquals(Map.of("fragment-memory", 4L), host.drops());
  }

  @Test
  void allTogetherAreBoundedAndTheOldestGoesFirst() {
    int each = SMALL_BUFFER + FragmentTable.ENTRY_BYTES;
    host = new IpHost(harness, 1500, new IpConfig(64, 10 * each, 10 * each, 1000, 50));
    for (int i = 0; i < 13; i++) {
      host.receive(
          V4.of("10.0.0." + (10 + i), ME).fragment(0, true).payload(Arrays.copyOf(DATA, 32)));
    }
    assertEquals(Map.of("fragment-memory", 3L), host.drops());
    assertEquals(10, host.ledger().keptUp());
  }

  @Test
  void aLimitBelowOneFragmentKeepsNothing() {
    host = new IpHost(harness, 1500, new IpConfig(64, 10, 10, 1000, 50));
    host.receive(part(0, 32));
    host.receive(part(32, 64));
    assertEquals(Map.of("fragment-memory", 2L), host.drops());
    assertEquals(0, host.ledger().keptUp());
  }

  @Test
  void doomedDatagramsCountAgainstTheLimits() {
    host = new IpHost(harness, 1500, new IpConfig(64, 1 << 20, 100 << 10, 1000, 50));
    for (int id = 0; id < 10_000; id++) {
      host.receive(part(0, 32).id(id));
      host.receive(part(0, 24).id(id));
    }
    assertTrue(host.ip().reassembler().memoryBytes() <= 100 << 10);
    assertEquals(10_000L, host.drops().get("fragment-overlap"));
  }

  @Test
  void aSmallFragmentDoesNotPinALargeBuffer() {
    host.receive(host.eth(), part(0, 32).bytes(), 0, 60_000);
    assertEquals(SMALL_BUFFER + FragmentTable.ENTRY_BYTES, host.ip().reassembler().memoryBytes());
    host.receive(host.eth(), part(32, 64).bytes(), 0, 60_000);
    assertWhole();
    assertEquals(0, host.ip().reassembler().memoryBytes());
  }

  @Test
  void aMarkOfCongestionIsKept() {
    // RFC 3168 5.3: CE on any fragment marks the datagram; seen in the quote of an error.
    host.receive(part(0, 32).protocol(254).tos(2));
    host.receive(part(32, 64).protocol(254).tos(3));
    assertEquals(3, host.theOneSent()[28 + 1]);
    host.receive(part(0, 32).protocol(254).tos(2));
    host.receive(part(32, 64).protocol(254).tos(2));
    assertEquals(2, host.theOneSent()[28 + 1]);
  }

  @Test
  void aMarkBesideAFragmentThatIsNotEctDropsTheDatagram() {
    host.receive(part(0, 32).tos(0));
    host.receive(part(32, 64).tos(3));
    assertEquals(Map.of("fragment-malformed", 1L, "fragment-discarded", 1L), host.drops());
  }

  @Test
  void theHeaderOfTheWholeIsRight() {
    host.receive(part(32, 64).protocol(254));
    host.receive(part(0, 32).protocol(254));
    byte[] error = host.theOneSent();
    byte[] whole = V4.of(PEER, ME).id(77).protocol(254).payload(DATA).bytes();
    assertArrayEquals(whole, Arrays.copyOfRange(error, 28, error.length));
  }
}
