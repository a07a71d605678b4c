package dev.tapstack.link;

import static dev.tapstack.link.LinkFixture.BROADCAST;
import static dev.tapstack.link.LinkFixture.NO_MAC;
import static dev.tapstack.link.LinkFixture.OTHER_MAC;
import static dev.tapstack.link.LinkFixture.OWN;
import static dev.tapstack.link.LinkFixture.OWN_MAC;
import static dev.tapstack.link.LinkFixture.PEER;
import static dev.tapstack.link.LinkFixture.PEER_MAC;
import static dev.tapstack.link.LinkFixture.SECOND;
import static dev.tapstack.link.LinkFixture.TICK;
import static dev.tapstack.link.LinkFixture.directRequest;
import static dev.tapstack.link.LinkFixture.frame;
import static dev.tapstack.link.LinkFixture.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;
import dev.tapstack.testkit.LoopHarness;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The states of RFC 4861 7.3, over ARP. */
class NeighborCacheTest {
  /** RFC 4861 6.3.2: at least half of REACHABLE_TIME, at most one and a half of it. */
  private static final long LEAST_REACHABLE = 15 * SECOND;

  private static final long MOST_REACHABLE = 45 * SECOND;

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private LinkFixture link;

  @BeforeEach
  void open() {
    link = new LinkFixture(harness).open();
  }

  private void becomesStale() {
    link.resolvePeer();
    harness.runFor(MOST_REACHABLE + TICK);
    assertEquals(NeighborState.STALE, link.state(PEER));
  }

  private void outputNow(String text, String nextHop) {
    link.output(text, nextHop);
    harness.settle();
  }

  // INCOMPLETE.

  @Test
  void packetsWaitForTheAnswerInTheirOrder() {
    outputNow("one", PEER);
    outputNow("two", PEER);
    assertEquals(List.of(request(PEER)), link.sent());
    assertEquals(NeighborState.INCOMPLETE, link.state(PEER));
    assertEquals(2, link.ledger.keptDown());
    link.peerAnswers();
    assertEquals(List.of(frame(PEER_MAC, "one"), frame(PEER_MAC, "two")), link.sent());
    assertEquals(NeighborState.REACHABLE, link.state(PEER));
    assertEquals(MacAddress.parse("02:00:00:00:00:02"), link.nif.neighbor(IpAddress.parse(PEER)));
    assertEquals(0, harness.loop().timers().armed());
  }

  @Test
  void aWaitingPacketNeedsItsReferencedPayloadNoMore() {
    ByteBuf payload = Unpooled.copiedBuffer("payload", StandardCharsets.US_ASCII);
    Packet packet = link.packet("head-");
    packet.addPiece(payload, 0, 7);
    IpAddress peer = IpAddress.parse(PEER);
    link.nif.output(packet, peer.hi(), peer.lo());
    payload.setZero(0, 7);
    harness.settle();
    link.peerAnswers();
    assertEquals(List.of(request(PEER), frame(PEER_MAC, "head-payload")), link.sent());
  }

  @Test
  void threeQuestionsASecondApartThenThePacketsAreReported() {
    Packet packet = link.packet("transport");
    packet.start(packet.start() - 8);
    packet.buf().setCharSequence(packet.start(), "network-", StandardCharsets.US_ASCII);
    IpAddress peer = IpAddress.parse(PEER);
    link.nif.output(packet, peer.hi(), peer.lo());
    harness.settle();
    assertEquals(List.of(request(PEER)), link.sent());
    harness.runFor(SECOND - 1);
    assertEquals(List.of(), link.sent());
    harness.runFor(TICK + 1);
    assertEquals(List.of(request(PEER)), link.sent());
    harness.runFor(SECOND + TICK);
    assertEquals(List.of(request(PEER)), link.sent());
    assertEquals(List.of(), link.unreachable);
    harness.runFor(SECOND + 2 * TICK);
    assertEquals(List.of("network-transport"), link.unreachable);
    assertEquals(List.of(), link.sent());
    assertEquals("{neighbor-unreachable=1}", link.drops());
    assertEquals(NeighborState.FAILED, link.state(PEER));
    assertEquals(1, link.nif.counters().value(LinkCounter.NEIGHBORS_FAILED));
    assertNull(link.nif.neighbor(IpAddress.parse(PEER)));
  }

