package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The stack understands whichever options the kernel's TCP is set to use, and any MTU. */
@Privileged
class KernelOptionsIT {
  private static final int BYTES = 2_000_000;

  /** Bytes of an Ethernet MTU that IPv4 and TCP headers take, and timestamps (RFC 7323 3.2). */
  private static final int HEADERS = 20 + 20;

  private static final int TIMESTAMPS = 12;

  /** Both ways through one stack, and the page about a connection of that kind. */
  private static String exchange(StackUnderTest stack) {
    Transfers.download(stack.namespace(), Command.DEADLINE, BYTES);
    Transfers.upload(stack.namespace(), Command.DEADLINE, Content.random(7, BYTES));
    return stack.run("curl", "-sS", "--fail", stack.url("/")).ok().output();
  }

  private static void assertRow(String page, String row, String value) {
    assertTrue(page.matches("(?s).*\n +" + row + " +" + value + "\n.*"), row + ":\n" + page);
  }

  private static void assertMss(String page, int mss) {
    String bytes = String.format(Locale.ROOT, "%,d bytes", mss);
    assertRow(page, "segment size \\(MSS\\)", bytes);
  }

  @Nested
  class Options {
    private static StackUnderTest stack;

    @BeforeAll
    static void start() {
      stack = new StackUnderTest("--http", "80");
    }

    @AfterAll
    static void end() {
      try (StackUnderTest ended = stack) {
        CounterSummary.atTheEndOf(ended);
      }
    }

    private static void sysctl(String name, int value) {
      stack.run("sysctl", "-w", "net.ipv4." + name + "=" + value).ok();
    }

    @ParameterizedTest(name = "timestamps {0}, window scaling {1}, SACK {2}, ECN {3}")
    @CsvSource({
      "1, 1, 1, 2",
      "0, 1, 1, 2",
      "1, 0, 1, 2",
      "1, 1, 0, 2",
      "0, 0, 0, 2",
      "0, 0, 1, 2",
      "1, 1, 1, 1"
    })
    void eachIsAgreedOrNot(int timestamps, int scaling, int sack, int ecn) {
      sysctl("tcp_timestamps", timestamps);
      sysctl("tcp_window_scaling", scaling);
      sysctl("tcp_sack", sack);
      sysctl("tcp_ecn", ecn);
      String page = exchange(stack);
      assertRow(page, "timestamps", timestamps == 1 ? "yes" : "no");
      assertRow(page, "my window", scaling == 1 ? ".*, scale [1-9]\\d?" : ".*, scale 0");
      assertRow(page, "your window", scaling == 1 ? ".*, scale [1-9]\\d?" : ".*, scale 0");
      assertMss(page, 1500 - HEADERS - (timestamps == 1 ? TIMESTAMPS : 0));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {576, 9000})
  void anyMtuCarriesBothWays(int mtu) {
    try (StackUnderTest stack = new StackUnderTest("--mtu", Integer.toString(mtu))) {
      assertMss(exchange(stack), mtu - HEADERS - TIMESTAMPS);
      String large = Integer.toString(mtu - 28);
      stack.run("ping", "-c", "1", "-M", "do", "-s", large, StackUnderTest.ADDRESS).ok();
      stack.run("ping", "-c", "1", "-s", "20000", StackUnderTest.ADDRESS).ok();
      CounterSummary summary = CounterSummary.atTheEndOf(stack);
      // 20,008 bytes in fragments whose payload is a multiple of 8 (RFC 791 2.3).
      int payload = (mtu - 20) / 8 * 8;
      assertEquals(
          (20_008 + payload - 1) / payload, summary.of("ip", "fragments-sent"), "" + summary);
    }
  }

  @Test
  void aClientOnASmallRouteGetsSegmentsThatFit() {
    try (StackUnderTest stack = new StackUnderTest("--http", "80")) {
      stack.run(words("ip route change 10.77.0.0/24 dev tap0 src 10.77.0.1 advmss 400")).ok();
      assertMss(exchange(stack), 400 - TIMESTAMPS);
      CounterSummary.atTheEndOf(stack);
    }
  }
}
