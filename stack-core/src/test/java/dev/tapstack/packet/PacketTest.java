package dev.tapstack.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PacketTest {
  private final PacketPool pool = new PacketPool();
  private final PacketLedger ledger = new PacketLedger();

  @AfterEach
  void everyPacketHasEnded() {
    assertEquals(0, pool.outstanding());
    pool.close();
  }

  private Packet built(String text) {
    Packet packet = pool.allocateFor(text.length()).builtBy(ledger);
    packet.buf().setCharSequence(packet.start(), text, StandardCharsets.US_ASCII);
    packet.end(packet.start() + text.length());
    return packet;
  }

  private Packet received() {
    Packet packet = pool.allocateFor(60);
    packet.end(packet.start() + 60);
    packet.receivedBy(ledger, 3);
    return packet;
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  private static String text(Packet packet) {
    ByteBuf all = Unpooled.buffer(packet.length());
    packet.copyTo(all, 0);
    return all.toString(0, packet.length(), StandardCharsets.US_ASCII);
  }

  // On the way up.

  @Test
  void aBorrowedPacketIsDeliveredWhenTheCallEnds() {
    Packet packet = received();
    assertTrue(packet.isBorrowed());
    assertEquals(3, packet.interfaceIndex());
    assertEquals(1, ledger.keptUp());
    packet.endOfInput();
    assertEquals(1, ledger.deliveredCount());
    assertEquals(0, ledger.keptUp());
  }

  @Test
  void aDroppedPacketCanBeReadUntilTheCallEnds() {
    Packet packet = received();
    packet.drop(DropReason.IP_BAD_CHECKSUM);
    assertEquals(1, pool.outstanding());
    assertEquals("{ip-bad-checksum=1}", ledger.drops().toString());
    packet.endOfInput();
    assertEquals(0, ledger.deliveredCount());
    assertEquals(0, ledger.keptUp());
  }

  @Test
  void aTakenPacketBelongsToWhoTookIt() {
    Packet packet = received();
    assertSame(packet, packet.take());
    packet.endOfInput();
    assertEquals(1, ledger.keptUp());
    packet.delivered();
    assertEquals(1, ledger.deliveredCount());
    Packet other = received();
    other.take().drop(DropReason.FRAGMENT_TIMEOUT);
    other.endOfInput();
    assertEquals(0, ledger.keptUp());
    assertEquals(1, ledger.drops().total());
  }

  @Test
  void aTakenPacketThatIsSentCountsAsForwarded() {
    Packet packet = received().take();
    packet.sent();
    packet.endOfInput();
    assertEquals(1, ledger.forwardedCount());
    assertEquals(0, ledger.sentCount());
    assertEquals(0, ledger.keptUp());
  }

  @Test
  void aTakenPacketCanBeLentAgain() {
    Packet packet = received().take();
    packet.endOfInput();
    packet.lend();
    packet.endOfInput();
    assertEquals(1, ledger.deliveredCount());
  }

  @Test
  void theEndOfTheCallLeavesTheNextUserOfTheBufferAlone() {
    Packet packet = received();
    packet.take().drop(DropReason.NO_MEMORY);
    Packet next = pool.allocate(100).builtBy(ledger);
    assertSame(packet, next, "the pool gives the last one back");
    packet.endOfInput();
    assertEquals(1, pool.outstanding());
    next.sent();
  }

  // On the way down.

  @Test
  void aBuiltPacketIsKeptUntilItIsSentOrDropped() {
    Packet one = built("one");
    Packet two = built("two");
    assertEquals(2, ledger.keptDown());
    one.sent();
    two.drop(DropReason.DEVICE_DOWN);
    assertEquals(0, ledger.keptDown());
    assertEquals(1, ledger.sentCount());
    assertEquals(2, ledger.builtCount());
  }

  @Test
  void referencedPayloadIsPartOfThePacket() {
    Packet packet = built("head-");
    assertTrue(packet.addPiece(bytes("xxabcyy"), 2, 3));
    assertTrue(packet.addPiece(bytes("defgh"), 0, 4));
    assertEquals(12, packet.length());
    assertEquals(7, packet.piecesBytes());
    assertEquals("head-abcdefg", text(packet));
    packet.sent();
    Packet next = built("");
    assertEquals(0, next.pieceCount(), "pieces end with their packet");
    assertEquals(0, next.length());
    next.sent();
  }

  @Test
  void moreThanSoManyPiecesAreRefused() {
    Packet packet = built("");
    for (int i = 0; i < Packet.MAX_PIECES; i++) {
      assertTrue(packet.addPiece(bytes("ab"), 0, 2));
    }
    assertFalse(packet.addPiece(bytes("ab"), 0, 2));
    assertEquals(2 * Packet.MAX_PIECES, packet.length());
    packet.sent();
  }

  @Test
  void owningCopiesThePiecesBehindTheHeaders() {
    ByteBuf payload = bytes("payload");
    Packet packet = built("head-");
    packet.addPiece(payload, 0, 7);
    assertSame(packet, packet.own());
    payload.setZero(0, 7);
    assertEquals("head-payload", text(packet));
    assertEquals(0, packet.pieceCount());
    assertSame(packet, packet.own());
    packet.sent();
  }

  @Test
  void owningMoreThanFitsTakesALargerPacketWithEverythingKnown() {
    ByteBuf payload = Unpooled.buffer().writeZero(30_000).setByte(29_999, 'z');
    Packet packet = built("network-transport-");
    packet.addPiece(payload, 0, 30_000);
    packet.network(packet.start());
    packet.transport(packet.start() + 8);
    packet.set(Packet.DONT_FRAGMENT);
    packet.interfaceIndex(4);
    packet.protocol(6);
    packet.tos(0x10);
    packet.ttl(9);
    packet.source(1, 2);
    packet.destination(3, 4);
    int start = packet.start();
    Packet larger = packet.own();
    assertNotSame(packet, larger);
    assertEquals(1, pool.outstanding());
    assertEquals(start, larger.start());
    assertEquals(start, larger.network());
    assertEquals(start + 8, larger.transport());
    assertEquals(18 + 30_000, larger.length());
    assertEquals('z', larger.buf().getByte(larger.end() - 1));
    assertTrue(text(larger).startsWith("network-transport-"));
    assertTrue(larger.has(Packet.DONT_FRAGMENT));
    assertEquals(4, larger.interfaceIndex());
    assertEquals(6, larger.protocol());
    assertEquals(0x10, larger.tos());
    assertEquals(9, larger.ttl());
    assertEquals(1, larger.sourceHi());
    assertEquals(2, larger.sourceLo());
    assertEquals(3, larger.destinationHi());
    assertEquals(4, larger.destinationLo());
    larger.sent();
    assertEquals(1, ledger.builtCount());
    assertEquals(1, ledger.sentCount());
  }

  @Test
  void crossingAWireMakesAFrameThatNoLedgerKnows() {
    Packet packet = built("head-");
    packet.addPiece(bytes("payload"), 0, 7);
    packet.set(Packet.LINK_BROADCAST);
    packet.protocol(17);
    Packet frame = packet.crossWire();
    assertEquals(1, ledger.sentCount());
    assertEquals(0, ledger.keptDown());
    assertEquals("head-payload", text(frame));
    assertFalse(frame.has(Packet.LINK_BROADCAST));
    assertEquals(0, frame.protocol());
    PacketLedger other = new PacketLedger();
    frame.receivedBy(other, 0);
    frame.endOfInput();
    assertEquals(1, other.deliveredCount());
    assertEquals(0, ledger.keptUp());
  }

  @Test
  void aDuplicateIsIndependentAndAccountedFor() {
    Packet packet = built("head-");
    packet.addPiece(bytes("payload"), 0, 7);
    Packet twin = packet.duplicate();
    packet.buf().setByte(packet.start(), 'H');
    assertEquals("head-payload", text(twin));
    assertEquals("Head-payload", text(packet));
    assertEquals(2, ledger.builtCount());
    packet.sent();
    twin.drop(DropReason.FAULT_LOSS);
    assertEquals(0, ledger.keptDown());

    Packet forwarded = received().take();
    forwarded.duplicate().sent();
    assertEquals(2, ledger.sentCount());
    forwarded.sent();
    assertEquals(1, ledger.forwardedCount());

    Packet frame = pool.allocateFor(10);
    frame.duplicate().unused();
    frame.unused();
  }

  @Test
  void resizingKeepsOffsetsAndFreesTheLargeBuffer() {
    Packet large = pool.allocate(30_000).builtBy(ledger);
    large.buf().setCharSequence(large.start(), "small", StandardCharsets.US_ASCII);
    large.end(large.start() + 5);
    int start = large.start();
    Packet small = large.resized(large.end());
    assertNotSame(large, small);
    assertTrue(small.memoryBytes() < large.memoryBytes());
    assertEquals(start, small.start());
    assertEquals("small", text(small));
    assertSame(small, small.resized(small.end()));
    small.sent();
  }

  // Broken rules are found where assertions are on, as in all tests.

  @Test
  void brokenRulesAreFound() {
    Packet unknown = pool.allocate(10);
    assertThrows(AssertionError.class, () -> unknown.drop(DropReason.NO_MEMORY));
    assertThrows(AssertionError.class, unknown::take);
    unknown.builtBy(ledger);
    assertThrows(AssertionError.class, unknown::unused);
    assertThrows(AssertionError.class, () -> unknown.builtBy(ledger));
    assertThrows(AssertionError.class, unknown::delivered);
    unknown.sent();
    assertThrows(AssertionError.class, unknown::sent);

    Packet borrowed = received();
    assertThrows(AssertionError.class, borrowed::sent);
    borrowed.drop(DropReason.NO_MEMORY);
    assertThrows(AssertionError.class, () -> borrowed.drop(DropReason.NO_MEMORY));
    borrowed.endOfInput();
  }

  // The pool.

  @Test
  void packetsAreUsedAgainAndBeginClean() {
    Packet first = built("x");
    first.set(Packet.REASSEMBLED);
    first.source(1, 1);
    first.sent();
    Packet second = pool.allocateFor(1);
    assertSame(first, second);
    assertFalse(second.has(Packet.REASSEMBLED));
    assertEquals(0, second.sourceLo());
    assertEquals(Packet.HEADROOM, second.start());
    assertEquals(Packet.HEADROOM, second.end());
    assertEquals(-1, second.interfaceIndex());
    second.unused();
  }

  @Test
  void theLargestDatagramFitsAndMoreIsRefused() {
    Packet packet = pool.allocateFor(65_535);
    assertTrue(packet.tailroom() >= 65_535);
    packet.unused();
    assertThrows(IllegalArgumentException.class, () -> pool.allocate(70_000));
  }

  @Test
  void aClosedPoolFreesWhatComesBack() {
    Packet late = pool.allocate(100);
    pool.close();
    late.unused();
    assertEquals(0, late.buf().refCnt());
  }

  // Its flow.

  private static final Flow FLOW = new Flow() {};

  @Test
  void aFlowGoesAlongWithCopiesAndEndsWithThePacket() {
    Packet packet = built("text");
    packet.flow(FLOW);
    packet.set(Packet.REPLY);
    Packet twin = packet.duplicate();
    assertSame(FLOW, twin.flow());
    assertTrue(twin.has(Packet.REPLY));
    Packet frame = packet.crossWire();
    assertNull(frame.flow(), "the far end knows nothing of it");
    assertFalse(frame.has(Packet.REPLY));
    frame.unused();
    twin.sent();
    Packet next = built("next");
    assertNull(next.flow());
    next.sent();
  }

  @Test
  void anErrorIsRelatedToTheFlowOfWhatItIsAboutAndGoesTheOtherWay() {
    Packet about = built("text");
    Packet error = built("error");
    error.relateTo(about);
    assertNull(error.flow());
    assertFalse(error.has(Packet.RELATED | Packet.REPLY));
    about.flow(FLOW);
    error.relateTo(about);
    assertSame(FLOW, error.flow());
    assertTrue(error.has(Packet.RELATED) && error.has(Packet.REPLY));
    about.set(Packet.REPLY);
    error.relateTo(about);
    assertTrue(error.has(Packet.RELATED) && !error.has(Packet.REPLY));
    about.sent();
    error.sent();
  }
}
