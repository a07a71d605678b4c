package dev.tapstack.ip.v4;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.socket.UdpSocket;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.RawPeer;
import dev.tapstack.testkit.V4;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * IGMP as a host, by its frames: RFC 3376, and RFC 2236 and RFC 1112 where a router speaks them.
 */
class IgmpTest {
  private static final long SECOND = 1_000_000_000L;

  /** Nothing is early, and nothing later than the timing wheel's tick. */
  private static final long TICK = 1 << 20;

  private static final IpAddress GROUP = IpAddress.parse("239.1.2.3");
  private static final String ALL_SYSTEMS = "224.0.0.1";

  // As Linux 6.18 sends them with the same addresses.
  private static final String V3_HEADER =
      "01005e000016020000000001080046c000280000400001" + "0241f8c0000201e000001694040000";
  private static final String V3_JOIN = V3_HEADER + "2200e8f90000000104000000ef010203";
  private static final String V3_LEAVE = V3_HEADER + "2200e9f90000000103000000ef010203";
  private static final String V2_HEADER =
      "01005e010203020000000001080046c0002000004000010231" + "12c0000201ef01020394040000";
  private static final String V2_REPORT = V2_HEADER + "1600f8faef010203";
  private static final String V1_REPORT = V2_HEADER + "1200fcfaef010203";
  private static final String V2_LEAVE =
      "01005e000002020000000001080046c0002000004000010242"
          + "14c0000201e000000294040000"
          + "1700f7faef010203";

  /** MODE_IS_EXCLUDE (RFC 3376 4.2.12): the sum differs from that of the join by 0x0200. */
  private static final String V3_IS_MEMBER = V3_HEADER + "2200eaf90000000102000000ef010203";

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private PipeDevice wire;
  private Stack stack;
  private RawPeer router;
  private UdpSocket socket;

  @BeforeEach
  void start() {
    wire = new PipeDevice("eth0", "far", 1500);
    stack =
        harness.closeAfterTest(
            new Stack(
                harness.loop(),
                harness.pool(),
                StackConfig.named("host")
                    .attach(
                        wire,
                        MacAddress.parse("02:00:00:00:00:01"),
                        List.of(IpPrefix.parse("192.0.2.1/24")))
                    .seed(1)
                    .build()));
    router = new RawPeer(harness, wire.peer());
    socket = stack.bindUdp(Endpoint.parse("0.0.0.0:5000"), s -> {});
    harness.runFor(10 * SECOND);
    router.takeAll();
  }

  /** The frames of IGMP that were sent, as hex, taken out. */
  private List<String> sent() {
    harness.settle();
    return router.takeAll().stream()
        .filter(frame -> frame[12] == 8 && frame[13] == 0)
        .map(HexFormat.of()::formatHex)
        .toList();
  }

  private List<String> sentWithin(long nanos) {
    harness.runFor(nanos);
    return sent();
  }

  private long drops(String reason) {
    return stack.counters().get("drops").getOrDefault(reason, 0L);
  }

  private void joinAndForget() {
    socket.join(GROUP, null);
    sentWithin(20 * SECOND);
  }

  // What a router says.

  private static byte[] message(int... octets) {
    byte[] message = V4.octets(octets);
    int sum = V4.checksum(message);
    message[2] = (byte) (sum >> 8);
    message[3] = (byte) sum;
    return message;
  }

  private static byte[] query(int code, String group, int... more) {
    byte[] address = IpAddress.parse(group).toBytes();
    int[] head = {
      0x11, code, 0, 0, address[0] & 255, address[1] & 255, address[2] & 255, address[3]
    };
    int[] all = new int[8 + more.length];
    System.arraycopy(head, 0, all, 0, 8);
    System.arraycopy(more, 0, all, 8, more.length);
    return message(all);
  }

