package dev.tapstack.ip;

import static dev.tapstack.testkit.IpHost.FAR;
import static dev.tapstack.testkit.IpHost.ME;
import static dev.tapstack.testkit.IpHost.PEER;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.packet.Packet;
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
import org.junit.jupiter.params.provider.ValueSource;

/** What is delivered, what is dropped, and under which name (RFC 791, RFC 1122 3.2.1). */
class IpInputTest {
  private static final byte[] DATA = V4.data(40, 3);

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private IpHost host;

  @BeforeEach
  void start() {
    host = new IpHost(harness);
  }

  private static V4 datagram(String from, String to) {
    return V4.of(from, to).payload(DATA);
  }

  private void assertDelivered() {
    assertEquals(Map.of(), host.drops());
    List<byte[]> received = host.recorder().take();
    assertEquals(1, received.size());
    assertArrayEquals(DATA, received.get(0));
  }

  private void assertDropped(String reason) {
    assertEquals(Map.of(reason, 1L), host.drops());
    assertEquals(List.of(), host.recorder().take());
  }

  @Test
  void aDatagramForThisHostIsDelivered() {
    host.receive(datagram(PEER, ME));
    assertDelivered();
    assertEquals(Map.of("received", 1L, "delivered", 1L), host.ip().counters().nonZero());
    assertEquals(1, host.ledger().deliveredCount());
  }

  @Test
  void paddingBehindTheTotalLengthIsCutOff() {
    host.receive(V4.concat(datagram(PEER, ME).bytes(), new byte[6]));
    assertDelivered();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aSpentTtlIsDeliveredLocally(int ttl) {
    host.receive(datagram(PEER, ME).ttl(ttl));
    assertDelivered();
  }

  @Test
  void everyCutOfAPacketIsTruncated() {
    byte[] whole = datagram(PEER, ME).bytes();
    for (int length = 0; length < whole.length; length++) {
      host.receive(Arrays.copyOf(whole, length));
    }
    assertEquals(Map.of("ip-truncated", (long) whole.length), host.drops());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 5, 6, 15})
  void anotherVersionIsDropped(int version) {
    byte[] packet = datagram(PEER, ME).bytes();
    packet[0] = (byte) (version << 4 | 5);
    host.receive(V4.withHeaderChecksum(packet));
    assertDropped("ip-bad-version");
  }

  @Test
  void aHeaderShorterThanTwentyBytesIsDropped() {
    byte[] packet = datagram(PEER, ME).bytes();
    packet[0] = 0x44;
    host.receive(V4.withHeaderChecksum(packet));
    assertDropped("ip-bad-header-length");
  }

  @Test
  void aHeaderLongerThanThePacketIsDropped() {
    byte[] packet = V4.of(PEER, ME).payload(new byte[4]).bytes();
    packet[0] = 0x4f;
    host.receive(packet);
    assertDropped("ip-truncated");
  }

  @Test
  void anyBitOfTheHeaderIsUnderTheChecksum() {
    byte[] whole = datagram(PEER, ME).bytes();
    long wrong = 0;
    for (int bit = 8; bit < 20 * 8; bit++) { // the first octet's errors have names of their own
      byte[] packet = whole.clone();
      packet[bit / 8] ^= (byte) (1 << bit % 8);
      host.receive(packet);
      wrong++;
    }
    assertEquals(Map.of("ip-bad-checksum", wrong), host.drops());
  }

  @Test
  void aTotalLengthBelowTheHeadersIsDropped() {
    byte[] packet = datagram(PEER, ME).bytes();
    packet[3] = 19;
    host.receive(V4.withHeaderChecksum(packet));
    assertDropped("ip-bad-length");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "0.1.2.3",
        "127.0.0.1",
        "127.8.8.8",
        "224.0.0.1",
        "239.9.9.9",
        "240.0.0.1",
        "255.255.255.255",
        "10.0.0.255"
      })
  void aMartianSourceIsDropped(String source) {
    host.receive(datagram(source, ME));
    assertDropped("ip-martian-source");
  }

  @Test
  void ourOwnAddressAsSourceIsMartian() {
    host.receive(datagram(ME, "10.0.0.255"));
    assertDropped("ip-martian-source");
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.168.1.1", "172.16.0.9", "198.51.100.7", "100.64.0.1", "169.254.3.4"})
  void privateAndDocumentationSourcesAreWelcome(String source) {
    host.receive(datagram(source, ME));
    assertDelivered();
  }

  @ParameterizedTest
  @ValueSource(strings = {ME, PEER, "127.0.0.1", "224.0.0.1"})
  void theSameSourceAndDestinationIsLand(String address) {
    host.receive(datagram(address, address));
    assertDropped("ip-land");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "127.0.0.1", "127.1.1.1", "240.0.0.1", "255.255.255.254"})
  void aMartianDestinationIsDropped(String destination) {
    host.receive(datagram(PEER, destination));
    assertDropped("ip-martian-destination");
  }

  @Test
  void theLoopbackInterfaceHasNoMartians() {
    for (String address : List.of("127.0.0.1", "127.9.9.9", ME)) {
      host.receive(host.lo(), datagram(address, address).bytes(), 0);
      assertDelivered();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {Packet.LINK_BROADCAST, Packet.LINK_MULTICAST})
  void unicastInAGroupFrameIsDropped(int frame) {
    host.receive(host.eth(), datagram(PEER, ME).bytes(), frame);
    assertDropped("ip-unicast-in-broadcast");
  }

  @ParameterizedTest
  @ValueSource(strings = {"255.255.255.255", "10.0.0.255", "224.0.0.1"})
  void broadcastAndAllHostsAreDelivered(String group) {
    host.receive(host.eth(), datagram(PEER, group).bytes(), Packet.LINK_BROADCAST);
    assertDelivered();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.3", FAR, "10.0.1.255", "224.0.0.2", "239.1.2.3"})
  void whatIsNotForUsIsNotForwarded(String destination) {
    host.receive(datagram(PEER, destination));
    assertDropped("ip-not-for-us");
    assertEquals(List.of(), host.sent());
  }

  @Test
  void aFragmentForSomebodyElseIsNotKept() {
    host.receive(datagram(PEER, FAR).fragment(0, true));
    assertDropped("ip-not-for-us");
  }

  @Test
  void anUnknownProtocolIsReported() {
    host.receive(datagram(PEER, ME).protocol(254));
    assertDropped("ip-unknown-protocol");
    byte[] error = host.theOneSent();
    assertEquals(3, error[20], "destination unreachable");
    assertEquals(2, error[21], "protocol unreachable");
  }
}