  @Test
  void theQueueOfANeighbourIsBoundedAndKeepsTheLatest() {
    for (int i = 0; i < 70; i++) {
      link.output("packet " + i, PEER);
    }
    assertEquals("{neighbor-queue-full=6}", link.drops());
    harness.settle();
    link.sent();
    link.peerAnswers();
    List<String> sent = link.sent();
    assertEquals(64, sent.size());
    assertEquals(frame(PEER_MAC, "packet 6"), sent.getFirst());
    assertEquals(frame(PEER_MAC, "packet 69"), sent.getLast());
  }

  @Test
  void theQueueOfANeighbourIsBoundedInBytesOfMemory() {
    for (int i = 0; i < 10; i++) {
      Packet large = harness.pool().allocateFor(60_000).builtBy(link.ledger);
      large.end(large.start() + 10);
      IpAddress peer = IpAddress.parse(PEER);
      link.nif.output(large, peer.hi(), peer.lo());
    }
    // 212,992 bytes in buffers of 65,696: the fourth passes the limit.
    assertEquals(4, link.ledger.keptDown());
    assertEquals("{neighbor-queue-full=6}", link.drops());
  }

  @Test
  void allQueuesTogetherAreBounded() {
    for (int i = 0; i < 100; i++) {
      for (int j = 0; j < 64; j++) {
        link.output("x", "192.0.2." + (10 + i));
      }
    }
    // 4 MB in buffers of 2,048 bytes.
    assertEquals(2048, link.ledger.keptDown());
  }

  @Test
  void whatNoLongerWaitsMakesRoom() {
    // Each way out of a queue, for more bytes than all queues together may hold.
    for (int i = 0; i < 3000; i++) {
      link.output("pushes out the oldest", PEER);
    }
    link.peerAnswers();
    for (int i = 0; i < 50; i++) {
      String silent = "192.0.2." + (10 + i);
      for (int j = 0; j < 64; j++) {
        link.output("fails", silent);
      }
      harness.runFor(3 * SECOND + 10 * TICK);
    }
    long dropped = link.ledger.drops().value(DropReason.NEIGHBOR_QUEUE_FULL);
    assertEquals(3000 - 64, dropped);
    for (int i = 0; i < 50; i++) {
      String lost = "192.0.2." + (100 + i);
      for (int j = 0; j < 64; j++) {
        link.output("goes down with the link", lost);
      }
      link.pipe.plug(false);
      link.pipe.plug(true);
    }
    assertEquals(dropped, link.ledger.drops().value(DropReason.NEIGHBOR_QUEUE_FULL));
    assertEquals(0, link.ledger.keptDown());
  }

  @Test
  void theWaitingPeersOwnQuestionIsAsGoodAsAnAnswer() {
    outputNow("waits", PEER);
    link.sent();
    link.arpArrives(BROADCAST, 1, PEER_MAC, PEER, NO_MAC, OWN);
    assertEquals(frame(PEER_MAC, "waits"), link.sent().getFirst());
    // It does not show that the peer hears us: to be confirmed.
    assertEquals(NeighborState.DELAY, link.state(PEER));
  }

  // FAILED.

