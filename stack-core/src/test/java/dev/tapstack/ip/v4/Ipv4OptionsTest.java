package dev.tapstack.ip.v4;

import static dev.tapstack.testkit.IpHost.ME;
import static dev.tapstack.testkit.IpHost.PEER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Options are read safely, source routes refused, echo options filled in (RFC 791 3.1). */
class Ipv4OptionsTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private IpHost host;

  @BeforeEach
  void start() {
    host = new IpHost(harness);
  }

  private static int[] hex(String text) {
    byte[] bytes = HexFormat.of().parseHex(text.replace(" ", ""));
    int[] values = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      values[i] = bytes[i] & 0xff;
    }
    return values;
  }

  /** The options of the reply to an echo request with these. */
  private String echo(String options) {
    host.receive(V4.of(PEER, ME).options(hex(options)).icmp(8, 0, 1, V4.data(20, 1)));
    assertEquals(Map.of(), host.drops());
    byte[] reply = host.theOneSent();
    int headerLength = (reply[0] & 15) * 4;
    assertEquals(0, V4.checksum(Arrays.copyOf(reply, headerLength)));
    assertEquals(headerLength + 28, (reply[2] & 0xff) << 8 | reply[3] & 0xff);
    assertEquals(0, V4.checksum(Arrays.copyOfRange(reply, headerLength, reply.length)));
    return HexFormat.of().formatHex(Arrays.copyOfRange(reply, 20, headerLength));
  }

  private static String compact(String text) {
    return text.replace(" ", "");
  }

  @ParameterizedTest
  @CsvSource({
    // what is asked, what comes back
    "'07 07 04 00000000 00', '07 07 08 0a000001 00'",
    "'07 0b 08 01020304 00000000 00', '07 0b 0c 01020304 0a000001 00'",
    "'07 07 08 01020304 00', '07 07 08 01020304 00'", // full: as it is
    "'01 07 07 04 00000000', '07 07 08 0a000001 00'", // no operation is not returned
    "'94 04 0000', ''", // nor is what nobody asked to have back
    "'00 ff ff ff', ''", // nothing counts behind the end
    "'82 04 0000 07 07 04 00000000 00', '07 07 08 0a000001 00'",
  })
  void recordRouteIsFilledIn(String asked, String expected) {
    assertEquals(compact(expected), echo(asked));
  }

  /** Milliseconds of virtual time with the bit that says so. */
  private String time() {
    return HexFormat.of().toHexDigits((int) (harness.nowNanos() / 1_000_000) | 0x8000_0000);
  }

  @Test
  void timestampsAreFilledIn() {
    assertEquals(compact("44 08 09 00") + time(), echo("44 08 05 00 00000000"));
    assertEquals(compact("44 0c 0d 01 0a000001") + time(), echo("44 0c 05 01 00000000 00000000"));
    assertEquals(
        compact("44 14 15 03 0a000002 11111111 0a000001") + time(),
        echo("44 14 0d 03 0a000002 11111111 0a000001 00000000"));
  }

  @Test
  void aPrespecifiedTimestampOfSomebodyElseIsLeftAlone() {
    assertEquals(compact("44 0c 05 03 0a000002 00000000"), echo("44 0c 05 03 0a000002 00000000"));
  }

  @Test
  void aFullTimestampCountsWhoFoundNoRoom() {
    assertEquals(compact("44 08 09 10 12345678"), echo("44 08 09 00 12345678"));
    assertEquals(compact("44 08 09 f0 12345678"), echo("44 08 09 f0 12345678"));
  }

  @Test
  void bothTogetherComeBackInTheirOrder() {
    assertEquals(
        compact("44 08 09 00") + time() + compact("07 07 08 0a000001 00"),
        echo("44 08 05 00 00000000 07 07 04 00000000 00"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"83 07 04 0a000003 00", "89 07 04 0a000003 00", "01 83 07 08 0a000001"})
  void sourceRoutesAreRefused(String options) {
    host.receive(V4.of(PEER, ME).options(hex(options)).icmp(8, 0, 1, new byte[8]));
    assertEquals(Map.of("ip-source-route", 1L), host.drops());
    assertEquals(List.of(), host.sent());
  }

  @ParameterizedTest
  @CsvSource({
    "'07 00 04 00', 21", // length 0
    "'07 01 04 00', 21", // length 1
    "'07 05 04 00', 21", // behind the header's end
    "'01 01 01 07', 23", // no room for the length
    "'07 02 00 00', 21", // no room for the pointer
    "'07 07 00 00000000 00', 22", // pointer before the data
    "'07 07 03 00000000 00', 22",
    "'07 07 05 00000000 00', 22", // no room for a whole address
    "'44 02 00 00', 21",
    "'44 08 04 00 00000000', 22",
    "'44 08 06 00 00000000', 22",
    "'44 08 05 01 00000000', 22", // no room for address and time
    "'44 08 05 02 00000000', 23", // no such flag
    "'01 01 07 02', 23",
    "'99 00 00 00', 21", // an unknown option's length counts too
  })
  void aBadOptionIsReportedWithItsPlace(String options, int pointer) {
    host.receive(V4.of(PEER, ME).options(hex(options)).payload(new byte[8]));
    assertEquals(Map.of("ip-bad-option", 1L), host.drops());
    byte[] error = host.theOneSent();
    assertEquals(12, error[20], "parameter problem");
    assertEquals(0, error[21]);
    assertEquals(pointer, error[24]);
  }

  @Test
  void noOptionsWhateverTheirBytesDoHarm() {
    Random random = new Random(7);
    for (int i = 0; i < 5000; i++) {
      int[] options = new int[4 * (1 + random.nextInt(10))];
      for (int at = 0; at < options.length; at++) {
        int[] likely = {7, 68, 1, 0, 131, 148, 3, 4, 5, 7, 8, 11, 12, random.nextInt(256)};
        options[at] = likely[random.nextInt(likely.length)];
      }
      host.receive(V4.of(PEER, ME).options(options).icmp(8, 0, 1, new byte[8]));
    }
    assertTrue(host.sent().size() > 200);
    assertEquals(Set.of("ip-bad-option", "ip-source-route"), host.drops().keySet());
  }
}
