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
 * their mapped form, so that /24 has length 120, and an IPv4 lookup ends at 96. Keys lie in arrays
 * of their own, and masks beside the lengths, for a router looks up twice for each packet: through
 * the routes' prefixes and addresses it took three times as long. Answers are remembered by address
 * until the routes change, for a frame's addresses are mostly those of a frame before; who has each
 * of his packets go elsewhere only makes each of them a search.
 *
 * <p>Routes come from configuration alone, hence the bound is an exception. The loop's thread only.
 */
public final class RouteTable {
  /**
   * More than any configuration here needs; a table of the whole internet's routes is not meant.
   */
  static final int MAX_ROUTES = 1 << 16;

  private static final int FIRST_PLACES = 16;
  private static final int MAPPED_BITS = 96;
  private static final int MAX_LENGTH = 128;

  /** Answers that are remembered: for the addresses that a link is busy with, in 1.3 KB. */
  private static final int RECENT = 64;

  /** In place of a prefix length: nothing stands there. */
  private static final short FREE = -1;

  private @Nullable Route[] table = new @Nullable Route[FIRST_PLACES];
  private long[] keyHi = new long[FIRST_PLACES];
  private long[] keyLo = new long[FIRST_PLACES];
  private short[] keyLength = free(FIRST_PLACES);
  private int size;
  private final int[] countOfLength = new int[MAX_LENGTH + 1];

  /** The lengths in use, longest first, and their masks. */
  private int[] lengths = {};

  private long[] masksHi = {};
  private long[] masksLo = {};

  // Answers to lookups, each at the place of its address, until a route is added or removed.
  private final @Nullable Route[] recentRoute = new @Nullable Route[RECENT];
  private final long[] recentHi = new long[RECENT];
  private final long[] recentLo = new long[RECENT];

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
    changed();
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
    changed();
    return true;
  }

  /** The route with the longest prefix that holds the address, or null. Allocates nothing. */
  public @Nullable Route lookup(long hi, long lo) {
    int place = slot(hi, lo, 0, RECENT - 1);
    Route recent = recentRoute[place];
    if (recent != null && recentLo[place] == lo && recentHi[place] == hi) {
      return recent;
    }
    Route route = search(hi, lo);
    recentRoute[place] = route;
    recentHi[place] = hi;
    recentLo[place] = lo;
    return route;
  }

  private @Nullable Route search(long hi, long lo) {
    int shortest = Ipv4Address.isMapped(hi, lo) ? MAPPED_BITS : 0;
    for (int i = 0; i < lengths.length && lengths[i] >= shortest; i++) {
      Route route = find(hi & masksHi[i], lo & masksLo[i], lengths[i]);
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
    int mask = keyLength.length - 1;
    for (int i = slot(hi, lo, length, mask); keyLength[i] != FREE; i = i + 1 & mask) {
      if (keyLo[i] == lo && keyHi[i] == hi && keyLength[i] == length) {
        return table[i];
      }
    }
    return null;
  }

  private void insert(Route route) {
    long hi = route.prefix().address().hi();
    long lo = route.prefix().address().lo();
    int length = mappedLength(route.prefix());
    int mask = keyLength.length - 1;
    int i = slot(hi, lo, length, mask);
    while (keyLength[i] != FREE) {
      i = i + 1 & mask;
    }
    keyHi[i] = hi;
    keyLo[i] = lo;
    keyLength[i] = (short) length;
    table[i] = route;
  }

  private void rebuild(int places, @Nullable Route without) {
    @Nullable Route[] old = table;
    table = new @Nullable Route[places];
    keyHi = new long[places];
    keyLo = new long[places];
    keyLength = free(places);
    for (Route route : old) {
      if (route != null && route != without) {
        insert(route);
      }
    }
  }

  private static short[] free(int places) {
    short[] lengths = new short[places];
    Arrays.fill(lengths, FREE);
    return lengths;
  }

  private void changed() {
    Arrays.fill(recentRoute, null);
    listLengths();
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
    masksHi = Arrays.stream(lengths).mapToLong(RouteTable::maskHi).toArray();
    masksLo = Arrays.stream(lengths).mapToLong(RouteTable::maskLo).toArray();
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
