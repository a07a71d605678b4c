package dev.tapstack.device;

/** What a {@link FaultDevice} did to the frames of one direction. */
public enum FaultCounter {
  /** Frames that came to the link. */
  OFFERED,
  /** Frames that reached its end, copies included. */
  PASSED,
  LOST,
  DUPLICATED,
  /** Frames with a bit turned over, and frames of ARP lost in its place. */
  CORRUPTED,
  /** Frames that left behind a frame which came after them. */
  REORDERED,
  /** Frames that had to wait for the rate's sake. */
  QUEUED,
  /** Frames that found the rate's queue, or the link's memory, full. */
  QUEUE_FULL
}
