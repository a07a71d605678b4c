package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;

/**
 * A route of a gateway: PREFIX=IP.
 *
 * @param destination where to
 * @param gateway the neighbour that leads there
 */
record StaticRoute(IpPrefix destination, Ipv4Address gateway) {
  static StaticRoute parse(String text) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      throw new IllegalArgumentException(
          "'" + text + "' names no router: write it as 10.0.0.0/8=192.168.1.7");
    }
    return new StaticRoute(
        IpPrefix.parse(text.substring(0, equals)), Ipv4Address.parse(text.substring(equals + 1)));
  }
}
