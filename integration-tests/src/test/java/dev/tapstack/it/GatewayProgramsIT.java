package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs of every day through {@code tapstack gateway}: iperf3, dig, a browser. */
@Privileged
class GatewayProgramsIT {
  /** More than one frame carries, less than a resolver takes by EDNS if it is told to. */
  private static final int LARGE_ANSWER_BYTES = 3000;

  /** Bytes of one character string of a TXT record (RFC 1035 3.3). */
  private static final int STRING_BYTES = 250;

  @TempDir private static Path directory;
  private static GatewayUnderTest gateway;
  private static Command dnsmasq;
  private static Command iperf3;

  @BeforeAll
  static void start() {
    gateway = new GatewayUnderTest();
    iperf3 = gateway.outside().start(words("iperf3 -s"));
    dnsmasq =
        gateway
            .outside()
            .start(
                words(
                    "dnsmasq -k -C /dev/null -R -h -u root -x "
                        + directory.resolve("dnsmasq.pid")
                        + " --edns-packet-max=4096 --address=/bob.example/203.0.113.2"
                        + " --txt-record=large.example,"
                        + String.join(",", strings())));
    Command.awaitUntil(
        "bob's servers listen",
        () -> {
          String sockets = gateway.outside().run(words("ss -Htuln")).output();
          return sockets.contains(":53 ") && sockets.contains(":5201 ");
        });
  }

  /** Strings of different letters, so that one in another's place shows. */
  private static String[] strings() {
    String[] strings = new String[LARGE_ANSWER_BYTES / STRING_BYTES];
    for (int i = 0; i < strings.length; i++) {
      strings[i] = Character.toString('a' + i).repeat(STRING_BYTES);
    }
    return strings;
  }

  @AfterAll
  static void end() {
    dnsmasq.close();
    iperf3.close();
    try (GatewayUnderTest ended = gateway) {
      CounterSummary.atTheEndOf(ended);
    }
  }

  @ParameterizedTest
  @CsvSource({"+notcp, UDP", "+tcp, TCP"})
  void aNameIsResolved(String option, String transport) {
    String answer = dig(option + " bob.example A");
    assertTrue(answer.contains("\nbob.example.\t\t0\tIN\tA\t203.0.113.2\n"), answer);
    assertTrue(answer.contains(" 203.0.113.2#53(203.0.113.2) (" + transport + ")"), answer);
  }

  /** The same text whole by TCP after a truncated answer, and in fragments of one datagram. */
  @ParameterizedTest
  @CsvSource({"+bufsize=1232, TCP", "+bufsize=4096, UDP"})
  void aLargeAnswerArrivesWhole(String option, String transport) {
    String answer = dig(option + " large.example TXT");
    assertTrue(answer.contains("\"" + String.join("\" \"", strings()) + "\"\n"), answer);
    assertTrue(answer.contains(" 203.0.113.2#53(203.0.113.2) (" + transport + ")"), answer);
  }

  private static String dig(String query) {
    return gateway.inside().run(words("dig +time=5 +tries=2 @203.0.113.2 " + query)).ok().output();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " -R", " --bidir"})
  void iperf3MeasuresTcp(String direction) {
    String report = iperf3("-t 2 -P 4" + direction);
    Matcher received = Pattern.compile("SUM.* ([0-9.]+) Mbits/sec +receiver").matcher(report);
    assertTrue(received.find(), report);
    assertTrue(Double.parseDouble(received.group(1)) > 10, report);
  }

  /**
   * What is lost of so few datagrams is lost because something is wrong: the receiver's socket
   * holds those of half a second in which a busy machine does not let it run.
   */
  @ParameterizedTest
  @ValueSource(strings = {"", " -R"})
  void iperf3MeasuresUdp(String direction) {
    String report = iperf3("-t 3 -u -b 2M -l 1400" + direction);
    Matcher received = Pattern.compile(" (\\d+)/(\\d+) \\(.*%\\) +receiver").matcher(report);
    assertTrue(received.find(), report);
    long sent = Long.parseLong(received.group(2));
    assertTrue(sent > 400, report);
    assertTrue(Long.parseLong(received.group(1)) < sent / 20, report);
  }

  private static String iperf3(String options) {
    return gateway.inside().run(words("iperf3 -f m -c 203.0.113.2 " + options)).ok().output();
  }

  @Test
  void aBrowserShowsAPageOfManyImages(@TempDir Path own) throws IOException {
    Path site = Files.createDirectory(directory.resolve("site"));
    Gallery.write(site);
    try (Nginx nginx = new Nginx(gateway.outside(), site);
        Chromium chromium = new Chromium(gateway.inside(), own)) {
      chromium.driver().get("http://203.0.113.2/" + Gallery.PAGE);
      Gallery.assertShown(chromium.driver());
      String connections = gateway.inside().run(words("ss -Htn dst 203.0.113.2:80")).output();
      assertEquals(6, connections.lines().count(), "as many as a browser makes\n" + connections);
    }
  }
}
