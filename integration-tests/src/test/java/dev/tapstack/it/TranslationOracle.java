package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Compares the captures of both sides of a {@link GatewayUnderTest} with NAT, datagram by datagram:
 * what has passed is the same on both sides but for what a translator may change.
 */
final class TranslationOracle {
  private static final String INSIDE_NETWORK = "192.168.1.";

  /** What is another on each side, and compared in other ways. */
  private static final Pattern CHANGES =
      Pattern.compile(
          "IPv4.ttl|(quoted )?("
              + "IPv4.(identification|headerChecksum|source|destination)"
              + "|(TCP|UDP).(sourcePort|destinationPort|checksum)"
              + "|ICMP.(identifier|checksum))");

  /**
   * What was compared.
   *
   * @param outbound datagrams
   * @param inbound datagrams
   * @param kinds how many of each protocol, and of ICMP errors
   * @param endpoints outside endpoint of each inside one
   */
  record Report(
      int outbound, int inbound, Map<String, Integer> kinds, Map<String, String> endpoints) {}

  private final Map<String, String> outsideOf = new LinkedHashMap<>();
  private final Map<String, String> insideOf = new LinkedHashMap<>();
  private final Map<String, Integer> kinds = new TreeMap<>();

  private TranslationOracle() {}

  /**
   * Asserts that each datagram that came in on one side left on the other, in the same order, with
   * the same fragments and content, its TTL one lower; that what was changed was changed by one
   * mapping, the same for all of an endpoint's datagrams and errors about them (RFC 4787 REQ-1, RFC
   * 5508 REQ-4); that all checksums are right; that no inside address is seen outside.
   */
  static Report check(Path inside, Path outside) throws IOException {
    List<CapturedDatagram> in = CapturedDatagram.read(inside);
    List<CapturedDatagram> out = CapturedDatagram.read(outside);
    for (CapturedDatagram each : out) {
      assertFalse(
          each.fields().values().stream().anyMatch(value -> value.contains(INSIDE_NETWORK)),
          () -> "an inside address outside: " + each);
    }
    TranslationOracle oracle = new TranslationOracle();
    List<CapturedDatagram> left =
        select(
            in, each -> isHost(each.field("IPv4.source")) && !each.field("IPv4.ttl").equals("1"));
    List<CapturedDatagram> sent =
        select(out, each -> each.field("IPv4.source").equals(GatewayUnderTest.OUTSIDE));
    List<CapturedDatagram> came =
        select(out, each -> each.field("IPv4.destination").equals(GatewayUnderTest.OUTSIDE));
    List<CapturedDatagram> arrived = select(in, each -> isHost(each.field("IPv4.destination")));
    oracle.compare(left, sent, true);
    oracle.compare(came, arrived, false);
    return new Report(left.size(), arrived.size(), oracle.kinds, oracle.outsideOf);
  }

  private static boolean isHost(String address) {
    return address.startsWith(INSIDE_NETWORK);
  }

  /** Those of a kind, without the gateway's own conversation with the inside. */
  private static List<CapturedDatagram> select(
      List<CapturedDatagram> all, Predicate<CapturedDatagram> kind) {
    return all.stream()
        .filter(kind)
        .filter(each -> !each.field("IPv4.source").equals(GatewayUnderTest.INSIDE))
        .filter(each -> !each.field("IPv4.destination").equals(GatewayUnderTest.INSIDE))
        .toList();
  }

  private void compare(
      List<CapturedDatagram> before, List<CapturedDatagram> after, boolean isOutbound) {
    for (int i = 0; i < Math.min(before.size(), after.size()); i++) {
      CapturedDatagram one = before.get(i);
      CapturedDatagram other = after.get(i);
      String both = one + "\n" + other;
      assertEquals(unchanged(one), unchanged(other), both);
      assertEquals(one.content(), other.content(), both);
      assertEquals(one.fragments(), other.fragments(), both);
      assertEquals(
          Integer.parseInt(one.field("IPv4.ttl")) - 1,
          Integer.parseInt(other.field("IPv4.ttl")),
          both);
      if (isOutbound) {
        compareEndpoints(one, other, both);
      } else {
        compareEndpoints(other, one, both);
      }
    }
    assertEquals(before.size(), after.size(), "as many left as came");
  }

  private static Map<String, String> unchanged(CapturedDatagram datagram) {
    Map<String, String> fields = new TreeMap<>(datagram.fields());
    fields.keySet().removeIf(name -> CHANGES.matcher(name).matches());
    return fields;
  }

  /** The inside end is mapped, the other's is as it was. */
  private void compareEndpoints(CapturedDatagram inside, CapturedDatagram outside, String both) {
    boolean isError = inside.fields().containsKey("quoted IPv4.source");
    kinds.merge(isError ? "error" : inside.field("IPv4.protocol"), 1, Integer::sum);
    if (isError) {
      compareAddresses(inside, outside, "", both);
    }
    String prefix = isError ? "quoted " : "";
    boolean isSource = isHost(inside.field(prefix + "IPv4.source"));
    String here = isSource ? inside.source(prefix) : inside.destination(prefix);
    String there = isSource ? outside.source(prefix) : outside.destination(prefix);
    assertTrue(there.contains("/" + GatewayUnderTest.OUTSIDE + ":"), both);
    if (!isEcho(inside, prefix)) {
      assertEquals(
          isSource ? inside.destination(prefix) : inside.source(prefix),
          isSource ? outside.destination(prefix) : outside.source(prefix),
          both);
    } else {
      compareAddresses(inside, outside, prefix, both);
    }
    assertEquals(outsideOf.computeIfAbsent(here, unused -> there), there, both);
    assertEquals(insideOf.computeIfAbsent(there, unused -> here), here, both);
  }

  /** An identifier is both ends' own: it has no other end that stays. */
  private static boolean isEcho(CapturedDatagram datagram, String prefix) {
    return datagram.field(prefix + "IPv4.protocol").equals("1");
  }

  /** One address is inside and is mapped, the other is as it was. */
  private static void compareAddresses(
      CapturedDatagram inside, CapturedDatagram outside, String prefix, String both) {
    for (String name : List.of("IPv4.source", "IPv4.destination")) {
      String address = inside.field(prefix + name);
      assertEquals(
          isHost(address) ? GatewayUnderTest.OUTSIDE : address, outside.field(prefix + name), both);
    }
  }
}
