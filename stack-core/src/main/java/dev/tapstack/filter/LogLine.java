package dev.tapstack.filter;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.wire.Ipv4;

/** The line that a log rule writes: printable ASCII, whatever came in. */
final class LogLine {
  private LogLine() {}

  static String of(
      String label, String list, PacketView packet, CompiledRules rules, long suppressed) {
    StringBuilder line = new StringBuilder();
    line.append(label).append(" list=").append(list);
    line.append(" in=").append(rules.interfaceName(packet.in));
    line.append(" out=").append(rules.interfaceName(packet.out));
    line.append(' ').append(protocol(packet.protocol)).append(' ');
    endpoint(line, packet.sourceHi, packet.sourceLo, packet.hasPorts, packet.sourcePort);
    line.append(" > ");
    endpoint(
        line, packet.destinationHi, packet.destinationLo, packet.hasPorts, packet.destinationPort);
    if (packet.icmp >= 0) {
      line.append(" type=").append(packet.icmp >>> 8);
      line.append(" code=").append(packet.icmp & 0xff);
    }
    line.append(" bytes=").append(packet.length);
    if (suppressed > 0) {
      line.append(" (").append(suppressed).append(" packets before it are not shown)");
    }
    return printable(line.toString());
  }

  private static String protocol(int number) {
    return switch (number) {
      case Ipv4.PROTOCOL_ICMP -> "icmp";
      case Ipv4.PROTOCOL_TCP -> "tcp";
      case Ipv4.PROTOCOL_UDP -> "udp";
      default -> "protocol=" + number;
    };
  }

  private static void endpoint(StringBuilder line, long hi, long lo, boolean hasPort, int port) {
    line.append(IpAddress.of(hi, lo));
    if (hasPort) {
      line.append(':').append(port);
    }
  }

  /** The text with a question mark in place of all that is not printable ASCII. */
  static String printable(String text) {
    return text.replaceAll("[^\\x20-\\x7e]", "?");
  }
}
