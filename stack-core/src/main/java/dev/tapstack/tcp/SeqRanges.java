package dev.tapstack.tcp;

/**
 * Ranges of sequence numbers that have arrived beyond a gap: sorted, disjoint, not touching,
 * bounded in number. The loop's thread only.
 */
final class SeqRanges {
  /**
   * Ranges that are kept: a fast path with one loss in 20 segments and a window of 4 MB makes about
   * 150. A range more is refused, and its segment must be sent again.
   */
  static final int MAX_RANGES = 256;

  private int[] left = new int[4];
  private int[] right = new int[4];
  private int count;

  int count() {
    return count;
  }

  boolean isEmpty() {
    return count == 0;
  }

  int left(int i) {
    return left[i];
  }

  /** The sequence number behind range {@code i}. */
  int right(int i) {
    return right[i];
  }

  /** Bytes in all ranges. */
  int bytes() {
    int sum = 0;
    for (int i = 0; i < count; i++) {
      sum += right[i] - left[i];
    }
    return sum;
  }

  /**
   * Adds {@code [from, to)}, merging what overlaps or touches.
   *
   * @return false if there would be more than {@link #MAX_RANGES}: nothing changes
   */
  boolean add(int from, int to) {
    int first = 0;
    while (first < count && Seq.lt(right[first], from)) {
      first++;
    }
    int behind = first;
    int newLeft = from;
    int newRight = to;
    while (behind < count && Seq.leq(left[behind], to)) {
      newLeft = Seq.min(newLeft, left[behind]);
      newRight = Seq.max(newRight, right[behind]);
      behind++;
    }
    if (behind == first && !openPlace(first)) {
      return false;
    }
    if (behind > first + 1) {
      closePlaces(first + 1, behind);
    }
    left[first] = newLeft;
    right[first] = newRight;
    return true;
  }

  /**
   * The data up to {@code edge} is in order now: removes ranges that begin at or before it.
   *
   * @return how far the data reaches without a gap
   */
  int advance(int edge) {
    int reached = edge;
    int gone = 0;
    while (gone < count && Seq.leq(left[gone], reached)) {
      reached = Seq.max(reached, right[gone]);
      gone++;
    }
    if (gone > 0) {
      closePlaces(0, gone);
    }
    return reached;
  }

  void clear() {
    count = 0;
  }

  private boolean openPlace(int at) {
    if (count == MAX_RANGES) {
      return false;
    }
    if (count == left.length) {
      left = java.util.Arrays.copyOf(left, count * 2);
      right = java.util.Arrays.copyOf(right, count * 2);
    }
    System.arraycopy(left, at, left, at + 1, count - at);
    System.arraycopy(right, at, right, at + 1, count - at);
    count++;
    return true;
  }

  private void closePlaces(int from, int to) {
    System.arraycopy(left, to, left, from, count - to);
    System.arraycopy(right, to, right, from, count - to);
    count -= to - from;
  }
}