  private static byte[] v3Query(int code, String group, String... sources) {
    int[] more = new int[4 + 4 * sources.length];
    more[0] = 2;
    more[1] = 125;
    more[3] = sources.length;
    for (int i = 0; i < sources.length; i++) {
      int address = ByteBuffer.wrap(IpAddress.parse(sources[i]).toBytes()).getInt();
      for (int octet = 0; octet < 4; octet++) {
        more[4 + 4 * i + octet] = address >>> 8 * (3 - octet) & 255;
      }
    }
    return query(code, group, more);
  }

  private V4 toAll(byte[] message) {
    return from("192.0.2.9", ALL_SYSTEMS, message);
  }

  private static V4 from(String source, String destination, byte[] message) {
    return V4.of(source, destination).protocol(2).ttl(1).options(0x94, 4, 0, 0).payload(message);
  }

  private void arrives(V4 packet, String destination) {
    byte[] group = IpAddress.parse(destination).toBytes();
    byte[] header =
        V4.octets(1, 0, 0x5e, group[1] & 127, group[2], group[3], 2, 0, 0, 0, 0, 9, 8, 0);
    router.send(V4.concat(header, packet.bytes()));
    harness.settle();
  }

  private void arrives(V4 packet) {
    arrives(packet, ALL_SYSTEMS);
  }

  // Version 3: RFC 3376 5.1.

  @Test
  void joiningIsReportedAtOnceAndOnceMoreWithinASecond() {
    socket.join(GROUP, null);
    assertEquals(List.of(V3_JOIN), sent());
    assertEquals(List.of(V3_JOIN), sentWithin(SECOND + 2 * TICK));
    assertEquals(List.of(), sentWithin(1000 * SECOND));
    socket.leave(GROUP, null);
    assertEquals(List.of(V3_LEAVE), sent());
    assertEquals(List.of(V3_LEAVE), sentWithin(SECOND + 2 * TICK));
    assertEquals(List.of(), sentWithin(1000 * SECOND));
    assertEquals(4, stack.counters().get("igmp").get("reports-sent"));
    assertEquals(0, harness.loop().timers().armed());
  }

  @Test
  void whoRejoinsAtOnceSaysItsLastStateAlone() {
    socket.join(GROUP, null);
    socket.leave(GROUP, null);
    socket.join(GROUP, null);
    assertEquals(List.of(V3_JOIN, V3_LEAVE, V3_JOIN), sent());
    assertEquals(List.of(V3_JOIN), sentWithin(10 * SECOND));
  }

  @Test
  void onlyTheFirstSocketJoinsAndTheLastLeaves() {
    UdpSocket other = stack.bindUdp(Endpoint.parse("0.0.0.0:5001"), s -> {});
    joinAndForget();
    other.join(GROUP, null);
    assertEquals(List.of(), sentWithin(10 * SECOND));
    socket.close();
    assertEquals(List.of(), sentWithin(10 * SECOND));
    other.close();
    assertEquals(List.of(V3_LEAVE, V3_LEAVE), sentWithin(10 * SECOND));
  }

  @Test
  void allSystemsIsNeverReported() {
    socket.join(IpAddress.parse(ALL_SYSTEMS), null);
    arrives(toAll(v3Query(100, "0.0.0.0")));
    assertEquals(List.of(), sentWithin(20 * SECOND));
    socket.leave(IpAddress.parse(ALL_SYSTEMS), null);
    assertEquals(List.of(), sentWithin(20 * SECOND));
  }

  @Test
  void aLinkThatComesUpAgainIsToldAgain() {
    joinAndForget();
    wire.plug(false);
    assertEquals(List.of(), sentWithin(10 * SECOND));
    wire.plug(true);
    assertEquals(List.of(V3_JOIN, V3_JOIN), igmpOnly(sentWithin(10 * SECOND)));
  }

  private static List<String> igmpOnly(List<String> frames) {
    return frames.stream().filter(frame -> frame.startsWith("01005e")).toList();
  }

  @Test
  void aClosedStackLeavesItsGroups() {
    joinAndForget();
    stack.close();
    assertEquals(List.of(V3_LEAVE), sent());
    assertEquals(0, harness.loop().timers().armed());
  }

  // Version 3: RFC 3376 5.2.

