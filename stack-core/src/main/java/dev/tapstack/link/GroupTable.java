package dev.tapstack.link;

/**
 * The group MAC addresses that an interface has joined, each with how often: several IP groups
 * share one MAC address (RFC 1112 6.4). Few, and searched in order. The loop's thread only.
 */
final class GroupTable {
  /** Linux: net.ipv4.igmp_max_memberships is 20 a socket; some sockets' worth. */
  private static final int MAX_GROUPS = 64;

  private final long[] macs = new long[MAX_GROUPS];
  private final int[] joins = new int[MAX_GROUPS];
  private int size;

  /** Joins once more; false if there is no room for another group. */
  boolean join(long mac) {
    int at = indexOf(mac);
    if (at < 0) {
      if (size == MAX_GROUPS) {
        return false;
      }
      at = size++;
      macs[at] = mac;
      joins[at] = 0;
    }
    joins[at]++;
    return true;
  }

  /** Takes back one join; nothing happens if there is none. */
  void leave(long mac) {
    int at = indexOf(mac);
    if (at >= 0 && --joins[at] == 0) {
      size--;
      macs[at] = macs[size];
      joins[at] = joins[size];
    }
  }

  boolean contains(long mac) {
    return indexOf(mac) >= 0;
  }

  private int indexOf(long mac) {
    for (int i = 0; i < size; i++) {
      if (macs[i] == mac) {
        return i;
      }
    }
    return -1;
  }
}
