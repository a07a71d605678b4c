package dev.tapstack.apps.cli;

import dev.tapstack.addr.Ipv4Address;

/**
 * A name that the command line gives to an address: NAME=IP.
 *
 * @param name what it is called, upper and lower case alike
 * @param address whose name it is
 */
record NamedHost(String name, Ipv4Address address) {
  static NamedHost parse(String text) {
    int equals = text.indexOf('=');
    if (equals <= 0) {
      throw new IllegalArgumentException("'" + text + "' is not NAME=IP: write it as web=10.0.0.5");
    }
    return new NamedHost(text.substring(0, equals), Ipv4Address.parse(text.substring(equals + 1)));
  }
}
