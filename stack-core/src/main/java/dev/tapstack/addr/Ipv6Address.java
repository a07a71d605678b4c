package dev.tapstack.addr;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** An IPv6 address (RFC 4291). Immutable; any thread. */
public final class Ipv6Address extends IpAddress {
  Ipv6Address(long hi, long lo) {
    super(hi, lo);
  }

  /**
   * Parses any text form of RFC 4291 2.2, without a zone. An IPv4-mapped literal is refused here:
   * it is an {@link Ipv4Address}.
   *
   * @throws IllegalArgumentException naming the text, if it is not one
   */
  public static Ipv6Address parse(String text) {
    // Only hex digits, colons and dots reach the JDK: with a colon among them it never asks a name
    // server.
    if (text.matches("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
      try {
        if (IpAddress.of(InetAddress.getByName(text)) instanceof Ipv6Address address) {
          return address;
        }
      } catch (UnknownHostException e) {
        // falls through to the message below
      }
    }
    throw new IllegalArgumentException(
        "'" + text + "' is not an IPv6 address: write it as 2001:db8::1");
  }

  @Override
  public String toString() {
    return Ipv6Text.format(hi(), lo());
  }
}
