package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.Ipv4Address;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Addresses in a row: 203.0.113.10, or 203.0.113.10-203.0.113.19.
 *
 * @param last included
 */
record AddressRange(Ipv4Address first, Ipv4Address last) {
  /**
   * Each is announced by ARP when the gateway starts: a quarter of a thousand frames and no more.
   */
  private static final int MOST = 256;

  AddressRange {
    long count = last.lo() - first.lo() + 1;
    if (count < 1 || count > MOST) {
      throw new IllegalArgumentException(
          first + "-" + last + " is no range of 1 to " + MOST + " addresses: give the lower first");
    }
  }

  static AddressRange parse(String text) {
    int dash = text.indexOf('-');
    Ipv4Address first = Ipv4Address.parse(dash < 0 ? text : text.substring(0, dash));
    return new AddressRange(first, dash < 0 ? first : Ipv4Address.parse(text.substring(dash + 1)));
  }

  /** All of them, upwards. */
  List<IpAddress> addresses() {
    return IntStream.rangeClosed(0, last.intBits() - first.intBits())
        .<IpAddress>mapToObj(i -> Ipv4Address.of(first.intBits() + i))
        .toList();
  }
}
