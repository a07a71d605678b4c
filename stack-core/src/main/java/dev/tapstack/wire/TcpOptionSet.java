package dev.tapstack.wire;

/**
 * What the options of one segment said: filled by {@link TcpOption#parse}, made once and used for
 * every segment.
 *
 * <p>Values are as they were on the wire: nothing is clamped here, and options that count only in a
 * SYN are reported wherever they stood. Belongs to one thread.
 */
public final class TcpOptionSet {
  /** More SACK blocks do not fit in 40 bytes of options (RFC 2018 3). */
  public static final int MAX_SACK_BLOCKS = 4;

  /** Value of {@link #mss} and {@link #windowScale} when the option is absent. */
  public static final int ABSENT = -1;

  private int mss = ABSENT;
  private int windowScale = ABSENT;
  private boolean sackPermitted;
  private boolean hasTimestamps;
  private int tsVal;
  private int tsEcr;
  private int sackBlocks;
  private final int[] sackEdges = new int[2 * MAX_SACK_BLOCKS];
  private boolean malformed;

  /** Makes an empty set. */
  public TcpOptionSet() {}

  /** Forgets everything. */
  public void clear() {
    mss = ABSENT;
    windowScale = ABSENT;
    sackPermitted = false;
    hasTimestamps = false;
    tsVal = 0;
    tsEcr = 0;
    sackBlocks = 0;
    malformed = false;
  }

  /** Maximum segment size in bytes (RFC 9293 3.7.1), or {@link #ABSENT}. */
  public int mss() {
    return mss;
  }

  /** Window scale shift count, 0 to 255 (RFC 7323 2.2), or {@link #ABSENT}. */
  public int windowScale() {
    return windowScale;
  }

  /** True if SACK-permitted was there (RFC 2018 2). */
  public boolean sackPermitted() {
    return sackPermitted;
  }

  /** True if the timestamps option was there (RFC 7323 3.2). */
  public boolean hasTimestamps() {
    return hasTimestamps;
  }

  /** TSval, 0 without the option. */
  public int tsVal() {
    return tsVal;
  }

  /** TSecr, 0 without the option. */
  public int tsEcr() {
    return tsEcr;
  }

  /** Number of SACK blocks, 0 to {@link #MAX_SACK_BLOCKS}. */
  public int sackBlocks() {
    return sackBlocks;
  }

  /** Left edge of SACK block {@code index}: its first sequence number (RFC 2018 3). */
  public int sackLeftEdge(int index) {
    return sackEdges[2 * index];
  }

  /** Right edge of SACK block {@code index}: the sequence number after its last. */
  public int sackRightEdge(int index) {
    return sackEdges[2 * index + 1];
  }

  /**
   * True if the list broke a rule: a length of 0 or 1, one past the end, or one that its kind does
   * not have. What stood before the fault, and after it where the walk could go on, is reported.
   */
  public boolean malformed() {
    return malformed;
  }

  void foundMss(int value) {
    mss = value;
  }

  void foundWindowScale(int shift) {
    windowScale = shift;
  }

  void foundSackPermitted() {
    sackPermitted = true;
  }

  void foundTimestamps(int val, int ecr) {
    hasTimestamps = true;
    tsVal = val;
    tsEcr = ecr;
  }

  void foundSackBlock(int left, int right) {
    if (sackBlocks == MAX_SACK_BLOCKS) {
      malformed = true;
      return;
    }
    sackEdges[2 * sackBlocks] = left;
    sackEdges[2 * sackBlocks + 1] = right;
    sackBlocks++;
  }

  void foundFault() {
    malformed = true;
  }
}
