package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ARP and ICMP with the kernel's own tools: ping, arping, traceroute, tracepath. */
@Privileged
class PingIT {
  private static StackUnderTest stack;

  @BeforeAll
  static void start() {
    stack = new StackUnderTest();
  }

  @AfterAll
  static void end() {
    try (StackUnderTest ended = stack) {
      CounterSummary summary = CounterSummary.atTheEndOf(ended);
      assertTrue(summary.of("icmp", "echo-requests-received") > 2000, summary.toString());
      assertTrue(summary.drops().containsKey("ip-not-for-us"), summary.toString());
    }
  }

  private static String ping(String... options) {
    List<String> words = new ArrayList<>(List.of("ping", "-n", "-w", "60"));
    words.addAll(List.of(options));
    words.add(StackUnderTest.ADDRESS);
    return stack.run(words.toArray(String[]::new)).ok().output();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 56, 1472, 1473, 4000, 65_507})
  void echoesComeBackAsTheyWere(int size) {
    String output = ping("-i", "0.05", "-c", "3", "-s", Integer.toString(size), "-p", "00ff5ac3");
    assertTrue(output.contains(" 3 received, 0% packet loss"), output);
    assertFalse(output.contains("wrong data byte"), output);
    assertFalse(output.contains("DUP!"), output);
    assertEquals(3, output.lines().filter(line -> line.contains(size + 8 + " bytes from")).count());
  }

  @Test
  void noneOfManyIsLost() {
    String output = ping("-f", "-q", "-c", "2000", "-s", "100");
    assertTrue(output.contains(" 2000 received, 0% packet loss"), output);
  }

  @Test
  void recordRouteIsFilledIn() {
    String output = ping("-c", "1", "-R");
    assertTrue(output.matches("(?s).*RR: \t10\\.77\\.0\\.1\n\t10\\.77\\.0\\.2\n.*"), output);
  }

  @Test
  void timestampsAreFilledIn() {
    String times = ping("-c", "1", "-T", "tsonly");
    // The kernel's own when it sends, the stack's, the kernel's own when it receives.
    assertTrue(times.matches("(?s).*TS: \t\\d+ absolute\n\t-?\\d+( .*)?\n\t-?\\d+.*"), times);
    String both = ping("-c", "1", "-T", "tsandaddr");
    assertTrue(both.contains("10.77.0.1\t"), both);
    assertTrue(both.contains("10.77.0.2\t"), both);
  }

  @Test
  void theServiceTypeIsCopied() {
    stack.run("iptables", "-A", "INPUT", "-p", "icmp", "-m", "dscp", "--dscp", "0x0a").ok();
    ping("-i", "0.05", "-c", "5", "-Q", "0x28");
    String counted = stack.run("iptables", "-nvxL", "INPUT").ok().output();
    stack.run("iptables", "-F", "INPUT").ok();
    assertTrue(counted.matches("(?s).*\n +5 +420 .*"), counted);
  }

  @Test
  void nothingIsForwarded() {
    stack.run("ip", "route", "add", "10.78.0.0/24", "via", StackUnderTest.ADDRESS).ok();
    Outcome outcome = stack.run("ping", "-c", "1", "-W", "1", "10.78.0.1");
    assertTrue(outcome.output().contains(" 0 received"), outcome.output());
  }

  // ARP

  private static Outcome arping(String... options) {
    List<String> words = new ArrayList<>(List.of("arping", "-I", StackUnderTest.TAP));
    words.addAll(List.of(options));
    return stack.run(words.toArray(String[]::new));
  }

  @Test
  void arpIsAnswered() {
    String output = arping("-c", "2", "-w", "60", StackUnderTest.ADDRESS).ok().output();
    assertTrue(output.contains("Received 2 response(s)"), output);
    assertTrue(output.toLowerCase(Locale.ROOT).contains("[" + stack.mac() + "]"), output);
    ping("-c", "1");
    String neighbors = stack.run("ip", "neigh", "show", StackUnderTest.ADDRESS).ok().output();
    assertTrue(neighbors.contains("lladdr " + stack.mac()), neighbors);
  }

  @Test
  void aProbeFindsTheAddressInUse() {
    Outcome outcome = arping("-D", "-c", "1", "-w", "60", StackUnderTest.ADDRESS);
    assertEquals(1, outcome.status());
    assertTrue(outcome.output().contains("Received 1 response(s)"), outcome.output());
  }

  @Test
  void arpForAnotherAddressIsNotAnswered() {
    Outcome outcome = arping("-c", "1", "-w", "1", "10.77.0.9");
    assertEquals(1, outcome.status());
    assertTrue(outcome.output().contains("Received 0 response(s)"), outcome.output());
  }

  @Test
  void anAnnouncedChangeOfTheLinkAddressIsFollowed() {
    ping("-c", "1");
    String moved = "02:00:5e:10:00:77";
    stack.run("ip", "link", "set", StackUnderTest.TAP, "address", moved).ok();
    assertEquals(0, arping("-U", "-c", "1", "-w", "5", StackUnderTest.HOST).status());
    ping("-c", "1");
    String page = stack.run("curl", "-sS", "--fail", stack.url("/")).ok().output();
    assertTrue(page.contains(moved), page);
  }

  // traceroute

  @ParameterizedTest
  @ValueSource(strings = {"-U", "-I", "-T"})
  void tracerouteArrivesWithEveryProbe(String method) {
    String output = traceroute(method);
    assertTrue(output.matches("(?s).*\n 1  10\\.77\\.0\\.2(  [0-9.]+ ms){3}\\s*"), output);
  }

  @Test
  void anUnknownProtocolIsUnreachable() {
    String output = traceroute("-UL"); // UDP-Lite
    assertTrue(output.matches("(?s).*\n 1  10\\.77\\.0\\.2(  [0-9.]+ ms !P){3}\\s*"), output);
  }

  // tracepath

  @Test
  void tracepathArrivesAndFindsTheMtu() {
    String output = stack.run("tracepath", "-n", "-m", "4", StackUnderTest.ADDRESS).ok().output();
    assertTrue(output.matches("(?s).*\n 1:  10\\.77\\.0\\.2 +[0-9.]+ms reached\n.*"), output);
    assertTrue(output.contains("Resume: pmtu 1500 hops 1 back 1"), output);
  }

  private static String traceroute(String method) {
    return stack
        .run("traceroute", "-n", "-w", "5", "-m", "4", method, StackUnderTest.ADDRESS)
        .ok()
        .output();
  }
}
