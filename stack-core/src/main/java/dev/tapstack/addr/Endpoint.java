package dev.tapstack.addr;

/**
 * A transport address: an IP address and a port. Immutable; any thread.
 *
 * @param address the address; {@link Ipv4Address#ANY} for "any of mine" where an API allows it
 * @param port 0 to 65535; 0 for "any free one" where an API allows it
 */
public record Endpoint(IpAddress address, int port) {
  public Endpoint {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port " + port + " is not within 0..65535");
    }
  }

  /**
   * Parses "192.0.2.1:80" or "[2001:db8::1]:80".
   *
   * @throws IllegalArgumentException naming the text, if it is not that
   */
  public static Endpoint parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0 || !text.substring(colon + 1).matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException("'" + text + "' has no port: write it as 192.0.2.1:80");
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    return new Endpoint(IpAddress.parse(host), Integer.parseInt(text.substring(colon + 1)));
  }

  @Override
  public String toString() {
    return address.isV4() ? address + ":" + port : "[" + address + "]:" + port;
  }
}
