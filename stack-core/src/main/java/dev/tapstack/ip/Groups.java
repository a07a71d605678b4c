package dev.tapstack.ip;

import dev.tapstack.link.NetInterface;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The multicast groups that this host is a member of, by interface, each with how many sockets
 * joined (RFC 1112 7.1). What routers are told of it is the family's {@link GroupMembership}. The
 * loop's thread only.
 */
final class Groups {
  /** As many as an interface receives group MAC addresses. */
  private static final int MAX_GROUPS = 64;

  private static final class Membership {
    final NetInterface via;
    final long hi;
    final long lo;
    int sockets;

    Membership(NetInterface via, long hi, long lo) {
      this.via = via;
      this.hi = hi;
      this.lo = lo;
    }
  }

  /** In the order of joining; few, and searched for groups alone. */
  private final List<Membership> memberships = new ArrayList<>();

  /** As {@link IpLayer#join}. */
  boolean join(GroupMembership reports, NetInterface via, long hi, long lo) {
    Membership membership = find(via.index(), hi, lo);
    if (membership == null) {
      if (countOf(via) == MAX_GROUPS || !via.joinGroup(hi, lo)) {
        return false;
      }
      membership = new Membership(via, hi, lo);
      memberships.add(membership);
      reports.joined(via, hi, lo);
    }
    membership.sockets++;
    return true;
  }

  /** As {@link IpLayer#leave}. */
  void leave(GroupMembership reports, NetInterface via, long hi, long lo) {
    Membership membership = find(via.index(), hi, lo);
    assert membership != null : "left more often than joined";
    if (membership != null && --membership.sockets == 0) {
      memberships.remove(membership);
      via.leaveGroup(hi, lo);
      reports.left(via, hi, lo);
    }
  }

  /** Whether a socket has joined the group on the interface with that index. */
  boolean isMember(int interfaceIndex, long hi, long lo) {
    return find(interfaceIndex, hi, lo) != null;
  }

  private int countOf(NetInterface via) {
    int count = 0;
    for (int i = 0; i < memberships.size(); i++) {
      count += memberships.get(i).via == via ? 1 : 0;
    }
    return count;
  }

  private @Nullable Membership find(int interfaceIndex, long hi, long lo) {
    for (int i = 0; i < memberships.size(); i++) {
      Membership each = memberships.get(i);
      if (each.lo == lo && each.hi == hi && each.via.index() == interfaceIndex) {
        return each;
      }
    }
    return null;
  }
}
