package dev.tapstack.apps.cli;

import dev.tapstack.apps.faults.FaultChange;
import dev.tapstack.apps.faults.FaultSettings;
import dev.tapstack.device.FaultProfile;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The faults of a link, named as in tc-netem(8). */
final class FaultOptions {
  @Option(names = "--loss", paramLabel = "PERCENT", description = "Frames that are lost: 5%%.")
  private @Nullable Percentage loss;

  @Option(
      names = "--delay",
      paramLabel = "TIME",
      description = "What every frame needs for its way: 50ms.")
  private @Nullable TimeSpan delay;

  @Option(
      names = "--jitter",
      paramLabel = "TIME",
      description = "Up to so much more, evenly drawn; it never changes the order.")
  private @Nullable TimeSpan jitter;

  @Option(
      names = "--reorder",
      paramLabel = "PERCENT",
      description = "Frames that are held back, so that later ones overtake them.")
  private @Nullable Percentage reorder;

  @Option(
      names = "--reorder-by",
      paramLabel = "TIME",
      description = "How long these are held back (default 5ms).")
  private @Nullable TimeSpan reorderBy;

  @Option(names = "--duplicate", paramLabel = "PERCENT", description = "Frames that arrive twice.")
  private @Nullable Percentage duplicate;

  @Option(
      names = "--corrupt",
      paramLabel = "PERCENT",
      description = "Frames with one bit turned over; of ARP, which has no checksum, lost ones.")
  private @Nullable Percentage corrupt;

  @Option(
      names = "--rate",
      paramLabel = "RATE",
      description = "Frames leave one after the other: 10mbit; 0 for no limit.")
  private @Nullable BitRate rate;

  @Option(
      names = "--partition",
      negatable = true,
      description = "Nothing passes; the other faults are kept for later.")
  private @Nullable Boolean partition;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  FaultOptions() {}

  /** What was given, by {@link FaultChange}'s names. */
  Map<String, Object> values() {
    Map<String, Object> values = new LinkedHashMap<>();
    chance(values, FaultChange.LOSS, loss);
    time(values, FaultChange.DELAY, delay);
    time(values, FaultChange.JITTER, jitter);
    chance(values, FaultChange.REORDER, reorder);
    time(values, FaultChange.REORDER_BY, reorderBy);
    chance(values, FaultChange.DUPLICATE, duplicate);
    chance(values, FaultChange.CORRUPT, corrupt);
    if (rate != null) {
      values.put(FaultChange.RATE, rate.bitsPerSecond());
    }
    if (partition != null) {
      values.put(FaultChange.PARTITION, partition);
    }
    return values;
  }

  private static void chance(Map<String, Object> values, String key, @Nullable Percentage given) {
    if (given != null) {
      values.put(key, given.chance());
    }
  }

  private static void time(Map<String, Object> values, String key, @Nullable TimeSpan given) {
    if (given != null) {
      values.put(key, given.nanos());
    }
  }

  /** The change for all members that the options are. */
  FaultChange change() {
    return new FaultChange(values(), List.of(), List.of());
  }

  /** Settings in the options' words; "none" for none. */
  static String format(FaultSettings settings) {
    FaultProfile profile = settings.profile();
    StringJoiner words = new StringJoiner(" ").setEmptyValue("none");
    if (settings.isPartitioned()) {
      words.add("partition");
    }
    addChance(words, "loss", profile.lossChance());
    addTime(words, "delay", profile.delayNanos());
    addTime(words, "jitter", profile.jitterNanos());
    addChance(words, "reorder", profile.reorderChance());
    if (profile.reorderChance() > 0) {
      addTime(words, "reorder-by", profile.reorderNanos());
    }
    addChance(words, "duplicate", profile.duplicateChance());
    addChance(words, "corrupt", profile.corruptChance());
    if (profile.bitsPerSecond() > 0) {
      words.add("rate " + BitRate.format(profile.bitsPerSecond()));
    }
    return words.toString();
  }

  private static void addChance(StringJoiner words, String name, double chance) {
    if (chance > 0) {
      words.add(name + " " + Percentage.format(chance));
    }
  }

  private static void addTime(StringJoiner words, String name, long nanos) {
    if (nanos > 0) {
      words.add(name + " " + TimeSpan.format(nanos));
    }
  }
}
