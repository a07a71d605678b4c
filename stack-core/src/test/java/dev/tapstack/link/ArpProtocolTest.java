package dev.tapstack.link;

import static dev.tapstack.link.LinkFixture.BROADCAST;
import static dev.tapstack.link.LinkFixture.NO_MAC;
import static dev.tapstack.link.LinkFixture.OTHER_MAC;
import static dev.tapstack.link.LinkFixture.OWN;
import static dev.tapstack.link.LinkFixture.OWN_MAC;
import static dev.tapstack.link.LinkFixture.PEER;
import static dev.tapstack.link.LinkFixture.PEER_MAC;
import static dev.tapstack.link.LinkFixture.SECOND;
import static dev.tapstack.link.LinkFixture.announcement;
import static dev.tapstack.link.LinkFixture.arpFrame;
import static dev.tapstack.link.LinkFixture.frame;
import static dev.tapstack.link.LinkFixture.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.tapstack.testkit.LoopHarness;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArpProtocolTest {
  private static final int REQUEST = 1;
  private static final int REPLY = 2;

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private LinkFixture openLink() {
    return new LinkFixture(harness).open();
  }

  private static String reply(String mac, String address) {
    return arpFrame(mac, OWN_MAC, 2, OWN_MAC, OWN, mac, address);
  }

  // RFC 826, "Packet Reception".

  @Test
  void aQuestionForUsIsAnsweredAndItsSenderLearnt() {
    LinkFixture link = openLink();
    link.arpArrives(BROADCAST, REQUEST, PEER_MAC, PEER, NO_MAC, OWN);
    assertEquals(List.of(reply(PEER_MAC, PEER)), link.sent());
    assertEquals(NeighborState.STALE, link.state(PEER));
    link.output("known", PEER);
    harness.settle();
    assertEquals(List.of(frame(PEER_MAC, "known")), link.sent());
    assertEquals("{}", link.drops());
    assertEquals(1, link.nif.counters().value(LinkCounter.ARP_REQUESTS_IN));
    assertEquals(1, link.nif.counters().value(LinkCounter.ARP_REPLIES_OUT));
  }

  @Test
  void aPaddedQuestionIsAnsweredToo() {
    LinkFixture link = openLink();
    String padding = "00".repeat(18);
    link.arrives(arpFrame(BROADCAST, PEER_MAC, REQUEST, PEER_MAC, PEER, NO_MAC, OWN) + padding);
    assertEquals(List.of(reply(PEER_MAC, PEER)), link.sent());
  }

  @Test
  void aQuestionForAnotherIsNotAnsweredAndMakesNoEntry() {
    LinkFixture link = openLink();
    link.arpArrives(BROADCAST, REQUEST, PEER_MAC, PEER, NO_MAC, "192.0.2.9");
    assertEquals(List.of(), link.sent());
    assertNull(link.state(PEER));
    assertEquals("{arp-not-for-us=1}", link.drops());
  }

  @Test
  void aQuestionForAnotherUpdatesAnEntryThatIsThere() {
    LinkFixture link = openLink();
    link.resolvePeer();
    link.arpArrives(BROADCAST, REQUEST, OTHER_MAC, PEER, NO_MAC, "192.0.2.9");
    link.output("moved", PEER);
    harness.settle();
    assertEquals(List.of(frame(OTHER_MAC, "moved")), link.sent());
  }

  @Test
  void aSenderFromElsewhereIsAnsweredButNotLearnt() {
    LinkFixture link = openLink();
    link.arpArrives(BROADCAST, REQUEST, PEER_MAC, "198.51.100.7", NO_MAC, OWN);
    assertEquals(List.of(reply(PEER_MAC, "198.51.100.7")), link.sent());
    assertNull(link.state("198.51.100.7"));
  }

  @Test
  void anAnswerThatNobodyAskedForMakesNoEntry() {
    LinkFixture link = openLink();
    link.peerAnswers();
    assertNull(link.state(PEER));
    assertEquals(List.of(), link.sent());
  }

  @Test
  void everyTruncationIsMalformed() {
    LinkFixture link = openLink();
    String whole = arpFrame(BROADCAST, PEER_MAC, REQUEST, PEER_MAC, PEER, NO_MAC, OWN);
    for (int bytes = 14; bytes < 42; bytes++) {
      link.arrives(whole.substring(0, 2 * bytes));
    }
    assertEquals("{arp-malformed=28}", link.drops());
    assertEquals(List.of(), link.sent());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0006080006040001", // token ring
        "000186dd06040001", // not IPv4
        "0001080008040001", // hardware addresses of eight bytes
        "0001080006100001", // protocol addresses of sixteen
        "0001080006040003", // a reverse request
        "0001080006040000"
      })
  void whatIsNotEthernetAndIpv4IsMalformed(String head) {
    LinkFixture link = openLink();
    String whole = arpFrame(BROADCAST, PEER_MAC, REQUEST, PEER_MAC, PEER, NO_MAC, OWN);
    link.arrives(whole.substring(0, 28) + head + whole.substring(44));
    assertEquals("{arp-malformed=1}", link.drops());
    assertEquals(List.of(), link.sent());
  }

  // Senders that cannot be.

  @ParameterizedTest
  @ValueSource(strings = {"ffffffffffff", "01005e000001", "000000000000", OWN_MAC})
  void nothingIsLearntFromAGroupOrOurOwnMac(String mac) {
    LinkFixture link = openLink();
    // Another source in the Ethernet header, so that it passes the link's own check.
    link.arrives(arpFrame(BROADCAST, PEER_MAC, REQUEST, mac, PEER, NO_MAC, OWN));
    assertEquals("{arp-bad-sender=1}", link.drops());
    assertEquals(List.of(), link.sent());
    assertNull(link.state(PEER));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "255.255.255.255",
        "192.0.2.255",
        "224.0.0.1",
        "240.0.0.1",
        "127.0.0.1",
        "0.0.0.1"
      })
  void nothingIsLearntFromAnAddressThatNoHostHas(String address) {
    LinkFixture link = openLink();
    link.arpArrives(BROADCAST, REQUEST, PEER_MAC, address, NO_MAC, OWN);
    assertEquals("{arp-bad-sender=1}", link.drops());
    assertEquals(List.of(), link.sent());
    assertEquals(List.of(), link.nif.neighbors());
  }

  // RFC 5227.

  @Test
  void ourAddressesAreAnnouncedAtOnceAndTwoSecondsLater() {
    LinkFixture link = new LinkFixture(harness, "192.0.2.1/24", "198.51.100.1/24");
    link.nif.open();
    harness.settle();
    List<String> both = List.of(announcement(OWN), announcement("198.51.100.1"));
    assertEquals(both, link.sent());
    harness.runFor(2 * SECOND - 1);
    assertEquals(List.of(), link.sent());
    harness.runFor(LinkFixture.TICK + 1);
    assertEquals(both, link.sent());
    harness.runFor(60 * SECOND);
    assertEquals(List.of(), link.sent());
    assertEquals(4, link.nif.counters().value(LinkCounter.ARP_ANNOUNCEMENTS_OUT));
  }

  @Test
  void aProbeForOurAddressIsAnsweredAndTellsNothingOfItsSender() {
    LinkFixture link = openLink();
    link.arpArrives(BROADCAST, REQUEST, PEER_MAC, "0.0.0.0", NO_MAC, OWN);
    assertEquals(List.of(reply(PEER_MAC, "0.0.0.0")), link.sent());
    assertEquals(List.of(), link.nif.neighbors());
  }

  @Test
  void anAnnouncementUpdatesButDoesNotCreate() {
    LinkFixture link = openLink();
    link.arpArrives(BROADCAST, REQUEST, OTHER_MAC, PEER, NO_MAC, PEER);
    assertNull(link.state(PEER));
    link.resolvePeer();
    link.arpArrives(BROADCAST, REQUEST, OTHER_MAC, PEER, NO_MAC, PEER);
    assertEquals(NeighborState.STALE, link.state(PEER));
    link.output("moved", PEER);
    harness.settle();
    assertEquals(List.of(frame(OTHER_MAC, "moved")), link.sent());
    // As a broadcast reply too, which some send.
    link.arpArrives(BROADCAST, REPLY, PEER_MAC, PEER, BROADCAST, PEER);
    link.output("back", PEER);
    harness.settle();
    assertEquals(List.of(frame(PEER_MAC, "back")), link.sent());
    assertEquals("{arp-not-for-us=1}", link.drops());
  }

  @Test
  void aConflictIsDefendedOnceInTenSeconds() {
    LinkFixture link = openLink();
    link.arpArrives(BROADCAST, REQUEST, OTHER_MAC, OWN, NO_MAC, OWN);
    assertEquals(List.of(announcement(OWN)), link.sent());
    link.arpArrives(OWN_MAC, REPLY, OTHER_MAC, OWN, OWN_MAC, OWN);
    harness.runFor(10 * SECOND - 1);
    link.arpArrives(BROADCAST, REQUEST, OTHER_MAC, OWN, NO_MAC, PEER);
    assertEquals(List.of(), link.sent());
    harness.runFor(1);
    link.arpArrives(BROADCAST, REQUEST, OTHER_MAC, OWN, NO_MAC, OWN);
    assertEquals(List.of(announcement(OWN)), link.sent());
    assertEquals("{arp-bad-sender=4}", link.drops());
    assertEquals(4, link.nif.counters().value(LinkCounter.ARP_CONFLICTS));
  }

  // Asking.

  @Test
  void anAnswerToAllIsUsedButConfirmsNothing() {
    LinkFixture link = openLink();
    link.output("waits", PEER);
    harness.settle();
    link.sent();
    link.arpArrives(BROADCAST, REPLY, PEER_MAC, PEER, OWN_MAC, OWN);
    assertEquals(List.of(frame(PEER_MAC, "waits")), link.sent());
    assertEquals(NeighborState.DELAY, link.state(PEER));
  }

  @Test
  void theQuestionNamesOurAddressInTheTargetsSubnet() {
    LinkFixture link = new LinkFixture(harness, "192.0.2.1/24", "198.51.100.1/24").open();
    link.output("x", "198.51.100.9");
    link.output("y", "203.0.113.9");
    harness.settle();
    assertEquals(
        List.of(
            arpFrame(BROADCAST, OWN_MAC, 1, OWN_MAC, "198.51.100.1", NO_MAC, "198.51.100.9"),
            request("203.0.113.9")),
        link.sent());
  }

  // RFC 1027: a router answers for what is behind it.

  @Test
  void aQuestionForWhatIsBehindUsIsAnswered() {
    LinkFixture link = openLink();
    link.elsewhere = "192.0.2.200";
    link.arpArrives(BROADCAST, REQUEST, PEER_MAC, PEER, NO_MAC, "192.0.2.200");
    assertEquals(
        List.of(arpFrame(PEER_MAC, OWN_MAC, 2, OWN_MAC, "192.0.2.200", PEER_MAC, PEER)),
        link.sent());
    assertEquals(NeighborState.STALE, link.state(PEER));
  }

  @Test
  void onlyForWhatIsBehindUs() {
    LinkFixture link = openLink();
    link.elsewhere = "192.0.2.200";
    link.arpArrives(BROADCAST, REQUEST, PEER_MAC, PEER, NO_MAC, "192.0.2.201");
    assertEquals(List.of(), link.sent());
    assertEquals("{arp-not-for-us=1}", link.drops());
  }

  /** RFC 5227 2.1.1: an answer would take the address from who probes for it. */
  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "192.0.2.200"})
  void probesAndAnnouncementsAreNoQuestion(String sender) {
    LinkFixture link = openLink();
    link.elsewhere = "192.0.2.200";
    link.arpArrives(BROADCAST, REQUEST, PEER_MAC, sender, NO_MAC, "192.0.2.200");
    assertEquals(List.of(), link.sent());
    assertNull(link.state("192.0.2.200"));
  }
}
