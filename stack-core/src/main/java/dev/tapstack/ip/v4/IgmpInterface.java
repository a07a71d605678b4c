package dev.tapstack.ip.v4;

import dev.tapstack.link.NetInterface;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Timer;
import dev.tapstack.wire.Igmp;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of IGMP on one interface: which version the routers there speak (RFC 3376 7.2), the
 * groups, and what is to be said about them when. {@link IgmpProtocol} says it. The loop's thread
 * only.
 *
 * <p>Theory of operation. In version 3 a change of membership is reported at once and again after a
 * random time (RFC 3376 5.1); a general query is answered for all groups by one report, one about a
 * group by a report of its own (5.2). In versions 1 and 2 each group has its own report, repeated
 * once after joining, and one that another host has sent meanwhile need not be sent (RFC 2236 3).
 */
final class IgmpInterface {
  static final int V1 = 1;
  static final int V2 = 2;
  static final int V3 = 3;

  /** Members are 64 at most; the rest of the places is for groups that have just been left. */
  private static final int MAX_GROUPS = 128;

  private static final long SECOND_NANOS = 1_000_000_000L;

  /** RFC 3376 8.1. */
  private static final int ROBUSTNESS = 2;

  /** RFC 3376 8.2. */
  private static final long QUERY_INTERVAL_NANOS = 125 * SECOND_NANOS;

  /** RFC 3376 8.11: Unsolicited Report Interval. */
  private static final long V3_UNSOLICITED_NANOS = SECOND_NANOS;

  /** RFC 2236 8.10: Unsolicited Report Interval. */
  private static final long V2_UNSOLICITED_NANOS = 10 * SECOND_NANOS;

  private final IgmpProtocol igmp;
  private final NetInterface via;
  private final StackLoop loop;
  private final Rng rng;

  /** In the order of joining. */
  private final List<IgmpGroup> groups = new ArrayList<>();

  /** A general query is to be answered (version 3). */
  private final Timer general = new Timer(now -> generalDue());

  private int version = V3;
  private boolean hasV1Querier;
  private boolean hasV2Querier;
  private long v1UntilNanos;
  private long v2UntilNanos;
  private int robustness = ROBUSTNESS;
  private long queryIntervalNanos = QUERY_INTERVAL_NANOS;

  IgmpInterface(IgmpProtocol igmp, NetInterface via, StackLoop loop, Rng rng) {
    this.igmp = igmp;
    this.via = via;
    this.loop = loop;
    this.rng = rng;
  }

  NetInterface via() {
    return via;
  }

  List<IgmpGroup> groups() {
    return groups;
  }

  // Versions.

  /**
   * RFC 3376 7.2.1: a change of the version cancels what is pending.
   *
   * @return whether it has changed
   */
  private boolean updateVersion() {
    long now = loop.nowNanos();
    hasV1Querier = hasV1Querier && now - v1UntilNanos < 0;
    hasV2Querier = hasV2Querier && now - v2UntilNanos < 0;
    int next = hasV1Querier ? V1 : hasV2Querier ? V2 : V3;
    boolean isOther = next != version;
    if (isOther) {
      version = next;
      cancelAll();
    }
    return isOther;
  }

  /** RFC 3376 8.12: how long a querier of an older version is reckoned with. */
  private void heardOlder(int older, long maxRespNanos) {
    long until = loop.nowNanos() + robustness * queryIntervalNanos + maxRespNanos;
    if (older == V1) {
      hasV1Querier = true;
      v1UntilNanos = until;
    } else {
      hasV2Querier = true;
      v2UntilNanos = until;
    }
  }

  // Membership.

  void joined(int address) {
    updateVersion();
    IgmpGroup group = find(address);
    if (group == null) {
      makeRoom();
      group = new IgmpGroup(address, this);
      groups.add(group);
    }
    group.isMember = true;
    announce(group);
  }

  /** RFC 3376 5.1, RFC 2236 3: said at once, and again. */
  private void announce(IgmpGroup group) {
    cancel(group);
    if (version == V3) {
      sayChange(group, robustness);
    } else {
      sayReport(group);
      loop.armIn(group.response, random(V2_UNSOLICITED_NANOS));
    }
  }

  void left(int address) {
    updateVersion();
    IgmpGroup group = find(address);
    if (group == null) {
      return;
    }
    group.isMember = false;
    cancel(group);
    if (version == V3) {
      sayChange(group, robustness);
      return;
    }
    // RFC 2236 3: who was not the last to report need not say that it goes.
    if (version == V2 && group.isLastReporter) {
      igmp.sendLeave(via, address);
    }
    groups.remove(group);
  }

  /** The interface came up: routers may have forgotten us, or be others. */
  void inUse() {
    version = V3;
    hasV1Querier = false;
    hasV2Querier = false;
    robustness = ROBUSTNESS;
    queryIntervalNanos = QUERY_INTERVAL_NANOS;
    cancelAll();
    for (IgmpGroup group : groups) {
      announce(group);
    }
  }

