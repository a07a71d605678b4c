package dev.tapstack.ip;

import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Timer;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Puts fragments together (RFC 791 3.2, RFC 1122 3.3.2, for both families).
 *
 * <p>Theory of operation. The fragments of a datagram are kept as they came, in the order of their
 * offsets, without overlap; so the datagram is whole when the last fragment is known and the bytes
 * held are as many as its end says (what RFC 815 finds by its list of holes). Then all payload is
 * copied behind the first fragment, once. Where the whole goes on to somebody else, it remembers
 * the largest fragment, and bears DF if that did: so its sender's path MTU discovery by fragments
 * works (as on Linux, frag_max_size).
 *
 * <p>An exact copy of a held fragment is ignored. Any other overlap dooms the datagram, as RFC 5722
 * 3 has it for IPv6: no host needs it, and it serves to hide things from filters. A doomed datagram
 * stays on record without its fragments until its time is up, so that its later fragments go too.
 *
 * <p>Bounds: memory held, in all and for each source; the oldest datagram goes first. What an entry
 * without fragments holds is charged as well, so that chains stay short. The loop's thread only.
 */
final class Reassembler {
  /**
   * Linux's ipfrag_time. RFC 1122 3.3.2 says 60 to 120 s: long for memory that anybody can fill,
   * and no sender waits so long.
   */
  static final long TIMEOUT_NANOS = Duration.ofSeconds(30).toNanos();

  /** RFC 791 3.1: the total length field has 16 bits. */
  private static final int MAX_DATAGRAM = 65_535;

  /** RFC 3168 5: the two low bits of the TOS octet. */
  private static final int ECN_MASK = 3;

  private static final int ECN_CE = 3;
  private static final int SAW_NOT_ECT = 1;
  private static final int SAW_CE = 1 << ECN_CE;

  private final StackLoop loop;
  private final IpConfig config;
  private final IcmpErrors errors;
  private final Counters<IpCounter> counters;
  private final Timer timer = new Timer(this::expire);
  private final FragmentTable table;

  Reassembler(
      StackLoop loop, Rng rng, IpConfig config, IcmpErrors errors, Counters<IpCounter> counters) {
    this.loop = loop;
    this.config = config;
    this.errors = errors;
    this.counters = counters;
    table = new FragmentTable(rng.nextSipHash());
  }

  /** Memory charged at present; 0 when nothing is kept. */
  int memoryBytes() {
    return table.memoryBytes();
  }

  /**
   * Takes a fragment, borrowed and parsed.
   *
   * @return the datagram if the fragment completes it, the caller's; else null, and the fragment is
   *     kept or dropped
   */
  @Nullable Packet add(IpFamily family, Packet fragment) {
    int offset = family.fragmentOffset(fragment);
    int length = fragment.end() - fragment.transport();
    boolean moreFollow = family.moreFragments(fragment);
    int headerLength = fragment.transport() - fragment.network();
    if (length == 0
        || moreFollow && (length & 7) != 0
        || headerLength + offset + length > MAX_DATAGRAM) {
      fragment.drop(DropReason.FRAGMENT_MALFORMED);
      return null;
    }
    int id = family.fragmentId(fragment);
    PartialDatagram datagram = table.find(fragment, id);
    if (datagram == null) {
      datagram = table.add(family, fragment, id);
      datagram.deadlineNanos = loop.nowNanos() + TIMEOUT_NANOS;
      if (!timer.isArmed()) {
        loop.timers().arm(timer, datagram.deadlineNanos);
      }
    }
    if (datagram.isDoomed) {
      fragment.drop(DropReason.FRAGMENT_DISCARDED);
      return null;
    }
    return insert(datagram, fragment, offset, length, moreFollow);
  }

  private @Nullable Packet insert(
      PartialDatagram datagram, Packet fragment, int offset, int length, boolean moreFollow) {
    IpFamily family = datagram.family;
    Packet before = datagram.last;
    Packet after = null;
    if (before != null && family.fragmentOffset(before) >= offset) {
      before = null;
      after = datagram.first;
      while (after != null && family.fragmentOffset(after) < offset) {
        before = after;
        after = after.queueNext;
      }
    }
    if (after != null && isCopy(family, after, fragment)) {
      fragment.drop(DropReason.FRAGMENT_DUPLICATE);
      return null;
    }
    int end = offset + length;
    if (before != null && endOf(family, before) > offset
        || after != null && end > family.fragmentOffset(after)
        || !agreesOnEnd(datagram, end, moreFollow)) {
      fragment.drop(DropReason.FRAGMENT_OVERLAP);
      doom(datagram);
      return null;
    }
    Packet kept = fragment.take();
    kept = kept.resized(kept.end()); // a small fragment does not pin a large buffer
    if (!makeRoom(datagram, kept.memoryBytes())) {
      kept.drop(DropReason.FRAGMENT_MEMORY);
      return null;
    }
    link(datagram, before, kept, after);
    datagram.ecnSeen |= 1 << (kept.tos() & ECN_MASK);
    int size = kept.end() - kept.network();
    datagram.largestBytes = Math.max(datagram.largestBytes, size);
    if (family.mustNotFragment(kept)) {
      datagram.largestWithDfBytes = Math.max(datagram.largestWithDfBytes, size);
    }
    datagram.heldBytes += length;
    datagram.totalBytes = moreFollow ? datagram.totalBytes : end;
    return datagram.heldBytes == datagram.totalBytes ? assemble(datagram) : null;
  }

