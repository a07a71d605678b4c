package dev.tapstack.filter;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.conntrack.FlowState;
import dev.tapstack.ip.HookPoint;
import java.util.List;

/** One condition of a {@link Rule} on a packet. Immutable; any thread. */
public sealed interface Match {
  /** The highest port, and the highest number of the fields of 16 bits. */
  int MAX_PORT = 65_535;

  /** Protocols, and ICMP types and codes, are octets. */
  int MAX_OCTET = 255;

  /** The IP protocol number. */
  record Protocol(int number) implements Match {
    public Protocol {
      require(number >= 0 && number <= MAX_OCTET, "protocol", number, MAX_OCTET);
    }
  }

  /** The source address lies in the prefix. */
  record Source(IpPrefix prefix) implements Match {}

  /** The destination address lies in the prefix. */
  record Destination(IpPrefix prefix) implements Match {}

  /** The source port of TCP or UDP, from first to last. Fragments behind the first have none. */
  record SourcePort(int first, int last) implements Match {
    public SourcePort {
      requirePorts(first, last);
    }
  }

  /** The destination port of TCP or UDP, from first to last. */
  record DestinationPort(int first, int last) implements Match {
    public DestinationPort {
      requirePorts(first, last);
    }
  }

  /** The ICMP type, and the code unless that is {@link #ANY_CODE}. */
  record IcmpType(int type, int code) implements Match {
    public static final int ANY_CODE = -1;

    public IcmpType {
      require(type >= 0 && type <= MAX_OCTET, "ICMP type", type, MAX_OCTET);
      require(code >= ANY_CODE && code <= MAX_OCTET, "ICMP code", code, MAX_OCTET);
    }
  }

  /** The interface by which it arrived; nothing of our own has one. */
  record InInterface(String name) implements Match {}

  /** The interface by which it leaves; nothing for this host has one. */
  record OutInterface(String name) implements Match {}

  /** Its way: INPUT for what is for this host, OUTPUT for what is its own, FORWARD for the rest. */
  record Way(HookPoint point) implements Match {
    public Way {
      if (point == HookPoint.PREROUTING || point == HookPoint.POSTROUTING) {
        throw new IllegalArgumentException(
            "the firewall sees nothing at " + point + ": use INPUT, FORWARD or OUTPUT");
      }
    }
  }

  /** What conntrack says of it; only in a security group, where answers pass without a rule. */
  record State(List<FlowState> anyOf) implements Match {
    public State {
      anyOf = List.copyOf(anyOf);
      if (anyOf.isEmpty()) {
        throw new IllegalArgumentException("no state is named: name NEW or INVALID, or leave it");
      }
    }
  }

  /** Its flow was begun to an address here that is translated: a port forward, or a mapping. */
  record Translated() implements Match {}

  private static void require(boolean holds, String what, int value, int max) {
    if (!holds) {
      throw new IllegalArgumentException(what + " " + value + " is not within 0.." + max);
    }
  }

  private static void requirePorts(int first, int last) {
    require(first >= 0 && first <= MAX_PORT, "port", first, MAX_PORT);
    require(last >= 0 && last <= MAX_PORT, "port", last, MAX_PORT);
    if (first > last) {
      throw new IllegalArgumentException(
          "port range " + first + "-" + last + " is empty: write the lower port first");
    }
  }
}
