package dev.tapstack.udp;

import dev.tapstack.link.NetInterface;
import java.util.ArrayList;
import java.util.List;

/** The multicast groups that one socket has joined (RFC 1112 7.1). The loop's thread only. */
final class Memberships {
  /** Linux: net.ipv4.igmp_max_memberships, for each socket. */
  static final int MAX = 20;

  private record Membership(NetInterface via, long hi, long lo) {}

  private final List<Membership> joined = new ArrayList<>(1);

  boolean isFull() {
    return joined.size() == MAX;
  }

  void add(NetInterface via, long hi, long lo) {
    joined.add(new Membership(via, hi, lo));
  }

  /** False if there was none. */
  boolean remove(NetInterface via, long hi, long lo) {
    return joined.remove(new Membership(via, hi, lo));
  }

  /** Whether the group has been joined on the interface with that index. */
  boolean contains(int interfaceIndex, long hi, long lo) {
    for (int i = 0; i < joined.size(); i++) {
      Membership each = joined.get(i);
      if (each.lo == lo && each.hi == hi && each.via.index() == interfaceIndex) {
        return true;
      }
    }
    return false;
  }

  /** Leaves all. */
  void clear(UdpLayer layer) {
    for (Membership each : joined) {
      layer.left(each.via, each.hi, each.lo);
    }
    joined.clear();
  }
}
