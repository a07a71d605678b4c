package dev.tapstack.device;

/**
 * What a link does to the frames of one direction: {@code FaultProfile.NONE.withLoss(0.1)} and so
 * on. Immutable; any thread. Chances are from 0 to 1 and drawn for each frame by itself.
 */
public final class FaultProfile {
  /** A link that does nothing to its frames. */
  public static final FaultProfile NONE = new FaultProfile();

  private double lossChance;
  private double duplicateChance;
  private double corruptChance;
  private double reorderChance;
  private long reorderNanos;
  private long delayNanos;
  private long jitterNanos;
  private long bitsPerSecond;
  private int queueBytes;

  private FaultProfile() {}

  private FaultProfile copy() {
    FaultProfile copy = new FaultProfile();
    copy.lossChance = lossChance;
    copy.duplicateChance = duplicateChance;
    copy.corruptChance = corruptChance;
    copy.reorderChance = reorderChance;
    copy.reorderNanos = reorderNanos;
    copy.delayNanos = delayNanos;
    copy.jitterNanos = jitterNanos;
    copy.bitsPerSecond = bitsPerSecond;
    copy.queueBytes = queueBytes;
    return copy;
  }

  /** The frame is lost. */
  public FaultProfile withLoss(double chance) {
    FaultProfile copy = copy();
    copy.lossChance = checkChance(chance);
    return copy;
  }

  /** The frame arrives twice. */
  public FaultProfile withDuplication(double chance) {
    FaultProfile copy = copy();
    copy.duplicateChance = checkChance(chance);
    return copy;
  }

  /**
   * One bit of the frame is turned over. A frame of ARP, which bears no checksum of its own, is
   * lost instead, as Ethernet's check sequence would have it.
   */
  public FaultProfile withCorruption(double chance) {
    FaultProfile copy = copy();
    copy.corruptChance = checkChance(chance);
    return copy;
  }

  /** The frame is held back for {@code nanos} beyond its delay, so that later ones overtake it. */
  public FaultProfile withReordering(double chance, long nanos) {
    FaultProfile copy = copy();
    copy.reorderChance = checkChance(chance);
    copy.reorderNanos = checkNotNegative(nanos);
    return copy;
  }

  /**
   * Every frame needs {@code nanos} for its way, and up to {@code jitterNanos} more, evenly drawn;
   * jitter by itself never changes the order.
   */
  public FaultProfile withDelay(long nanos, long jitterNanos) {
    FaultProfile copy = copy();
    copy.delayNanos = checkNotNegative(nanos);
    copy.jitterNanos = checkNotNegative(jitterNanos);
    return copy;
  }

  /**
   * Frames leave one after the other at this rate.
   *
   * @param bitsPerSecond 0 for no limit
   * @param queueBytes bytes of frames that may wait for their turn; what does not fit is dropped
   */
  public FaultProfile withRate(long bitsPerSecond, int queueBytes) {
    FaultProfile copy = copy();
    copy.bitsPerSecond = checkNotNegative(bitsPerSecond);
    copy.queueBytes = (int) checkNotNegative(queueBytes);
    return copy;
  }

  private static double checkChance(double chance) {
    if (!(chance >= 0 && chance <= 1)) {
      throw new IllegalArgumentException("a chance is within 0..1, not " + chance);
    }
    return chance;
  }

  private static long checkNotNegative(long value) {
    if (value < 0) {
      throw new IllegalArgumentException("times, rates and queues are not negative: " + value);
    }
    return value;
  }

  public double lossChance() {
    return lossChance;
  }

  public double duplicateChance() {
    return duplicateChance;
  }

  public double corruptChance() {
    return corruptChance;
  }

  public double reorderChance() {
    return reorderChance;
  }

  public long reorderNanos() {
    return reorderNanos;
  }

  public long delayNanos() {
    return delayNanos;
  }

  public long jitterNanos() {
    return jitterNanos;
  }

  public long bitsPerSecond() {
    return bitsPerSecond;
  }

  public int queueBytes() {
    return queueBytes;
  }

  @Override
  public String toString() {
    return "loss %.3f, duplication %.3f, corruption %.3f, reordering %.3f by %d ns, delay %d+%d ns, %d bit/s, queue %d B"
        .formatted(
            lossChance,
            duplicateChance,
            corruptChance,
            reorderChance,
            reorderNanos,
            delayNanos,
            jitterNanos,
            bitsPerSecond,
            queueBytes);
  }
}
