package dev.tapstack.filter;

import dev.tapstack.wire.Ipv4;
import java.util.List;

/**
 * A rule of a list: if all matches hold, the action is done. A rule without a match holds for every
 * packet. Immutable; any thread.
 *
 * @param number its name within its list; lists are in the order of their numbers
 * @param matches at most one of each kind
 */
public record Rule(int number, List<Match> matches, Action action) {
  /** The range of numbers is that of common routers' access lists, whole. */
  public static final int MAX_NUMBER = 65_535;

  public Rule {
    matches = List.copyOf(matches);
    if (number < 1 || number > MAX_NUMBER) {
      throw new IllegalArgumentException(
          "rule number " + number + " is not within 1.." + MAX_NUMBER);
    }
    long kinds = matches.stream().map(Object::getClass).distinct().count();
    if (kinds != matches.size()) {
      throw new IllegalArgumentException(
          "rule " + number + " has two matches of one kind: make two rules of it");
    }
    boolean hasPorts =
        matches.stream()
            .anyMatch(m -> m instanceof Match.SourcePort || m instanceof Match.DestinationPort);
    if (hasPorts && !isOf(matches, Ipv4.PROTOCOL_TCP) && !isOf(matches, Ipv4.PROTOCOL_UDP)) {
      throw new IllegalArgumentException(
          "rule " + number + " has ports and another protocol than TCP or UDP: name one of these");
    }
    if (matches.stream().anyMatch(m -> m instanceof Match.IcmpType)
        && !isOf(matches, Ipv4.PROTOCOL_ICMP)) {
      throw new IllegalArgumentException(
          "rule " + number + " has an ICMP type and another protocol: name ICMP");
    }
  }

  private static boolean isOf(List<Match> matches, int protocol) {
    return matches.contains(new Match.Protocol(protocol));
  }

  /** Whether it asks for a state. */
  boolean hasState() {
    return matches.stream().anyMatch(m -> m instanceof Match.State);
  }
}
