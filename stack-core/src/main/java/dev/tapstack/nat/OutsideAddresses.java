package dev.tapstack.nat;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.link.NetInterface;
import dev.tapstack.packet.Packet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which interfaces and addresses of a host are outside. Immutable; the loop's thread only, because
 * it reads the host's interfaces when it is made.
 */
final class OutsideAddresses {
  private final boolean[] isOutside;
  private final List<IpAddress> all = new ArrayList<>();
  private final long[] sorted;

  /**
   * The addresses of the interfaces with those names.
   *
   * @throws IllegalArgumentException if there is no such interface, or they have no IPv4 address
   */
  OutsideAddresses(IpLayer ip, List<String> names) {
    isOutside = new boolean[ip.interfaces().size()];
    for (String name : names) {
      NetInterface found = interfaceNamed(ip, name);
      isOutside[found.index()] = true;
      for (IpPrefix prefix : found.addresses()) {
        if (prefix.address().isV4()) {
          all.add(prefix.address());
        }
      }
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException(
          "outside interfaces " + names + " have no IPv4 address: NAT needs one");
    }
    sorted = all.stream().mapToLong(IpAddress::lo).sorted().toArray();
  }

  private static NetInterface interfaceNamed(IpLayer ip, String name) {
    for (NetInterface each : ip.interfaces()) {
      if (each.name().equals(name)) {
        return each;
      }
    }
    throw new IllegalArgumentException(
        "no interface '"
            + name
            + "': the outside is one of "
            + ip.interfaces().stream().map(NetInterface::name).toList());
  }

  /** In the order of the interfaces and of their addresses. */
  List<IpAddress> all() {
    return all;
  }

  boolean contains(long hi, long lo) {
    return hi == 0 && Arrays.binarySearch(sorted, lo) >= 0;
  }

  /** Whether the interface with that index is outside; -1 is this host itself. */
  boolean isOutside(int interfaceIndex) {
    return interfaceIndex >= 0 && isOutside[interfaceIndex];
  }

  boolean arrivedOutside(Packet packet) {
    return isOutside(packet.receivedIndex());
  }

  boolean leavesOutside(Packet packet) {
    return isOutside(packet.interfaceIndex());
  }

  /** Whether it arrived at an interface that is not outside; what this host sends did not. */
  boolean arrivedInside(Packet packet) {
    return packet.receivedIndex() >= 0 && !isOutside[packet.receivedIndex()];
  }
}
