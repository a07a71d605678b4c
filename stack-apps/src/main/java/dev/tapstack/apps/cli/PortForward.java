package dev.tapstack.apps.cli;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.nat.NatConfig;
import dev.tapstack.wire.Ipv4;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a gateway lets in: tcp:8080=192.168.1.2:80, or a range, udp:5000-5009=192.168.1.2:5000, or
 * what comes to one of several addresses, tcp:203.0.113.2:8080=192.168.1.2:80.
 *
 * @param forward as NAT has it
 */
record PortForward(NatConfig.Forward forward) {
  private static final Pattern FORM =
      Pattern.compile("(tcp|udp):(?:([\\d.]+):)?(\\d{1,5})(?:-(\\d{1,5}))?=([^=]+:\\d{1,5})");

  static PortForward parse(String text) {
    Matcher parts = FORM.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is no forward: write it as tcp:8080=192.168.1.2:80");
    }
    int first = Integer.parseInt(parts.group(3));
    int last = parts.group(4) == null ? first : Integer.parseInt(parts.group(4));
    return new PortForward(
        new NatConfig.Forward(
            parts.group(1).equals("tcp") ? Ipv4.PROTOCOL_TCP : Ipv4.PROTOCOL_UDP,
            parts.group(2) == null ? null : Ipv4Address.parse(parts.group(2)),
            first,
            last,
            Endpoint.parse(parts.group(5))));
  }
}
