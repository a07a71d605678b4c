package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The counters that {@code tapstack serve} and {@code gateway} print at their end. */
final class CounterSummary {
  private static final Pattern LAYER = Pattern.compile("  ([a-z0-9 ]+): (.*)");
  private static final Pattern COUNTER = Pattern.compile("([a-z0-9-]+) (-?\\d+)");

  private static final List<String> KERNEL_ERRORS =
      List.of("IpInHdrErrors", "IcmpInCsumErrors", "UdpInCsumErrors", "TcpInCsumErrors");

  private final String text;
  private final Map<String, Map<String, Long>> layers = new LinkedHashMap<>();

  private CounterSummary(String text) {
    this.text = text;
    boolean begun = false;
    for (String line : text.lines().toList()) {
      begun = begun || line.startsWith("summary after ");
      Matcher layer = LAYER.matcher(line);
      if (begun && layer.matches()) {
        Map<String, Long> counters = new LinkedHashMap<>();
        Matcher counter = COUNTER.matcher(layer.group(2));
        while (counter.find()) {
          counters.put(counter.group(1), Long.parseLong(counter.group(2)));
        }
        layers.put(layer.group(1), counters);
      }
    }
    assertTrue(layers.containsKey("packets"), () -> "no summary in\n" + text);
  }

  /**
   * Ends the program as a person does and asserts that it ended well: status 0, nothing on standard
   * error, no packet without an account of it. Nothing that it sent had a wrong checksum: clients
   * may not notice (ping does not), but the kernel counts.
   */
  static CounterSummary atTheEndOf(StackUnderTest stack) {
    return atTheEndOf(stack, "");
  }

  /** The same, but lines of standard error may match {@code warning}. */
  static CounterSummary atTheEndOf(StackUnderTest stack, String warning) {
    assertNoKernelErrors(stack.namespace());
    return ofEnded(stack.stop(), warning);
  }

  /** The same of a gateway and the kernels on both sides of it. */
  static CounterSummary atTheEndOf(GatewayUnderTest gateway) {
    return atTheEndOf(gateway, "");
  }

  /** The same, but lines of standard error may match {@code warning}. */
  static CounterSummary atTheEndOf(GatewayUnderTest gateway, String warning) {
    assertNoKernelErrors(gateway.inside());
    assertNoKernelErrors(gateway.outside());
    return ofEnded(gateway.stop(), warning);
  }

  private static void assertNoKernelErrors(TestNamespace namespace) {
    for (String errors : KERNEL_ERRORS) {
      assertEquals(0, namespace.kernelCounter(errors), errors);
    }
  }

  /** The same of a program that has ended, whatever the kernels have counted. */
  static CounterSummary ofEnded(Outcome ended, String warning) {
    ended.ok();
    assertEquals(List.of(), ended.errors().lines().filter(line -> !line.matches(warning)).toList());
    CounterSummary summary = new CounterSummary(ended.output());
    summary.assertAllAccountedFor();
    return summary;
  }

  /** The value of a counter; 0 if it is not there, as what counted nothing is not printed. */
  long of(String layer, String counter) {
    return layers.getOrDefault(layer, Map.of()).getOrDefault(counter, 0L);
  }

  /** Drops by name. */
  Map<String, Long> drops() {
    return layers.getOrDefault("drops", Map.of());
  }

  /** Asserts that each of them has happened: otherwise a test's frames do not get so far. */
  void assertDropped(List<String> names) {
    for (String name : names) {
      assertTrue(drops().containsKey(name), () -> "no " + name + ":\n" + text);
    }
  }

  /**
   * Every packet that came or was built was delivered, forwarded, sent or dropped by a name, and
   * nothing is kept when all has ended.
   */
  private void assertAllAccountedFor() {
    long dropped = drops().values().stream().mapToLong(Long::longValue).sum();
    assertEquals(
        of("packets", "polled") + of("packets", "built"),
        of("packets", "delivered") + of("packets", "forwarded") + of("packets", "sent") + dropped,
        text);
    assertEquals(0, of("packets", "kept"), text);
    assertEquals(0, of("tcp", "handler-failures"), text);
  }

  @Override
  public String toString() {
    return text;
  }
}
