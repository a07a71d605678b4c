package dev.tapstack.stats;

/**
 * The account of every packet of one stack, so that none is lost in silence: polled = delivered +
 * forwarded + kept + dropped on the way up, built = sent + kept + dropped on the way down.
 *
 * <p>Written by the loop's thread only.
 */
public final class PacketLedger {
  private final Counters<DropReason> drops = new Counters<>(DropReason.class);
  private long polled;
  private long delivered;
  private long forwarded;
  private long droppedUp;
  private long built;
  private long sent;
  private long droppedDown;

  public void polled() {
    polled++;
  }

  public void built() {
    built++;
  }

  /** A packet that came from a device reached its end: an application, a protocol, or both. */
  public void delivered() {
    delivered++;
  }

  /** A packet was given to a device's wire. */
  public void sent(boolean cameFromDevice) {
    if (cameFromDevice) {
      forwarded++;
    } else {
      sent++;
    }
  }

  public void dropped(DropReason reason, boolean cameFromDevice) {
    drops.increment(reason);
    if (cameFromDevice) {
      droppedUp++;
    } else {
      droppedDown++;
    }
  }

  public Counters<DropReason> drops() {
    return drops;
  }

  public long polledCount() {
    return polled;
  }

  public long deliveredCount() {
    return delivered;
  }

  public long forwardedCount() {
    return forwarded;
  }

  public long builtCount() {
    return built;
  }

  public long sentCount() {
    return sent;
  }

  /** Packets from devices that somebody still keeps (reassembly, a queue). */
  public long keptUp() {
    return polled - delivered - forwarded - droppedUp;
  }

  /** Packets of our own that somebody still keeps (a neighbour's queue, a device's queue). */
  public long keptDown() {
    return built - sent - droppedDown;
  }
}
