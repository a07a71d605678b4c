package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpPrefix;

/**
 * Hosts that packets go to: 198.51.100.0/24.
 *
 * @param prefix their network
 */
record Destinations(IpPrefix prefix) {
  static Destinations parse(String text) {
    return new Destinations(IpPrefix.parse(text));
  }
}