  @ParameterizedTest
  @CsvSource({"10, 1", "100, 10", "127, 12.7", "128, 12.8", "255, 3174.4"})
  void aGeneralQueryIsAnsweredWithinItsTime(int code, double seconds) {
    joinAndForget();
    long most = 0;
    for (int i = 0; i < 30; i++) {
      arrives(toAll(v3Query(code, "0.0.0.0")));
      long begin = harness.nowNanos();
      List<String> sent = new ArrayList<>();
      assertTrue(harness.runUntil(() -> sent.addAll(sent()), (long) (seconds * SECOND) + 2 * TICK));
      assertEquals(List.of(V3_IS_MEMBER), sent);
      most = Math.max(most, harness.nowNanos() - begin);
    }
    assertTrue(most > seconds * SECOND / 2, "random out of the whole time: " + most);
  }

  @Test
  void oneReportHasAllGroups() {
    for (int i = 0; i < 20; i++) {
      socket.join(IpAddress.parse("239.0.0." + i), null);
    }
    sentWithin(10 * SECOND);
    arrives(toAll(v3Query(10, "0.0.0.0")));
    List<String> sent = sentWithin(2 * SECOND);
    assertEquals(1, sent.size());
    String report = sent.get(0).substring(2 * (14 + 24));
    assertEquals("22", report.substring(0, 2));
    assertEquals("00000014", report.substring(8, 16));
    assertEquals("02000000ef000000" + "02000000ef000001", report.substring(16, 48));
    assertEquals(2 * (8 + 20 * 8), report.length());
  }

  @Test
  void anAnswerThatIsDueSoonerWillDo() {
    joinAndForget();
    for (int i = 0; i < 50; i++) {
      arrives(toAll(v3Query(10, "0.0.0.0")));
      arrives(toAll(v3Query(255, "0.0.0.0"))); // rule 1
      arrives(toGroup(v3Query(255, "239.1.2.3")), "239.1.2.3");
    }
    assertEquals(List.of(V3_IS_MEMBER), sentWithin(SECOND + 2 * TICK));
    assertEquals(List.of(), sentWithin(4000 * SECOND));
    arrives(toAll(v3Query(255, "0.0.0.0")));
    arrives(toAll(v3Query(10, "0.0.0.0")));
    assertEquals(List.of(V3_IS_MEMBER), sentWithin(SECOND + 2 * TICK));
    assertEquals(List.of(), sentWithin(4000 * SECOND));
  }

  private static V4 toGroup(byte[] message) {
    return from("192.0.2.9", "239.1.2.3", message);
  }

  @Test
  void aQueryForAGroupIsAnsweredIfItIsJoined() {
    joinAndForget();
    arrives(toGroup(v3Query(10, "239.1.2.3")), "239.1.2.3");
    assertEquals(List.of(V3_IS_MEMBER), sentWithin(SECOND + 2 * TICK));
    arrives(from("192.0.2.9", "192.0.2.1", v3Query(10, "239.1.2.4")), ALL_SYSTEMS);
    assertEquals(List.of(), sentWithin(10 * SECOND));
  }

  @Test
  void aQueryForSourcesIsAnsweredForThem() {
    joinAndForget();
    arrives(toGroup(v3Query(10, "239.1.2.3", "10.0.0.1", "10.0.0.2")), "239.1.2.3");
    arrives(toGroup(v3Query(10, "239.1.2.3", "10.0.0.2", "10.0.0.3")), "239.1.2.3"); // rule 5
    List<String> sent = sentWithin(SECOND + 2 * TICK);
    assertEquals(1, sent.size());
    String report = sent.get(0).substring(2 * (14 + 24));
    assertEquals("0000000101000003ef0102030a0000010a0000020a000003", report.substring(8));
    // Rule 4: a query for the group, before or after, asks for more.
    arrives(toGroup(v3Query(10, "239.1.2.3", "10.0.0.1")), "239.1.2.3");
    arrives(toGroup(v3Query(10, "239.1.2.3")), "239.1.2.3");
    arrives(toGroup(v3Query(10, "239.1.2.3", "10.0.0.1")), "239.1.2.3");
    assertEquals(List.of(V3_IS_MEMBER), sentWithin(SECOND + 2 * TICK));
  }

