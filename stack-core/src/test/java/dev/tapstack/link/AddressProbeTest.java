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
import static dev.tapstack.link.LinkFixture.announcement;
import static dev.tapstack.link.LinkFixture.arpFrame;
import static dev.tapstack.link.LinkFixture.frame;
import static dev.tapstack.link.LinkFixture.hexText;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.testkit.LoopHarness;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Probing before an address is used: RFC 5227 2.1.1. */
class AddressProbeTest {
  private static final String SECOND_OWN = "198.51.100.1";

  /** RFC 5227 1.1: PROBE_WAIT + 2 * PROBE_MAX + ANNOUNCE_WAIT. */
  private static final long LONGEST = 7 * SECOND + 4 * TICK;

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private final List<String> events = new ArrayList<>();

  private LinkFixture probing(String... addresses) {
    LinkFixture link = new LinkFixture(harness, true, addresses);
    link.nif.listener(
        new InterfaceListener() {
          @Override
          public void linkChanged(NetInterface changed, boolean isUp) {
            events.add(isUp ? "up" : "down");
          }

          @Override
          public void removed(NetInterface lost, String why) {}

          @Override
          public void addressesInUse(NetInterface ready) {
            events.add("in use");
          }

          @Override
          public void addressTaken(NetInterface silent, IpAddress address, MacAddress other) {
            events.add(address + " is " + other + "'s");
          }
        });
    link.nif.open();
    return link;
  }

  private static String probe(String address) {
    return arpFrame(BROADCAST, OWN_MAC, 1, OWN_MAC, "0.0.0.0", NO_MAC, address);
  }

  /** The time until something is sent, which is {@code expected}. */
  private long nanosUntil(LinkFixture link, List<String> expected, long limit) {
    long begin = harness.nowNanos();
    List<String> sent = new ArrayList<>();
    assertTrue(
        harness.runUntil(
            () -> {
              sent.addAll(link.sent());
              return !sent.isEmpty();
            },
            limit),
        "nothing sent");
    harness.settle();
    sent.addAll(link.sent());
    assertEquals(expected, sent);
    return harness.nowNanos() - begin;
  }

  private static void assertWithin(long least, long most, long nanos) {
    assertTrue(nanos >= least && nanos <= most + 2 * TICK, nanos + " ns");
  }

  @Test
  void threeProbesAndAWaitBeforeTheAddressIsAnnounced() {
    LinkFixture link = probing("192.0.2.1/24");
    List<String> probe = List.of(probe(OWN));
    assertWithin(0, SECOND, nanosUntil(link, probe, 10 * SECOND));
    assertWithin(SECOND, 2 * SECOND, nanosUntil(link, probe, 10 * SECOND));
    assertWithin(SECOND, 2 * SECOND, nanosUntil(link, probe, 10 * SECOND));
    assertEquals(List.of(), events);
    assertFalse(link.nif.isInUse());
    List<String> announcement = List.of(announcement(OWN));
    assertWithin(2 * SECOND, 2 * SECOND, nanosUntil(link, announcement, 10 * SECOND));
    assertEquals(List.of("in use"), events);
    assertTrue(link.nif.isInUse());
    assertWithin(2 * SECOND, 2 * SECOND, nanosUntil(link, announcement, 10 * SECOND));
    harness.runFor(60 * SECOND);
    assertEquals(List.of(), link.sent());
    assertEquals(3, link.nif.counters().value(LinkCounter.ARP_PROBES_OUT));
    assertEquals(0, link.nif.counters().value(LinkCounter.ARP_REQUESTS_OUT));
  }

  @Test
  void everyAddressIsProbed() {
    LinkFixture link = probing("192.0.2.1/24", "198.51.100.1/24");
    harness.runFor(LONGEST);
    List<String> both = List.of(probe(OWN), probe(SECOND_OWN));
    assertEquals(both, link.sent().subList(4, 6));
  }

