package dev.tapstack.ip.v4;

import static dev.tapstack.testkit.IpHost.FAR;
import static dev.tapstack.testkit.IpHost.ME;
import static dev.tapstack.testkit.IpHost.PEER;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.ip.Hook;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.IpConfig;
import dev.tapstack.ip.Verdict;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.IpHost.Sent;
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
import org.junit.jupiter.params.provider.ValueSource;

/** Echo answered, errors sent and received (RFC 792, RFC 1122 3.2.2). */
class IcmpTest {
  private static final int ECHO_REPLY = 0;
  private static final int UNREACHABLE = 3;
  private static final int ECHO = 8;
  private static final int UNKNOWN_PROTOCOL = 254;

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private IpHost host;

  @BeforeEach
  void start() {
    host = new IpHost(harness);
  }

  private static byte[] from20(byte[] packet) {
    return Arrays.copyOfRange(packet, 20, packet.length);
  }

  /** An ICMP message as it stands behind the IP header. */
  private static byte[] message(int type, int code, int rest, byte[] data) {
    return from20(V4.of(ME, PEER).icmp(type, code, rest, data).bytes());
  }

  // Echo.

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 56, 57, 1472})
  void anEchoComesBackAsItWasSent(int size) {
    byte[] data = V4.data(size, 5);
    host.receive(V4.of(PEER, ME).tos(0xb8).icmp(ECHO, 0, 0xabcd0001, data));
    byte[] reply = host.theOneSent();
    assertArrayEquals(message(ECHO_REPLY, 0, 0xabcd0001, data), from20(reply));
    assertEquals(0xb8, reply[1] & 0xff, "TOS");
    assertEquals(64, reply[8], "TTL");
    assertArrayEquals(V4.octets(10, 0, 0, 1, 10, 0, 0, 2), Arrays.copyOfRange(reply, 12, 20));
    assertEquals(0, V4.checksum(Arrays.copyOf(reply, 20)));
    assertEquals(Map.of(), host.drops());
    assertEquals(
        Map.of("echo-requests-received", 1L, "echo-replies-sent", 1L),
        host.v4().icmp().counters().nonZero());
  }

  @Test
  void theLargestEchoComesBackInFragments() {
    byte[] data = V4.data(65_507, 5);
    byte[] request = V4.of(PEER, ME).icmp(ECHO, 0, 1, data).bytes();
    byte[] payload = from20(request);
    for (int at = 0; at < payload.length; at += 1480) {
      int end = Math.min(payload.length, at + 1480);
      host.receive(
          V4.of(PEER, ME)
              .protocol(V4.ICMP)
              .fragment(at, end < payload.length)
              .payload(Arrays.copyOfRange(payload, at, end)));
    }
    byte[] reply = {};
    for (Sent fragment : host.sent()) {
      reply = V4.concat(reply, from20(fragment.bytes()));
    }
    assertArrayEquals(message(ECHO_REPLY, 0, 1, data), reply);
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.255", "255.255.255.255", "224.0.0.1"})
  void anEchoToAGroupIsNotAnswered(String group) {
    host.receive(V4.of(PEER, group).icmp(ECHO, 0, 1, new byte[8]));
    assertEquals(Map.of("icmp-echo-to-group", 1L), host.drops());
    assertEquals(List.of(), host.sent());
  }

  @Test
  void badMessagesAreDropped() {
    byte[] echo = message(ECHO, 0, 1, new byte[4]);
    for (int length = 0; length < 8; length++) {
      host.receive(V4.of(PEER, ME).protocol(V4.ICMP).payload(Arrays.copyOf(echo, length)));
    }
    assertEquals(Map.of("icmp-truncated", 8L), host.drops());
    for (int bit = 0; bit < echo.length * 8; bit++) {
      byte[] wrong = echo.clone();
      wrong[bit / 8] ^= (byte) (1 << bit % 8);
      host.receive(V4.of(PEER, ME).protocol(V4.ICMP).payload(wrong));
    }
    assertEquals(Map.of("icmp-truncated", 8L, "icmp-bad-checksum", 96L), host.drops());
    assertEquals(List.of(), host.sent());
  }

  @ParameterizedTest
  @CsvSource({
    "0, icmp-no-socket",
    "4, icmp-unknown-type",
    "5, icmp-unknown-type",
    "9, icmp-unknown-type",
    "13, icmp-unknown-type",
    "15, icmp-unknown-type",
    "40, icmp-unknown-type",
    "255, icmp-unknown-type"
  })
  void otherTypesAreDroppedInSilence(int type, String reason) {
    host.receive(V4.of(PEER, ME).icmp(type, 0, 0, V4.of(ME, PEER).payload(new byte[8]).bytes()));
    assertEquals(Map.of(reason, 1L), host.drops());
    assertEquals(List.of(), host.sent());
  }

  // Errors of ours.

  private static V4 unknown(int size) {
    return V4.of(PEER, ME).protocol(UNKNOWN_PROTOCOL).payload(V4.data(size, 3));
  }

  @ParameterizedTest
  @CsvSource({"0, 48", "8, 56", "528, 576", "529, 576", "1480, 576"})
  void anErrorQuotesUpTo576Bytes(int size, int expected) {
    host.receive(unknown(size));
    byte[] error = host.theOneSent();
    assertEquals(expected, error.length);
    byte[] quote = Arrays.copyOf(unknown(size).bytes(), error.length - 28);
    assertArrayEquals(message(UNREACHABLE, 2, 0, quote), from20(error));
    assertArrayEquals(V4.octets(10, 0, 0, 1, 10, 0, 0, 2), Arrays.copyOfRange(error, 12, 20));
  }

  @Test
  void nothingIsSentAboutBroadcastsGroupsAndTheirFrames() {
    for (String group : List.of("10.0.0.255", "255.255.255.255", "224.0.0.1")) {
      host.receive(V4.of(PEER, group).protocol(UNKNOWN_PROTOCOL));
      host.receive(V4.of(PEER, group).udp(1, 2, new byte[4]));
    }
    assertEquals(Map.of("ip-unknown-protocol", 3L, "udp-port-closed", 3L), host.drops());
    assertEquals(List.of(), host.sent());
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5, 11, 12, 40, 0, 13})
  void nothingIsSentAboutWhatMayBeAnError(int type) {
    // A bad option is what an ICMP message of any type can be reported for.
    host.receive(V4.of(PEER, ME).options(7, 99, 4, 0).icmp(type, 0, 0, new byte[28]));
    assertEquals(Map.of("ip-bad-option", 1L), host.drops());
    assertEquals(List.of(), host.sent());
    host.receive(V4.of(PEER, ME).options(7, 99, 4, 0).icmp(ECHO, 0, 0, new byte[28]));
    assertEquals(1, host.sent().size());
  }

  @Test
  void nothingIsSentAboutALaterFragment() {
    host.receive(V4.of(PEER, ME).options(7, 99, 4, 0).fragment(8, false).payload(new byte[9]));
    assertEquals(Map.of("ip-bad-option", 1L), host.drops());
    assertEquals(List.of(), host.sent());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "224.0.0.9", "255.255.255.255", "240.1.1.1", "10.0.0.255"})
  void nothingIsSentToWhoIsNobody(String source) {
    // The loopback interface lets such sources in.
    byte[] packet = V4.of(source, ME).protocol(UNKNOWN_PROTOCOL).bytes();
    host.receive(host.lo(), packet, 0);
    assertEquals(Map.of("ip-unknown-protocol", 1L), host.drops());
    assertEquals(List.of(), host.sent());
  }

  @Test
  void anErrorComesFromTheAddressThatWasHit() {
    byte[] packet = V4.of("127.0.0.5", "127.3.3.3").protocol(UNKNOWN_PROTOCOL).bytes();
    host.receive(host.lo(), packet, 0);
    byte[] error = host.sentToSelf().get(0).bytes();
    assertArrayEquals(V4.octets(127, 3, 3, 3, 127, 0, 0, 5), Arrays.copyOfRange(error, 12, 20));
  }

  @ParameterizedTest
  @CsvSource({
    "NET_UNREACHABLE, 3, 0, 0",
    "HOST_UNREACHABLE, 3, 1, 0",
    "PROTOCOL_UNREACHABLE, 3, 2, 0",
    "PORT_UNREACHABLE, 3, 3, 0",
    "TOO_BIG, 3, 4, 1400",
    "PROHIBITED, 3, 13, 0",
    "TTL_EXCEEDED, 11, 0, 0",
    "REASSEMBLY_EXCEEDED, 11, 1, 0",
    "PARAMETER_PROBLEM, 12, 0, 0x14000000"
  })
  void eachKindHasItsTypeAndCode(IcmpError kind, int type, int code, int rest) {
    int info = kind == IcmpError.PARAMETER_PROBLEM ? 20 : rest;
    host.ip()
        .addHook(
            HookPoint.PREROUTING,
            Hook.of((at, packet) -> {
              host.ip().report(kind, packet, info);
              return Verdict.drop(DropReason.FILTERED);
            }));
    V4 packet = V4.of(PEER, FAR).payload(new byte[9]);
    host.receive(packet);
    byte[] error = host.theOneSent();
    assertArrayEquals(message(type, code, rest, packet.bytes()), from20(error));
    // About what was not for us: from the interface that it came by.
    assertArrayEquals(V4.octets(10, 0, 0, 1, 10, 0, 0, 2), Arrays.copyOfRange(error, 12, 20));
  }

  @Test
  void aBurstOfErrorsAndThenARate() {
    IpConfig config = new IpConfig(64, 1 << 20, 1 << 20, 10, 5);
    host = new IpHost(harness, 1500, config);
    for (int i = 0; i < 8; i++) {
      host.receive(unknown(8));
    }
    assertEquals(5, host.sent().size());
    harness.runFor(100_000_000); // a token's time
    host.receive(unknown(8));
    host.receive(unknown(8));
    assertEquals(1, host.sent().size());
    harness.runFor(60_000_000_000L); // the bucket does not hold more than the burst
    for (int i = 0; i < 8; i++) {
      host.receive(unknown(8));
    }
    assertEquals(5, host.sent().size());
    assertEquals(
        Map.of("errors-sent", 11L, "errors-rate-limited", 7L),
        host.v4().icmp().counters().nonZero());
    assertEquals(Map.of("ip-unknown-protocol", 18L), host.drops());
  }

  // Errors received.

  private static byte[] quote(String from, String to) {
    return V4.of(from, to).protocol(V4.EXPERIMENT).payload(V4.data(8, 66)).bytes();
  }

  private void receiveError(int type, int code, int rest, byte[] quote) {
    host.receive(V4.of(FAR, ME).icmp(type, code, rest, quote));
  }

  @ParameterizedTest
  @CsvSource({
    "3, 0, NET_UNREACHABLE",
    "3, 1, HOST_UNREACHABLE",
    "3, 2, PROTOCOL_UNREACHABLE",
    "3, 3, PORT_UNREACHABLE",
    "3, 5, NET_UNREACHABLE",
    "3, 6, NET_UNREACHABLE",
    "3, 7, HOST_UNREACHABLE",
    "3, 8, NET_UNREACHABLE",
    "3, 9, PROHIBITED",
    "3, 10, PROHIBITED",
    "3, 11, NET_UNREACHABLE",
    "3, 12, HOST_UNREACHABLE",
    "3, 13, PROHIBITED",
    "11, 0, TTL_EXCEEDED",
    "11, 1, REASSEMBLY_EXCEEDED",
    "12, 0, PARAMETER_PROBLEM"
  })
  void anErrorReachesTheTransportItIsAbout(int type, int code, String kind) {
    receiveError(type, code, 0xffff_ffff, quote(ME, PEER));
    assertEquals(
        List.of(kind + " 10.0.0.1>10.0.0.2 bytes=8 first=66 mtu=0"), host.recorder().errors());
    assertEquals(Map.of(), host.drops());
    assertEquals(Map.of("errors-received", 1L), host.v4().icmp().counters().nonZero());
  }

  @Test
  void fragmentationNeededBringsTheMtu() {
    receiveError(3, 4, 1280, quote(ME, FAR));
    assertEquals(
        List.of("TOO_BIG 10.0.0.1>192.0.2.9 bytes=8 first=66 mtu=1280"), host.recorder().errors());
  }

  @Test
  void unknownCodesAreDropped() {
    receiveError(3, 14, 0, quote(ME, PEER));
    receiveError(11, 2, 0, quote(ME, PEER));
    assertEquals(Map.of("icmp-unknown-type", 2L), host.drops());
    assertEquals(List.of(), host.recorder().errors());
  }

  @Test
  void aQuoteMustBeWholeEnoughAndOurs() {
    byte[] good = quote(ME, PEER);
    for (int length = 0; length < good.length; length++) {
      receiveError(3, 1, 0, Arrays.copyOf(good, length));
    }
    assertEquals(Map.of("icmp-bad-quote", 28L), host.drops());
    receiveError(3, 1, 0, quote(PEER, ME)); // not from us
    receiveError(3, 1, 0, quote("10.0.0.255", PEER));
    byte[] version6 = good.clone();
    version6[0] = 0x65;
    receiveError(3, 1, 0, version6);
    byte[] shortHeader = good.clone();
    shortHeader[0] = 0x44;
    receiveError(3, 1, 0, shortHeader);
    receiveError(3, 1, 0, V4.of(ME, PEER).fragment(8, false).payload(new byte[8]).bytes());
    byte[] shortTotal = good.clone();
    shortTotal[3] = 27;
    receiveError(3, 1, 0, shortTotal);
    assertEquals(Map.of("icmp-bad-quote", 34L), host.drops());
    assertEquals(List.of(), host.recorder().errors());
  }

  @Test
  void bytesBehindTheQuotedPacketAreNotPartOfIt() {
    receiveError(3, 1, 0, V4.concat(quote(ME, PEER), new byte[100])); // RFC 4884 extensions
    assertEquals(
        List.of("HOST_UNREACHABLE 10.0.0.1>10.0.0.2 bytes=8 first=66 mtu=0"),
        host.recorder().errors());
  }

  @Test
  void anErrorThatNobodyBelievesIsCounted() {
    host.recorder().onlyFlow(1);
    receiveError(3, 1, 0, quote(ME, PEER));
    receiveError(3, 1, 0, V4.of(ME, PEER).protocol(UNKNOWN_PROTOCOL).payload(new byte[8]).bytes());
    receiveError(3, 1, 0, V4.of(ME, PEER).icmp(ECHO_REPLY, 0, 0, new byte[0]).bytes());
    assertEquals(Map.of("icmp-no-socket", 3L), host.drops());
  }

  @Test
  void anErrorInABroadcastFrameIsNotForUs() {
    byte[] error = V4.of(FAR, ME).icmp(3, 1, 0, quote(ME, PEER)).bytes();
    host.receive(host.eth(), error, Packet.LINK_BROADCAST);
    assertEquals(List.of(), host.recorder().errors());
  }
}