  @Test
  void moreSourcesThanAreRememberedStandForTheGroup() {
    joinAndForget();
    String[] sources = new String[65];
    for (int i = 0; i < sources.length; i++) {
      sources[i] = "10.0.0." + i;
    }
    arrives(toGroup(v3Query(10, "239.1.2.3", sources)), "239.1.2.3");
    assertEquals(List.of(V3_IS_MEMBER), sentWithin(SECOND + 2 * TICK));
  }

  // Version 2: RFC 3376 7.2.1, RFC 2236 3.

  @Test
  void aVersion2RouterIsAnsweredInItsVersion() {
    joinAndForget();
    arrives(toAll(query(100, "0.0.0.0")));
    assertEquals(List.of(V2_REPORT), sentWithin(10 * SECOND + 2 * TICK));
    socket.leave(GROUP, null);
    assertEquals(List.of(V2_LEAVE), sentWithin(20 * SECOND));
    socket.join(GROUP, null);
    assertEquals(List.of(V2_REPORT), sent());
    assertEquals(List.of(V2_REPORT), sentWithin(10 * SECOND + 2 * TICK));
    assertEquals(List.of(), sentWithin(100 * SECOND));
    // RFC 3376 8.12: 2 * 125 s + 10 s after its last query it is forgotten.
    harness.runFor(120 * SECOND);
    socket.leave(GROUP, null);
    assertEquals(List.of(V3_LEAVE, V3_LEAVE), sentWithin(10 * SECOND));
  }

  @Test
  void aRouterThatAskedBeforeAnythingWasJoinedIsRemembered() {
    arrives(toAll(query(100, "0.0.0.0")));
    assertEquals(List.of(), sentWithin(20 * SECOND));
    socket.join(GROUP, null);
    assertEquals(List.of(V2_REPORT), sent());
  }

  @Test
  void anOlderRouterIsReckonedWithFor260Seconds() {
    joinAndForget();
    arrives(toAll(query(100, "0.0.0.0")));
    sentWithin(259 * SECOND);
    socket.join(IpAddress.parse("239.1.2.4"), null);
    assertEquals("16", type(sent()));
    sentWithin(2 * SECOND);
    socket.join(IpAddress.parse("239.1.2.5"), null);
    assertEquals("22", type(sent()));
  }

  /** The type of the only message. */
  private static String type(List<String> sent) {
    assertEquals(1, sent.size());
    return sent.get(0).substring(2 * (14 + 24)).substring(0, 2);
  }

  @Test
  void aReportOfAnotherHostWillDo() {
    joinAndForget();
    arrives(toAll(query(100, "0.0.0.0")));
    arrives(toGroup(message(0x16, 0, 0, 0, 239, 1, 2, 3)), "239.1.2.3");
    assertEquals(List.of(), sentWithin(20 * SECOND));
    assertEquals(1, stack.counters().get("igmp").get("reports-heard"));
    socket.leave(GROUP, null);
    assertEquals(List.of(), sentWithin(20 * SECOND), "the other is still there");
  }

  @Test
  void aReportOfAnotherHostDoesNotSilenceVersion3() {
    joinAndForget();
    arrives(toAll(v3Query(100, "0.0.0.0")));
    arrives(toGroup(message(0x16, 0, 0, 0, 239, 1, 2, 3)), "239.1.2.3");
    assertEquals(List.of(V3_IS_MEMBER), sentWithin(20 * SECOND));
  }

  @Test
  void aNewVersionCancelsWhatIsPending() {
    socket.join(GROUP, null);
    sent();
    arrives(toAll(query(100, "0.0.0.0")));
    assertEquals(List.of(V2_REPORT), sentWithin(20 * SECOND));
  }

  // Version 1: RFC 3376 7.2.1, RFC 2236 4.

