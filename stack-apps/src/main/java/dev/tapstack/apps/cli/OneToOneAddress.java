package dev.tapstack.apps.cli;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.nat.NatConfig;

/**
 * An outside address that is one inside host's alone: 203.0.113.3=192.168.1.3.
 *
 * @param pair as NAT has it
 */
record OneToOneAddress(NatConfig.OneToOne pair) {
  static OneToOneAddress parse(String text) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      throw new IllegalArgumentException(
          "'" + text + "' names no inside host: write it as 203.0.113.3=192.168.1.3");
    }
    return new OneToOneAddress(
        new NatConfig.OneToOne(
            Ipv4Address.parse(text.substring(0, equals)),
            Ipv4Address.parse(text.substring(equals + 1))));
  }
}
