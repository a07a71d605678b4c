package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.wire.Dissection;
import dev.tapstack.wire.Dissection.Field;
import dev.tapstack.wire.Dissection.Layer;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What {@code tapstack decode -f} lets through: frames of an address, of a port, or of a protocol.
 * What an ICMP error quotes counts too, so that it is shown with the packets that it is about.
 *
 * @param term as it was written
 * @param layer whether a layer of a frame is what the term asks for
 */
record FrameFilter(String term, Predicate<Layer> layer) {
  /** As {@link Layer#protocol} names them. */
  private static final Set<String> PROTOCOLS =
      Set.of("vlan", "arp", "ipv4", "ipv6", "icmp", "udp", "tcp", "http");

  private static final int MAX_PORT = 65_535;

  /** Refuses, as {@link IllegalArgumentException}, what is none of the three. */
  static FrameFilter parse(String term) {
    String lower = term.toLowerCase(Locale.ROOT);
    if (PROTOCOLS.contains(lower)) {
      return new FrameFilter(term, layer -> layer.protocol().equalsIgnoreCase(lower));
    }
    if (term.matches("[0-9]{1,5}") && Integer.parseInt(term) <= MAX_PORT) {
      int port = Integer.parseInt(term);
      return new FrameFilter(
          term, layer -> layer.fields().stream().anyMatch(f -> isPort(f) && f.value() == port));
    }
    String address;
    try {
      address =
          term.matches("(..:){5}..")
              ? MacAddress.parse(term).toString()
              : IpAddress.parse(term).toString();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + term + "' is no address, port or protocol: 10.0.0.1, 80, arp, icmp, udp, tcp ...",
          e);
    }
    return new FrameFilter(
        term,
        layer -> layer.fields().stream().anyMatch(f -> isAddress(f) && f.text().equals(address)));
  }

  private static boolean isPort(Field field) {
    return field.name().equals("sourcePort") || field.name().equals("destinationPort");
  }

  private static boolean isAddress(Field field) {
    return switch (field.name()) {
      case "source", "destination", "senderMac", "senderIp", "targetMac", "targetIp" -> true;
      default -> false;
    };
  }

  boolean accepts(Dissection frame) {
    return frame.layers().stream().anyMatch(layer);
  }
}