  @Test
  void theAddressIsNotUsedMeanwhile() {
    LinkFixture link = probing("192.0.2.1/24");
    link.arpArrives(BROADCAST, 1, PEER_MAC, PEER, NO_MAC, OWN);
    link.arrives(OWN_MAC, PEER_MAC, "0800", hexText("early"));
    link.output("early", PEER);
    link.output("early", "255.255.255.255");
    harness.settle();
    assertEquals(List.of(), link.sent());
    assertEquals(List.of(), link.received);
    assertEquals(List.of(), link.nif.neighbors());
    assertEquals("{address-not-in-use=4}", link.drops());
    harness.runFor(LONGEST);
    assertEquals(List.of("in use"), events);
    link.sent();
    link.arrives(OWN_MAC, PEER_MAC, "0800", hexText("now"));
    assertEquals(List.of("now"), link.received);
    link.output("now", "255.255.255.255");
    harness.settle();
    assertEquals(List.of(frame(BROADCAST, "now")), link.sent());
  }

  /** Until ANNOUNCE_WAIT after the last probe; with the seed at hand probing takes 5 s or more. */
  @ParameterizedTest
  @ValueSource(longs = {0, SECOND, 3 * SECOND, 5 * SECOND})
  void whoSpeaksFromTheAddressHasIt(long after) {
    LinkFixture link = probing("192.0.2.1/24", "198.51.100.1/24");
    harness.runFor(after);
    link.sent();
    link.arpArrives(OWN_MAC, 2, OTHER_MAC, SECOND_OWN, OWN_MAC, "0.0.0.0");
    assertEquals(List.of(SECOND_OWN + " is 02:00:00:00:00:03's"), events);
    harness.runFor(60 * SECOND);
    assertEquals(List.of(), link.sent());
    assertFalse(link.nif.isInUse());
    assertEquals(1, link.nif.counters().value(LinkCounter.ARP_CONFLICTS));
    link.arpArrives(BROADCAST, 1, OTHER_MAC, OWN, NO_MAC, OWN);
    assertEquals(1, events.size(), "told once");
    link.arpArrives(BROADCAST, 1, PEER_MAC, PEER, NO_MAC, OWN);
    link.output("never", PEER);
    harness.settle();
    assertEquals(List.of(), link.sent());
  }

  @Test
  void whoProbesForTheSameAddressIsAConflictToo() {
    LinkFixture link = probing("192.0.2.1/24");
    link.arpArrives(BROADCAST, 1, OTHER_MAC, "0.0.0.0", NO_MAC, "192.0.2.9");
    assertEquals(List.of(), events, "another address");
    link.arpArrives(BROADCAST, 1, OTHER_MAC, "0.0.0.0", NO_MAC, OWN);
    assertEquals(List.of(OWN + " is 02:00:00:00:00:03's"), events);
  }

  @Test
  void ourOwnProbeThatComesBackIsNoConflict() {
    LinkFixture link = probing("192.0.2.1/24");
    link.arrives(probe(OWN));
    // Behind a bridge that has put its own address in front.
    link.arrives(arpFrame(BROADCAST, PEER_MAC, 1, OWN_MAC, "0.0.0.0", NO_MAC, OWN));
    assertEquals(List.of(), events);
  }

  @Test
  void aLinkThatComesUpAgainIsProbedAgain() {
    LinkFixture link = probing("192.0.2.1/24");
    link.arpArrives(OWN_MAC, 2, OTHER_MAC, OWN, OWN_MAC, "0.0.0.0");
    link.pipe.plug(false);
    harness.settle();
    link.pipe.plug(true);
    harness.runFor(LONGEST);
    assertEquals(List.of(OWN + " is 02:00:00:00:00:03's", "down", "up", "in use"), events);
    assertTrue(link.nif.isInUse());
  }

  @Test
  void aLinkThatGoesDownMeanwhileEndsIt() {
    LinkFixture link = probing("192.0.2.1/24");
    harness.runFor(SECOND);
    link.pipe.plug(false);
    harness.settle();
    assertEquals(0, harness.loop().timers().armed());
    link.sent();
    harness.runFor(LONGEST);
    assertEquals(List.of("down"), events);
    assertEquals(List.of(), link.sent());
  }
}