  @Test
  void aFailureHoldsForASecondWithoutAQuestionThenTheNextPacketAsksAgain() {
    link.output("first", PEER);
    harness.runFor(3 * SECOND + 10 * TICK);
    link.sent();
    link.unreachable.clear();
    link.output("second", PEER);
    assertEquals(List.of(), link.unreachable, "never from inside output");
    harness.runFor(2 * TICK);
    assertEquals(List.of("second"), link.unreachable);
    assertEquals(List.of(), link.sent());
    harness.runFor(SECOND);
    outputNow("third", PEER);
    assertEquals(List.of(request(PEER)), link.sent());
    link.peerAnswers();
    assertEquals(List.of(frame(PEER_MAC, "third")), link.sent());
  }

  @Test
  void aGoneNeighbourIsAskedForAtMostOnceASecondWhateverIsSent() {
    long start = harness.nowNanos();
    while (harness.nowNanos() - start < 60 * SECOND) {
      link.output("again", PEER);
      harness.runFor(SECOND / 100);
    }
    int questions = link.sent().size();
    assertTrue(questions <= 60, "questions in a minute: " + questions);
    assertTrue(questions >= 40, "it is still asked for: " + questions);
  }

  @Test
  void whoAnswersAFailureWithAPacketDoesNotHoldUpTheLoop() {
    link.onUnreachable = () -> link.output("again", PEER);
    link.output("first", PEER);
    harness.runFor(3 * SECOND + 10 * TICK);
    assertTrue(link.unreachable.size() >= 2 && link.unreachable.size() <= 10);
    link.onUnreachable = () -> {};
  }

  @Test
  void aFailedNeighbourThatSpeaksIsKnownAtOnce() {
    link.output("lost", PEER);
    harness.runFor(3 * SECOND + 10 * TICK);
    link.sent();
    link.arpArrives(BROADCAST, 1, PEER_MAC, PEER, NO_MAC, OWN);
    link.sent();
    outputNow("found", PEER);
    assertEquals(List.of(frame(PEER_MAC, "found")), link.sent());
  }

  // REACHABLE, STALE, DELAY, PROBE.

  @Test
  void aConfirmationHoldsForAboutThirtySeconds() {
    link.resolvePeer();
    harness.runFor(LEAST_REACHABLE - SECOND);
    assertEquals(NeighborState.REACHABLE, link.state(PEER));
    harness.runFor(MOST_REACHABLE - LEAST_REACHABLE + SECOND + TICK);
    assertEquals(NeighborState.STALE, link.state(PEER));
    harness.runFor(3600 * SECOND);
    assertEquals(NeighborState.STALE, link.state(PEER), "nobody asks for one that is not used");
    assertEquals(List.of(), link.sent());
  }

  @Test
  void confirmationsOfManyDoNotEndTogether() {
    for (int i = 10; i < 60; i++) {
      link.output("x", "192.0.2." + i);
      harness.settle();
      link.arpArrives(OWN_MAC, 2, PEER_MAC, "192.0.2." + i, OWN_MAC, OWN);
    }
    assertEquals(50, reachable());
    harness.runFor(LEAST_REACHABLE - TICK);
    assertEquals(50, reachable());
    harness.runFor(LEAST_REACHABLE);
    assertTrue(reachable() > 10 && reachable() < 40, "at thirty seconds: " + reachable());
    harness.runFor(LEAST_REACHABLE + 2 * TICK);
    assertEquals(0, reachable());
  }

  private long reachable() {
    return link.nif.neighbors().stream()
        .filter(each -> each.state() == NeighborState.REACHABLE)
        .count();
  }

  @Test
  void aStaleNeighbourIsUsedAndAskedDirectlyFiveSecondsLater() {
    becomesStale();
    outputNow("at once", PEER);
    assertEquals(List.of(frame(PEER_MAC, "at once")), link.sent());
    assertEquals(NeighborState.DELAY, link.state(PEER));
    harness.runFor(5 * SECOND - 1);
    assertEquals(List.of(), link.sent());
    harness.runFor(TICK + 1);
    assertEquals(List.of(directRequest(PEER_MAC, PEER)), link.sent());
    assertEquals(NeighborState.PROBE, link.state(PEER));
    outputNow("meanwhile", PEER);
    assertEquals(List.of(frame(PEER_MAC, "meanwhile")), link.sent());
    link.peerAnswers();
    assertEquals(NeighborState.REACHABLE, link.state(PEER));
    harness.runFor(10 * SECOND);
    assertEquals(List.of(), link.sent());
  }