  private void sayChange(IgmpGroup group, int times) {
    group.changesLeft = times - 1;
    igmp.sendRecord(
        via, group.isMember ? Igmp.CHANGE_TO_EXCLUDE : Igmp.CHANGE_TO_INCLUDE, group, false);
    if (group.changesLeft > 0) {
      loop.armIn(group.change, random(V3_UNSOLICITED_NANOS));
    } else if (!group.isMember) {
      groups.remove(group);
    }
  }

  void changeDue(IgmpGroup group) {
    if (!updateVersion() && group.changesLeft > 0) {
      sayChange(group, group.changesLeft);
    }
  }

  private void sayReport(IgmpGroup group) {
    group.isLastReporter = true;
    igmp.sendReport(via, version == V1 ? Igmp.V1_REPORT : Igmp.V2_REPORT, group.address);
  }

  private @Nullable IgmpGroup find(int address) {
    for (int i = 0; i < groups.size(); i++) {
      if (groups.get(i).address == address) {
        return groups.get(i);
      }
    }
    return null;
  }

  private void makeRoom() {
    for (int i = 0; groups.size() >= MAX_GROUPS && i < groups.size(); i++) {
      if (!groups.get(i).isMember) {
        cancel(groups.get(i));
        groups.remove(i);
      }
    }
  }

  // Queries.

  /** A query for all groups, of that version. */
  void generalQuery(int itsVersion, long maxRespNanos) {
    if (itsVersion != V3) {
      heardOlder(itsVersion, maxRespNanos);
    }
    updateVersion();
    if (version == V3) {
      // RFC 3376 5.2, rule 1: one that answers sooner will do.
      armSooner(general, random(maxRespNanos));
      return;
    }
    for (int i = 0; i < groups.size(); i++) {
      armSooner(groups.get(i).response, random(maxRespNanos));
    }
  }

  /** A version 3 query tells what the querier reckons with (RFC 3376 4.1.6, 4.1.7). */
  void querierTells(int itsRobustness, int intervalSeconds) {
    robustness = itsRobustness == 0 ? ROBUSTNESS : itsRobustness;
    queryIntervalNanos =
        intervalSeconds == 0 ? QUERY_INTERVAL_NANOS : intervalSeconds * SECOND_NANOS;
  }

  /**
   * A query for one group, or for some sources of it (version 3).
   *
   * @param sources how many sources {@code query}, at {@code at}, names
   */
  void groupQuery(int address, long maxRespNanos, ByteBuf query, int at, int sources) {
    updateVersion();
    IgmpGroup group = find(address);
    if (group == null || !group.isMember) {
      return;
    }
    long delay = random(maxRespNanos);
    if (version == V3 && isDueBefore(general, delay)) {
      return; // rule 1
    }
    boolean isPendingForGroup = group.response.isArmed() && group.sourceCount() == 0;
    if (sources == 0 || isPendingForGroup || !group.hasRoomFor(sources)) {
      group.askedForGroup(); // rule 4
    } else {
      for (int i = 0; i < sources; i++) {
        group.askedFor(Igmp.source(query, at, i)); // rules 3 and 5
      }
    }
    armSooner(group.response, delay);
  }

  /** Another host has reported a group (RFC 2236 3): in versions 1 and 2 ours is not needed. */
  boolean reportHeard(int address) {
    updateVersion();
    IgmpGroup group = find(address);
    if (group == null || !group.isMember) {
      return false;
    }
    if (version != V3) {
      loop.timers().cancel(group.response);
      group.isLastReporter = false;
    }
    return true;
  }

  private void generalDue() {
    if (!updateVersion()) {
      igmp.sendState(via, groups);
    }
  }

  void responseDue(IgmpGroup group) {
    if (updateVersion()) {
      return;
    }
    if (version != V3) {
      sayReport(group);
    } else if (group.sourceCount() == 0) {
      igmp.sendRecord(via, Igmp.MODE_IS_EXCLUDE, group, false);
    } else {
      // RFC 3376 5.2: all of the sources that were asked about are wanted.
      igmp.sendRecord(via, Igmp.MODE_IS_INCLUDE, group, true);
      group.askedForGroup();
    }
  }

  // Timers.

  private void armSooner(Timer timer, long delayNanos) {
    if (!isDueBefore(timer, delayNanos)) {
      loop.armIn(timer, delayNanos);
    }
  }

  private boolean isDueBefore(Timer timer, long delayNanos) {
    return timer.isArmed() && timer.deadlineNanos() - loop.nowNanos() <= delayNanos;
  }

  /** RFC 3376 5.2: between 0 and the most that is allowed. */
  private long random(long limitNanos) {
    return (long) (rng.nextDouble() * limitNanos);
  }

  private void cancel(IgmpGroup group) {
    loop.timers().cancel(group.change);
    loop.timers().cancel(group.response);
    group.changesLeft = 0;
    group.askedForGroup();
  }

  /** Nothing is pending any more; groups that only waited to be left are gone. */
  void cancelAll() {
    loop.timers().cancel(general);
    for (int i = groups.size() - 1; i >= 0; i--) {
      IgmpGroup group = groups.get(i);
      cancel(group);
      if (!group.isMember) {
        groups.remove(i);
      }
    }
  }
}
