package dev.tapstack.link;

import static dev.tapstack.link.LinkFixture.BROADCAST;
import static dev.tapstack.link.LinkFixture.OWN_MAC;
import static dev.tapstack.link.LinkFixture.PEER_MAC;
import static dev.tapstack.link.LinkFixture.frame;
import static dev.tapstack.link.LinkFixture.hexText;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.testkit.LoopHarness;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class EthernetLinkTest {
  private static final String IPV4 = "0800";

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private LinkFixture link;

  @BeforeEach
  void open() {
    link = new LinkFixture(harness).open();
  }

  @Test
  void framesForOwnBroadcastAndAllSystemsComeUp() {
    link.arrives(OWN_MAC, PEER_MAC, IPV4, hexText("own"));
    link.arrives(BROADCAST, PEER_MAC, IPV4, hexText("broadcast"));
    link.arrives("01005e000001", PEER_MAC, IPV4, hexText("all systems"));
    assertEquals(List.of("own", "broadcast", "all systems"), link.received);
    assertEquals(List.of(0, 1, 2), link.receivedMarks);
    assertEquals("{}", link.drops());
    assertEquals(3, link.ledger.polledCount());
    assertEquals(3, link.ledger.deliveredCount());
    assertEquals(3, link.nif.counters().value(LinkCounter.FRAMES_IN));
    assertEquals(14 * 3 + 3 + 9 + 11, link.nif.counters().value(LinkCounter.BYTES_IN));
  }

  @Test
  void framesForOthersAreDropped() {
    link.arrives("020000000009", PEER_MAC, IPV4, "45");
    link.arrives("01005e000002", PEER_MAC, IPV4, "45");
    link.arrives("333300000001", PEER_MAC, "86dd", "60");
    assertEquals(List.of(), link.received);
    assertEquals("{ethernet-not-for-us=3}", link.drops());
  }

  @Test
  void aRuntIsDroppedAtEveryLengthBelowAHeader() {
    for (int length = 1; length < 14; length++) {
      link.arrives((OWN_MAC + PEER_MAC + IPV4).substring(0, 2 * length));
    }
    assertEquals("{ethernet-runt=13}", link.drops());
    link.arrives(OWN_MAC, PEER_MAC, IPV4);
    assertEquals(List.of(""), link.received);
  }

  @Test
  void groupsAndOurselvesAreNoSources() {
    link.arrives(OWN_MAC, BROADCAST, IPV4, "45");
    link.arrives(OWN_MAC, "01005e000001", IPV4, "45");
    link.arrives(BROADCAST, OWN_MAC, IPV4, "45");
    assertEquals("{ethernet-bad-source=3}", link.drops());
  }

  @Test
  void unknownTypesVlanTagsAndLengthsOf8023AreDropped() {
    link.arrives(OWN_MAC, PEER_MAC, "88cc", "00");
    link.arrives(OWN_MAC, PEER_MAC, "8100", "00010800");
    link.arrives(OWN_MAC, PEER_MAC, "0026", "424203");
    assertEquals("{ethernet-unknown-type=3}", link.drops());
    assertEquals(List.of(), link.received);
  }

  private boolean join(Ipv4Address group) {
    return link.nif.joinGroup(group.hi(), group.lo());
  }

  private void leave(Ipv4Address group) {
    link.nif.leaveGroup(group.hi(), group.lo());
  }

  @Test
  void aGroupIsReceivedUntilItWasLeftAsOftenAsJoined() {
    // Both groups have the same MAC address: the 33rd to 37th bit are not in it (RFC 1112 6.4).
    Ipv4Address one = Ipv4Address.parse("224.1.2.3");
    Ipv4Address other = Ipv4Address.parse("239.129.2.3");
    assertTrue(join(one));
    assertTrue(join(other));
    link.arrives("01005e010203", PEER_MAC, IPV4, hexText("a"));
    leave(one);
    link.arrives("01005e010203", PEER_MAC, IPV4, hexText("b"));
    leave(other);
    leave(other);
    link.arrives("01005e010203", PEER_MAC, IPV4, hexText("c"));
    assertEquals(List.of("a", "b"), link.received);
    assertEquals("{ethernet-not-for-us=1}", link.drops());
  }

  @Test
  void groupsAreBounded() {
    // 224.0.0.1 has one of the 64 places.
    for (int i = 0; i < 63; i++) {
      assertTrue(join(Ipv4Address.of(0xe100_0010 + i)));
    }
    assertFalse(join(Ipv4Address.of(0xe100_1000)));
    assertTrue(join(Ipv4Address.of(0xe100_0010)), "a group joined already");
    leave(Ipv4Address.of(0xe100_0011));
    assertTrue(join(Ipv4Address.of(0xe100_1000)));
  }

  @Test
  void groupsAndBroadcastsGoOutWithoutAQuestion() {
    link.output("limited", "255.255.255.255");
    link.output("directed", "192.0.2.255");
    link.output("group", "239.129.2.3");
    harness.settle();
    assertEquals(
        List.of(
            frame(BROADCAST, "limited"),
            frame(BROADCAST, "directed"),
            frame("01005e010203", "group")),
        link.sent());
    assertEquals(3, link.ledger.sentCount() - 2, "beside two announcements");
  }

  @Test
  void downIsDroppedByNameAndEverythingGoesOnAfterwards() {
    link.resolvePeer();
    link.output("waits", "192.0.2.9");
    link.pipe.plug(false);
    assertEquals("{device-down=1}", link.drops());
    link.output("down", LinkFixture.PEER);
    link.output("down", "255.255.255.255");
    assertEquals("{device-down=3}", link.drops());
    assertEquals(List.of(), link.nif.neighbors());
    harness.runFor(10 * LinkFixture.SECOND);
    link.sent();

    link.pipe.plug(true);
    harness.runFor(3 * LinkFixture.SECOND);
    String announcement = LinkFixture.announcement(LinkFixture.OWN);
    assertEquals(List.of(announcement, announcement), link.sent());
    link.resolvePeer();
    assertEquals("{device-down=3}", link.drops());
  }

  @Test
  void closingDropsWhatWaitsAndLeavesNoTimer() {
    link.output("waits", "192.0.2.9");
    link.nif.close();
    assertEquals("{stack-closed=1}", link.drops());
    assertEquals(0, harness.loop().timers().armed());
    link.output("after", "192.0.2.9");
    assertEquals("{device-down=1, stack-closed=1}", link.drops());
  }
}