  @Test
  void afterThreeDirectQuestionsTheNeighbourIsForgottenAndAllAreAsked() {
    becomesStale();
    outputNow("x", PEER);
    link.sent();
    harness.runFor(8 * SECOND + 10 * TICK);
    String direct = directRequest(PEER_MAC, PEER);
    assertEquals(List.of(direct, direct, direct), link.sent());
    assertNull(link.state(PEER));
    assertEquals(0, harness.loop().timers().armed());
    outputNow("y", PEER);
    assertEquals(List.of(request(PEER)), link.sent());
  }

  @Test
  void progressOfTcpConfirms() {
    becomesStale();
    outputNow("x", PEER);
    link.sent();
    IpAddress peer = IpAddress.parse(PEER);
    link.nif.confirmNeighbor(peer.hi(), peer.lo());
    assertEquals(NeighborState.REACHABLE, link.state(PEER));
    for (int i = 0; i < 100; i++) {
      harness.runFor(10 * SECOND);
      link.nif.confirmNeighbor(peer.hi(), peer.lo());
      outputNow("y", PEER);
      assertEquals(List.of(frame(PEER_MAC, "y")), link.sent());
    }
  }

  @Test
  void aDoubtedNeighbourIsAskedThoughItWasReachable() {
    link.resolvePeer();
    IpAddress peer = IpAddress.parse(PEER);
    link.sent();
    link.nif.doubtNeighbor(peer.hi(), peer.lo());
    assertEquals(NeighborState.STALE, link.state(PEER));
    outputNow("x", PEER);
    harness.runFor(5 * SECOND + 10 * TICK);
    assertEquals(List.of(frame(PEER_MAC, "x"), directRequest(PEER_MAC, PEER)), link.sent());
  }

  @Test
  void progressCannotConfirmWhoseAddressIsNotKnown() {
    IpAddress peer = IpAddress.parse(PEER);
    link.nif.confirmNeighbor(peer.hi(), peer.lo());
    assertNull(link.state(PEER));
    outputNow("x", PEER);
    link.nif.confirmNeighbor(peer.hi(), peer.lo());
    assertEquals(NeighborState.INCOMPLETE, link.state(PEER));
  }

  @Test
  void anUnaskedAnswerChangesTheAddressButConfirmsNothing() {
    link.resolvePeer();
    link.arpArrives(OWN_MAC, 2, OTHER_MAC, PEER, OWN_MAC, OWN);
    assertEquals(NeighborState.STALE, link.state(PEER));
    link.arpArrives(OWN_MAC, 2, OTHER_MAC, PEER, OWN_MAC, OWN);
    assertEquals(NeighborState.STALE, link.state(PEER));
    outputNow("x", PEER);
    assertEquals(List.of(frame(OTHER_MAC, "x")), link.sent());
  }

  @Test
  void aKnownPeersQuestionLeavesItAsItIs() {
    link.resolvePeer();
    link.arpArrives(BROADCAST, 1, PEER_MAC, PEER, NO_MAC, OWN);
    assertEquals(NeighborState.REACHABLE, link.state(PEER));
  }

  @Test
  void aNewAddressEndsTheQuestionsToTheOldOne() {
    becomesStale();
    outputNow("x", PEER);
    link.sent();
    link.arpArrives(BROADCAST, 1, OTHER_MAC, PEER, NO_MAC, PEER);
    harness.runFor(20 * SECOND);
    assertEquals(List.of(), link.sent());
    assertEquals(NeighborState.STALE, link.state(PEER));
  }

