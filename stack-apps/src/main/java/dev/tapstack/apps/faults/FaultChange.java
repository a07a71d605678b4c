package dev.tapstack.apps.faults;

import dev.tapstack.device.FaultProfile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is to be changed of the faults: values by name; what is not named stays as it is. It is a
 * map so that it can be sent as it is. Immutable.
 *
 * @param values a number or truth value for each of {@link #KEYS} that is to change
 * @param from members whose way in is meant, each by name, MAC address or IPv4 address
 * @param to members whose way out is meant
 */
public record FaultChange(Map<String, Object> values, List<String> from, List<String> to) {
  /** First, all faults go. */
  public static final String CLEAR = "clear";

  // Chances, from 0 to 1.
  public static final String LOSS = "loss";
  public static final String DUPLICATE = "duplicate";
  public static final String CORRUPT = "corrupt";
  public static final String REORDER = "reorder";

  // Nanoseconds.
  public static final String DELAY = "delay_nanos";
  public static final String JITTER = "jitter_nanos";
  public static final String REORDER_BY = "reorder_nanos";

  /** Bits per second; 0 for no limit. */
  public static final String RATE = "bits_per_second";

  /** Whether nothing passes. */
  public static final String PARTITION = "partition";

  public static final Set<String> KEYS =
      Set.of(CLEAR, LOSS, DUPLICATE, CORRUPT, REORDER, DELAY, JITTER, REORDER_BY, RATE, PARTITION);

  /** How long a frame is held back to be overtaken, if nothing else was said: a few of any flow. */
  private static final long DEFAULT_REORDER_NANOS = 5_000_000;

  /** Frames that wait for the rate's sake: 1,000 of the ordinary length, as tc-netem(8) has it. */
  private static final int QUEUE_BYTES = 1000 * 1514;

  private static final String KEY_FROM = "from";
  private static final String KEY_TO = "to";

  /**
   * @throws IllegalArgumentException if a value is out of its range
   */
  public FaultChange {
    values = Map.copyOf(values);
    from = from.stream().map(word -> word.toLowerCase(Locale.ROOT)).toList();
    to = to.stream().map(word -> word.toLowerCase(Locale.ROOT)).toList();
    if (!KEYS.containsAll(values.keySet())) {
      throw new IllegalArgumentException(values.keySet() + ": the faults are " + KEYS);
    }
    applied(values, FaultSettings.NONE);
  }

  /** Whether it is about every member. */
  public boolean isForAll() {
    return from.isEmpty() && to.isEmpty();
  }

  /** The same as one object of JSON. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>(values);
    map.put(KEY_FROM, from);
    map.put(KEY_TO, to);
    return map;
  }

  /**
   * What {@link #toMap} made.
   *
   * @throws IllegalArgumentException if it did not make it
   */
  public static FaultChange ofMap(Map<String, Object> map) {
    Map<String, Object> values = new LinkedHashMap<>(map);
    return new FaultChange(values, words(values.remove(KEY_FROM)), words(values.remove(KEY_TO)));
  }

  private static List<String> words(@Nullable Object list) {
    List<String> words = new ArrayList<>();
    if (list instanceof List<?> all) {
      all.forEach(word -> words.add(String.valueOf(word)));
    }
    return words;
  }

  FaultSettings applied(FaultSettings before) {
    return applied(values, before);
  }

  private static FaultSettings applied(Map<String, Object> values, FaultSettings before) {
    FaultSettings base = values.get(CLEAR) == Boolean.TRUE ? FaultSettings.NONE : before;
    FaultProfile old = base.profile();
    FaultProfile changed =
        old.withLoss(number(values, LOSS, old.lossChance()))
            .withDuplication(number(values, DUPLICATE, old.duplicateChance()))
            .withCorruption(number(values, CORRUPT, old.corruptChance()))
            .withReordering(
                number(values, REORDER, old.reorderChance()),
                (long)
                    number(
                        values,
                        REORDER_BY,
                        old.reorderNanos() == 0 ? DEFAULT_REORDER_NANOS : old.reorderNanos()))
            .withDelay(
                (long) number(values, DELAY, old.delayNanos()),
                (long) number(values, JITTER, old.jitterNanos()))
            .withRate((long) number(values, RATE, old.bitsPerSecond()), QUEUE_BYTES);
    boolean isPartitioned =
        values.get(PARTITION) instanceof Boolean given ? given : base.isPartitioned();
    return new FaultSettings(changed, isPartitioned);
  }

  private static double number(Map<String, Object> values, String key, double otherwise) {
    return values.get(key) instanceof Number given ? given.doubleValue() : otherwise;
  }
}
