package dev.tapstack.stats;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Counters indexed by an enum. Written by the loop's thread only; allocates nothing when counting.
 *
 * @param <E> the enum that names the counters
 */
public final class Counters<E extends Enum<E>> {
  private final E[] names;
  private final long[] values;

  public Counters(Class<E> type) {
    names = type.getEnumConstants();
    values = new long[names.length];
  }

  public void increment(E name) {
    values[name.ordinal()]++;
  }

  public void add(E name, long amount) {
    values[name.ordinal()] += amount;
  }

  public long value(E name) {
    return values[name.ordinal()];
  }

  /** The sum of all counters. */
  public long total() {
    return Arrays.stream(values).sum();
  }

  /**
   * The counters that are not zero, in the enum's order, named in lower case with dashes. A
   * whole-set comparison in a test shows also what should not have been counted.
   */
  public Map<String, Long> nonZero() {
    Map<String, Long> map = new LinkedHashMap<>();
    for (E name : names) {
      if (values[name.ordinal()] != 0) {
        map.put(label(name), values[name.ordinal()]);
      }
    }
    return map;
  }

  /** How a counter is shown to people: TCP_BAD_CHECKSUM is "tcp-bad-checksum". */
  public static String label(Enum<?> name) {
    return name.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public String toString() {
    return nonZero().toString();
  }
}