  @Test
  void aVersion1RouterIsAnsweredInItsVersionAndNotToldOfLeaving() {
    joinAndForget();
    arrives(toAll(query(100, "0.0.0.0")));
    sentWithin(20 * SECOND);
    arrives(from("192.0.2.9", ALL_SYSTEMS, query(0, "0.0.0.0")).options());
    assertEquals(List.of(V1_REPORT), sentWithin(10 * SECOND + 2 * TICK));
    arrives(toAll(query(100, "0.0.0.0")));
    assertEquals(List.of(V1_REPORT), sentWithin(10 * SECOND + 2 * TICK));
    socket.leave(GROUP, null);
    assertEquals(List.of(), sentWithin(20 * SECOND));
  }

  // What is not believed: each would be answered otherwise.

  @Test
  void messagesThatCannotBeAreDropped() {
    joinAndForget();
    byte[] query = v3Query(10, "0.0.0.0");
    arrives(toAll(query).ttl(2));
    assertEquals(1, drops("igmp-bad-ttl"));
    arrives(toAll(query).options());
    arrives(toAll(query).options(1, 1, 1, 0));
    arrives(toAll(query(100, "0.0.0.0")).options());
    assertEquals(3, drops("igmp-no-router-alert"));
    byte[] broken = query.clone();
    broken[11]++;
    arrives(toAll(broken));
    assertEquals(1, drops("igmp-bad-checksum"));
    for (int length = 0; length < 8; length++) {
      arrives(toAll(new byte[length]));
    }
    assertEquals(8, drops("igmp-truncated"));
    arrives(toAll(message(0x22, 0, 0, 0, 0, 0, 0, 0)));
    arrives(toAll(message(0x17, 0, 0, 0, 239, 1, 2, 3)));
    assertEquals(2, drops("igmp-unknown-type"));
    assertEquals(List.of(), sentWithin(20 * SECOND));
  }

  @Test
  void queriesThatCannotBeAreDropped() {
    joinAndForget();
    arrives(toGroup(v3Query(10, "0.0.0.0")), "239.1.2.3"); // RFC 3376 9.1
    arrives(toAll(v3Query(10, "239.1.2.3"))); // RFC 3376 4.1.12
    arrives(toAll(v3Query(10, "10.0.0.1")));
    arrives(toAll(v3Query(10, "0.0.0.0", "10.0.0.1")));
    byte[] tooManySources = v3Query(10, "239.1.2.3");
    tooManySources[11] = 1;
    tooManySources[2] = tooManySources[3] = 0;
    arrives(toGroup(message(unsigned(tooManySources))), "239.1.2.3");
    for (int length = 9; length < 12; length++) {
      arrives(toAll(query(10, "0.0.0.0", new int[length - 8]))); // RFC 3376 7.1
    }
    assertEquals(8, drops("igmp-bad-query"));
    assertEquals(List.of(), sentWithin(20 * SECOND));
  }

  private static int[] unsigned(byte[] octets) {
    int[] values = new int[octets.length];
    for (int i = 0; i < octets.length; i++) {
      values[i] = octets[i] & 255;
    }
    return values;
  }

  @Test
  void reportsThatCannotBeAreDropped() {
    joinAndForget();
    arrives(toAll(query(100, "0.0.0.0")));
    arrives(toAll(message(0x16, 0, 0, 0, 239, 1, 2, 3)));
    arrives(toAll(message(0x16, 0, 0, 0, 224, 0, 0, 1)));
    assertEquals(2, drops("igmp-bad-report"));
    assertEquals(List.of(V2_REPORT), sentWithin(20 * SECOND));
  }

  @Test
  void aSwitchWithoutAnAddressIsAnswered() {
    joinAndForget();
    arrives(from("0.0.0.0", ALL_SYSTEMS, v3Query(10, "0.0.0.0"))); // RFC 4541 2.1.1
    assertEquals(List.of(V3_IS_MEMBER), sentWithin(SECOND + 2 * TICK));
    arrives(V4.of("0.0.0.0", ALL_SYSTEMS).udp(1, 5000, new byte[1]));
    assertEquals(1, drops("ip-martian-source"));
  }
}