  @Test
  void progressConfirmsAStaleNeighbourButNotAFailedOne() {
    becomesStale();
    IpAddress peer = IpAddress.parse(PEER);
    link.nif.confirmNeighbor(peer.hi(), peer.lo());
    assertEquals(NeighborState.REACHABLE, link.state(PEER));
    IpAddress silent = IpAddress.parse("192.0.2.9");
    link.output("x", "192.0.2.9");
    harness.runFor(3 * SECOND + 10 * TICK);
    link.nif.confirmNeighbor(silent.hi(), silent.lo());
    assertEquals(NeighborState.FAILED, link.state("192.0.2.9"));
  }

  // The table.

  private static String address(int number) {
    return Ipv4Address.format(0x0a00_0001 + number);
  }

  @Test
  void theTableIsBoundedAndForgetsTheLongestUnused() {
    link = new LinkFixture(new LoopHarness(), "10.0.0.1/8");
    try (LoopHarness own = link.harness) {
      link.open();
      for (int i = 1; i <= NeighborCache.MAX_NEIGHBORS; i++) {
        link.output("x", address(i));
        own.settle();
        link.arpArrives(OWN_MAC, 2, PEER_MAC, address(i), OWN_MAC, address(0));
      }
      link.output("used again", address(1));
      own.settle();
      link.sent();
      link.output("one more", address(5000));
      assertEquals(NeighborCache.MAX_NEIGHBORS, link.nif.neighbors().size());
      assertNotNull(link.state(address(1)));
      assertNull(link.state(address(2)));
      assertNotNull(link.state(address(3)));
      assertEquals(1, link.nif.counters().value(LinkCounter.NEIGHBORS_EVICTED));
    }
  }

  @Test
  void whoOnlyClaimsToExistDoesNotPushOutWhomWeSpeakWith() {
    link = new LinkFixture(new LoopHarness(), "10.0.0.1/8");
    try (LoopHarness own = link.harness) {
      link.open();
      link.output("x", address(1));
      own.settle();
      link.arpArrives(OWN_MAC, 2, PEER_MAC, address(1), OWN_MAC, address(0));
      for (int i = 2; i < 3000; i++) {
        link.arpArrives(BROADCAST, 1, OTHER_MAC, address(i), NO_MAC, address(0));
      }
      assertEquals(NeighborCache.MAX_NEIGHBORS, link.nif.neighbors().size());
      assertEquals(NeighborState.REACHABLE, link.state(address(1)));
      assertEquals(2999 - 1024, link.nif.counters().value(LinkCounter.NEIGHBORS_EVICTED));
    }
  }

  @Test
  void aScanLeavesOthersTheirPlace() {
    link = new LinkFixture(new LoopHarness(), "10.0.0.1/8");
    try (LoopHarness own = link.harness) {
      link.open();
      for (int i = 1; i <= 300; i++) {
        link.output("scan", address(i));
      }
      assertEquals(NeighborCache.MAX_INCOMPLETE, link.nif.neighbors().size());
      assertEquals("{neighbor-queue-full=44}", link.drops());
      // The pipe holds more than these questions; when they have failed there is room again, and
      // when the link was down.
      own.runFor(4 * SECOND);
      for (int i = 1000; i <= 1300; i++) {
        link.output("scan", address(i));
      }
      link.pipe.plug(false);
      link.pipe.plug(true);
      own.runFor(4 * SECOND);
      link.sent();
      link.output("next", address(400));
      own.settle();
      assertEquals(1, link.sent().size());
    }
  }

  @Test
  void neighboursAreListedByAddress() {
    Stream.of("192.0.2.40", "192.0.2.5", "192.0.2.200").forEach(each -> link.output("x", each));
    assertEquals(
        List.of("192.0.2.5", "192.0.2.40", "192.0.2.200"),
        link.nif.neighbors().stream().map(each -> each.address().toString()).toList());
  }
}
