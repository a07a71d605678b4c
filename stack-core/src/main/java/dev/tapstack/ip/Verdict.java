package dev.tapstack.ip;

import dev.tapstack.stats.DropReason;
import org.jspecify.annotations.Nullable;

/** What a {@link Hook} says of a packet. Immutable; made once for each reason, any thread. */
public final class Verdict {
  /** The packet goes on. */
  public static final Verdict ACCEPT = new Verdict(null);

  /** The hook owns the packet. */
  public static final Verdict STOLEN = new Verdict(null);

  private static final Verdict[] DROPS = new Verdict[DropReason.values().length];

  static {
    for (DropReason reason : DropReason.values()) {
      DROPS[reason.ordinal()] = new Verdict(reason);
    }
  }

  private final @Nullable DropReason reason;

  private Verdict(@Nullable DropReason reason) {
    this.reason = reason;
  }

  /** The packet is to be dropped for {@code reason}. */
  public static Verdict drop(DropReason reason) {
    return DROPS[reason.ordinal()];
  }

  /** Why it is to be dropped; null for the other verdicts. */
  public @Nullable DropReason reason() {
    return reason;
  }

  @Override
  public String toString() {
    return this == ACCEPT ? "ACCEPT" : this == STOLEN ? "STOLEN" : "DROP(" + reason + ")";
  }
}
