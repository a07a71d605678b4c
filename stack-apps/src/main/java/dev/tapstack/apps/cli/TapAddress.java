package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpPrefix;

/**
 * An interface of a gateway: NAME[@NETNS]=CIDR.
 *
 * @param tap which TAP
 * @param address the gateway's address there, with its subnet
 */
record TapAddress(TapName tap, IpPrefix address) {
  static TapAddress parse(String text) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      throw new IllegalArgumentException(
          "'" + text + "' has no address: write it as NAME[@NETNS]=192.168.1.1/24");
    }
    return new TapAddress(
        TapName.parse(text.substring(0, equals)),
        Converters.subnetAddress(text.substring(equals + 1)));
  }
}
