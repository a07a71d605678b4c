package dev.tapstack.ip.v4;

import dev.tapstack.loop.Timer;
import java.util.Arrays;

/**
 * What is still to be said about one group on one interface. The loop's thread only.
 *
 * <p>A group that has been left stays until its leaving has been said as often as is due.
 */
final class IgmpGroup {
  /** More than a querier asks about at once; beyond it the answer is about the group. */
  private static final int MAX_SOURCES = 64;

  final int address;

  /** A change of membership is to be said again (RFC 3376 5.1). */
  final Timer change;

  /** A query is to be answered (RFC 3376 5.2), or the first report repeated (RFC 2236 3). */
  final Timer response;

  boolean isMember;

  /** How often the change is still to be said. */
  int changesLeft;

  /** RFC 2236 3: nobody has reported the group since we did. */
  boolean isLastReporter;

  private int[] sources = new int[0];
  private int sourceCount;

  IgmpGroup(int address, IgmpInterface owner) {
    this.address = address;
    change = new Timer(now -> owner.changeDue(this));
    response = new Timer(now -> owner.responseDue(this));
  }

  /** The sources that a query has asked about; none stands for the whole group. */
  int sourceCount() {
    return sourceCount;
  }

  int source(int number) {
    return sources[number];
  }

  void askedForGroup() {
    sourceCount = 0;
  }

  /** Remembers another source that was asked about; too many stand for the whole group. */
  void askedFor(int source) {
    for (int i = 0; i < sourceCount; i++) {
      if (sources[i] == source) {
        return;
      }
    }
    if (sourceCount == sources.length) {
      sources = Arrays.copyOf(sources, Math.min(MAX_SOURCES, Math.max(4, 2 * sourceCount)));
    }
    sources[sourceCount++] = source;
  }

  boolean hasRoomFor(int more) {
    return sourceCount + more <= MAX_SOURCES;
  }
}
