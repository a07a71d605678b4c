package dev.tapstack.ip;

import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;
import java.util.Arrays;

/** The hooks of each point, in the order in which they were added. The loop's thread only. */
final class Hooks {
  private static final Hook[] NONE = {};

  private final Hook[][] byPoint = new Hook[HookPoint.values().length][];

  Hooks() {
    Arrays.fill(byPoint, NONE);
  }

  void add(HookPoint point, Hook hook) {
    Hook[] present = byPoint[point.ordinal()];
    Hook[] extended = Arrays.copyOf(present, present.length + 1);
    extended[present.length] = hook;
    byPoint[point.ordinal()] = extended;
  }

  /**
   * Shows {@code packet} to the hooks of {@code point}.
   *
   * @return false if the packet is gone: dropped here, or stolen
   */
  boolean pass(HookPoint point, Packet packet) {
    for (Hook hook : byPoint[point.ordinal()]) {
      Verdict verdict = hook.judge(point, packet);
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
