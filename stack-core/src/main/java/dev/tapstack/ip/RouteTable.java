package dev.tapstack.ip;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The routes of both families; the longest matching prefix wins (RFC 1122 3.3.1.2, RFC 1812
 * 5.2.4.3).
 *
 * <p>Theory of operation. All routes are in one open-addressing hash table under their prefix. A
 * lookup tries the prefix lengths that are in use, longest first: the cost is one probe for each
 * distinct length (four on an ordinary host), whatever the number of routes. IPv4 prefixes count in
 * their mapped form, so that /24 has length 120, and an IPv4 lookup ends at 96.
 *
 * <p>Routes come from configuration alone, hence the bound is an exception. The loop's thread only.
 */
public final class RouteTable {
  /**
   * More than any configuration here needs; a table of the whole internet's routes is not meant.
   */
  static final int MAX_ROUTES = 1 << 16;

  private static final int MAPPED_BITS = 96;
  private static final int MAX_LENGTH = 128;

  private @Nullable Route[] table = new @Nullable Route[16];
  private int size;
  private final int[] countOfLength = new int[MAX_LENGTH + 1];

  /** The lengths in use, longest first. */
  private int[] lengths = {};

  /**
   * Adds a route.
   *
   * @return false if its prefix has one already, which stays
   * @throws IllegalStateException if the table is full
   */
  public boolean add(Route route) {
    if (find(route.prefix()) != null) {
      return false;
    }
    if (size == MAX_ROUTES) {
      throw new IllegalStateException("more than " + MAX_ROUTES + " routes");
    }
    if (2 * (size + 1) > table.length) {
      rebuild(table.length * 2, null);
    }
    insert(route);
    size++;
    countOfLength[mappedLength(route.prefix())]++;
    listLengths();
    return true;
  }

  /** Removes the route to exactly {@code prefix}; false if there is none. */
  public boolean remove(IpPrefix prefix) {
    Route route = find(prefix);
    if (route == null) {
      return false;
    }
    rebuild(table.length, route);
    size--;
    countOfLength[mappedLength(prefix)]--;
    listLengths();
    return true;
  }

  /** The route with the longest prefix that holds the address, or null. Allocates nothing. */
  public @Nullable Route lookup(long hi, long lo) {
    int shortest = Ipv4Address.isMapped(hi, lo) ? MAPPED_BITS : 0;
    for (int length : lengths) {
      if (length < shortest) {
        return null;
      }
      Route route = find(hi & maskHi(length), lo & maskLo(length), length);
      if (route != null) {
        return route;
      }
    }
    return null;
  }

  /** All routes, longest prefixes first, for people to read. */
  public List<Route> routes() {
    List<Route> all = new ArrayList<>();
    for (Route route : table) {
      if (route != null) {
        all.add(route);
      }
    }
    all.sort((a, b) -> {
      int byLength = mappedLength(b.prefix()) - mappedLength(a.prefix());
      return byLength != 0 ? byLength : a.prefix().address().compareTo(b.prefix().address());
    });
    return all;
  }

  private @Nullable Route find(IpPrefix prefix) {
    IpAddress network = prefix.network();
    return find(network.hi(), network.lo(), mappedLength(prefix));
  }

  private @Nullable Route find(long hi, long lo, int length) {
    int mask = table.length - 1;
    for (int i = slot(hi, lo, length, mask); ; i = i + 1 & mask) {
      Route route = table[i];
      if (route == null) {
        return null;
      }
      IpPrefix prefix = route.prefix();
      if (prefix.address().lo() == lo
          && prefix.address().hi() == hi
          && mappedLength(prefix) == length) {
        return route;
      }
    }
  }

  private void insert(Route route) {
    IpPrefix prefix = route.prefix();
    int mask = table.length - 1;
    int i = slot(prefix.address().hi(), prefix.address().lo(), mappedLength(prefix), mask);
    while (table[i] != null) {
      i = i + 1 & mask;
    }
    table[i] = route;
  }

  private void rebuild(int capacity, @Nullable Route without) {
    @Nullable Route[] old = table;
    table = new @Nullable Route[capacity];
    for (Route route : old) {
      if (route != null && route != without) {
        insert(route);
      }
    }
  }

  private void listLengths() {
    int[] used = new int[MAX_LENGTH + 1];
    int count = 0;
    for (int length = MAX_LENGTH; length >= 0; length--) {
      if (countOfLength[length] > 0) {
        used[count++] = length;
      }
    }
    lengths = Arrays.copyOf(used, count);
  }

  /** The keys are ours, so that a plain mix will do: nobody can fill a chain. */
  private static int slot(long hi, long lo, int length, int mask) {
    long mixed = (hi * 31 + lo + length) * 0x9e3779b97f4a7c15L;
    return (int) (mixed >>> 32) & mask;
  }

  private static int mappedLength(IpPrefix prefix) {
    return prefix.address().isV4() ? MAPPED_BITS + prefix.length() : prefix.length();
  }

  private static long maskHi(int length) {
    return length >= 64 ? -1L : length == 0 ? 0 : -1L << (64 - length);
  }

  private static long maskLo(int length) {
    return length <= 64 ? 0 : -1L << (128 - length);
  }
}
