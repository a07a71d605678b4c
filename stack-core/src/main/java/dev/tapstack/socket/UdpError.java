package dev.tapstack.socket;

import dev.tapstack.addr.Endpoint;

/**
 * What ICMP, or the silence of a neighbour, says of a datagram that a UDP socket has sent (RFC 1122
 * 4.1.3.3).
 *
 * @param to whom the datagram was for
 * @param mtu the next hop's MTU in bytes for {@link Kind#TOO_BIG}, 0 if unknown or another kind
 */
public record UdpError(Kind kind, Endpoint to, int mtu) {
  /** What an error says. */
  public enum Kind {
    PORT_UNREACHABLE("Connection refused"),
    PROTOCOL_UNREACHABLE("Protocol not available"),
    NET_UNREACHABLE("Network is unreachable"),
    HOST_UNREACHABLE("No route to host"),
    /** A firewall on the way does not let it pass. */
    PROHIBITED("No route to host"),
    /** A next hop takes smaller datagrams only, and was not to fragment this one (RFC 1191). */
    TOO_BIG("Message too long"),
    TTL_EXCEEDED("No route to host"),
    /** Fragments of it did not arrive in time. */
    REASSEMBLY_EXCEEDED("No route to host"),
    PARAMETER_PROBLEM("Protocol error");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /** In the words that java.net's exceptions use on Linux. */
    public String text() {
      return text;
    }
  }
}