  private static boolean isCopy(IpFamily family, Packet held, Packet fragment) {
    int length = held.end() - held.transport();
    if (family.fragmentOffset(held) != family.fragmentOffset(fragment)
        || family.moreFragments(held) != family.moreFragments(fragment)
        || length != fragment.end() - fragment.transport()) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (held.buf().getByte(held.transport() + i)
          != fragment.buf().getByte(fragment.transport() + i)) {
        return false;
      }
    }
    return true;
  }

  private static int endOf(IpFamily family, Packet fragment) {
    return family.fragmentOffset(fragment) + fragment.end() - fragment.transport();
  }

  /** Whether a fragment fits the end that others state, and they the one that it states. */
  private static boolean agreesOnEnd(PartialDatagram datagram, int end, boolean moreFollow) {
    boolean isEndKnown = datagram.totalBytes >= 0;
    if (moreFollow) {
      return !isEndKnown || end < datagram.totalBytes;
    }
    Packet last = datagram.last;
    return !isEndKnown && (last == null || endOf(datagram.family, last) < end);
  }

  private static void link(
      PartialDatagram datagram, @Nullable Packet before, Packet kept, @Nullable Packet after) {
    kept.queueNext = after;
    if (before == null) {
      datagram.first = kept;
    } else {
      before.queueNext = kept;
    }
    if (after == null) {
      datagram.last = kept;
    }
  }

  /** Copies all payload behind the first fragment; the result is the caller's. */
  private @Nullable Packet assemble(PartialDatagram datagram) {
    Packet first = datagram.first;
    assert first != null;
    boolean isTooLong = first.transport() - first.network() + datagram.totalBytes > MAX_DATAGRAM;
    // RFC 3168 5.3: a mark must not be lost, nor appear on what did not ask for marks.
    boolean isMarked = (datagram.ecnSeen & SAW_CE) != 0;
    if (isTooLong || isMarked && (datagram.ecnSeen & SAW_NOT_ECT) != 0) {
      discard(datagram, DropReason.FRAGMENT_MALFORMED);
      table.remove(datagram);
      return null;
    }
    Packet rest = first.queueNext;
    first.queueNext = null;
    Packet whole = first.resized(first.transport() + datagram.totalBytes);
    while (rest != null) {
      Packet fragment = rest;
      rest = fragment.queueNext;
      fragment.queueNext = null;
      int length = fragment.end() - fragment.transport();
      whole.buf().setBytes(whole.end(), fragment.buf(), fragment.transport(), length);
      whole.end(whole.end() + length);
      fragment.delivered();
    }
    whole.set(Packet.REASSEMBLED);
    whole.largestFragment(datagram.largestBytes);
    if (datagram.largestWithDfBytes == datagram.largestBytes) {
      whole.set(Packet.DONT_FRAGMENT);
    }
    whole.tos(isMarked ? whole.tos() | ECN_CE : whole.tos());
    datagram.family.reassembled(whole);
    datagram.first = null;
    datagram.last = null;
    table.remove(datagram);
    counters.increment(IpCounter.REASSEMBLED);
    return whole;
  }

  // Bounds.

  /**
   * Charges {@code bytes} to a datagram, dropping the oldest of its source, and of all, as long as
   * there is too much.
   *
   * @return false if the datagram itself had to go
   */
  private boolean makeRoom(PartialDatagram datagram, int bytes) {
    long sourceHi = datagram.sourceHi;
    long sourceLo = datagram.sourceLo;
    while (table.memoryBytesOf(sourceHi, sourceLo) + bytes > config.reassemblyBytesPerSource()) {
      if (evict(table.oldestOf(sourceHi, sourceLo)) == datagram) {
        return false;
      }
    }
    while (table.memoryBytes() + bytes > config.reassemblyBytes()) {
      PartialDatagram oldest = table.oldest();
      assert oldest != null;
      if (evict(oldest) == datagram) {
        return false;
      }
    }
    table.charge(datagram, bytes);
    return true;
  }

  private PartialDatagram evict(PartialDatagram victim) {
    discard(victim, DropReason.FRAGMENT_MEMORY);
    table.remove(victim);
    return victim;
  }

  /** Keeps the entry, without its fragments, for those that are still to come. */
  private void doom(PartialDatagram datagram) {
    discard(datagram, DropReason.FRAGMENT_DISCARDED);
    datagram.isDoomed = true;
    table.charge(datagram, FragmentTable.ENTRY_BYTES - datagram.memoryBytes);
  }

  /** Drops the fragments held: the first for {@code reason}, the others with it. */
  private static void discard(PartialDatagram datagram, DropReason reason) {
    DropReason itsReason = reason;
    for (Packet p = datagram.first; p != null; ) {
      Packet next = p.queueNext;
      p.queueNext = null;
      p.drop(itsReason);
      itsReason = DropReason.FRAGMENT_DISCARDED;
      p = next;
    }
    datagram.first = null;
    datagram.last = null;
  }

  // Time.

  private void expire(long nowNanos) {
    PartialDatagram datagram = table.oldest();
    while (datagram != null && datagram.deadlineNanos - nowNanos <= 0) {
      PartialDatagram next = datagram.newer;
      Packet first = datagram.first;
      if (first != null && datagram.family.fragmentOffset(first) == 0) {
        errors.report(IcmpError.REASSEMBLY_EXCEEDED, first, 0); // RFC 1122 3.3.2
      }
      discard(datagram, DropReason.FRAGMENT_TIMEOUT);
      table.remove(datagram);
      datagram = next;
    }
    if (datagram != null) {
      loop.timers().arm(timer, datagram.deadlineNanos);
    }
  }

  /** Drops all that is kept. */
  void close() {
    for (PartialDatagram d = table.oldest(); d != null; d = table.oldest()) {
      discard(d, DropReason.STACK_CLOSED);
      table.remove(d);
    }
    loop.timers().cancel(timer);
  }
}
