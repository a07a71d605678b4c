package dev.tapstack.ip;

import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;
import java.util.Arrays;
import java.util.Comparator;

/**
 * The hooks of each point by {@link HookPriority}, of the same priority in the order in which they
 * were added. The loop's thread only.
 */
final class Hooks {
  private static final Placed[] NONE = {};

  private final Placed[][] byPoint = new Placed[HookPoint.values().length][];

  private record Placed(HookPriority priority, Hook hook) {}

  Hooks() {
    Arrays.fill(byPoint, NONE);
  }

  void add(HookPoint point, HookPriority priority, Hook hook) {
    Placed[] present = byPoint[point.ordinal()];
    Placed[] extended = Arrays.copyOf(present, present.length + 1);
    extended[present.length] = new Placed(priority, hook);
    Arrays.sort(extended, Comparator.comparing(Placed::priority)); // stable
    byPoint[point.ordinal()] = extended;
  }

  /**
   * Shows {@code packet} to the hooks of {@code point}.
   *
   * @return false if the packet is gone: dropped here, or stolen
   */
  boolean pass(HookPoint point, Packet packet) {
    for (Placed each : byPoint[point.ordinal()]) {
      Verdict verdict = each.hook.judge(point, packet);
      if (verdict != Verdict.ACCEPT) {
        DropReason reason = verdict.reason();
        if (reason != null) {
          packet.drop(reason);
        }
        return false;
      }
    }
    return true;
  }
}
