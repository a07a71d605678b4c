package dev.tapstack.apps.faults;

import dev.tapstack.device.FaultProfile;

/**
 * The faults of one direction of a member's plug. Immutable.
 *
 * @param profile what happens to frames
 * @param isPartitioned whether none passes, whatever the profile; that stays for later
 */
public record FaultSettings(FaultProfile profile, boolean isPartitioned) {
  /** No faults. */
  public static final FaultSettings NONE = new FaultSettings(FaultProfile.NONE, false);

  private static final FaultProfile NOTHING_PASSES = FaultProfile.NONE.withLoss(1);

  FaultProfile effective() {
    return isPartitioned ? NOTHING_PASSES : profile;
  }
}
