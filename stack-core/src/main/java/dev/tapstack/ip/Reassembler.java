package dev.tapstack.ip;

import dev.tapstack.addr.SipHash;
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
 * copied behind the first fragment, once.
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

  /** What a datagram's entry is charged besides its fragments; it takes less. */
  static final int ENTRY_BYTES = 1024;

  /** RFC 791 3.1: the total length field has 16 bits. */
  private static final int MAX_DATAGRAM = 65_535;

  private static final int BUCKETS = 256;

  /** RFC 3168 5: the two low bits of the TOS octet. */
  private static final int ECN_MASK = 3;

  private static final int ECN_CE = 3;
  private static final int SAW_NOT_ECT = 1;
  private static final int SAW_CE = 1 << ECN_CE;

  /** A datagram of which fragments have come. */
  private static final class Datagram {
    long sourceHi;
    long sourceLo;
    long destinationHi;
    long destinationLo;
    int protocol;
    int id;
    IpFamily family;
    long deadlineNanos;
    boolean isDoomed;
    @Nullable Packet first;
    @Nullable Packet last;
    int heldBytes;
    int totalBytes;
    int memoryBytes;
    int ecnSeen;
    @Nullable Datagram bucketNext;
    @Nullable Datagram older;
    @Nullable Datagram newer;

    Datagram(IpFamily family) {
      this.family = family;
    }

    boolean isFrom(Packet packet) {
      return sourceLo == packet.sourceLo() && sourceHi == packet.sourceHi();
    }

    boolean isOf(Packet packet, int id) {
      return this.id == id
          && isFrom(packet)
          && destinationLo == packet.destinationLo()
          && destinationHi == packet.destinationHi()
          && protocol == packet.protocol();
    }
  }

  private final StackLoop loop;
  private final SipHash hash;
  private final IpConfig config;
  private final IcmpErrors errors;
  private final Counters<IpCounter> counters;
  private final Timer timer = new Timer(this::expire);
  private final @Nullable Datagram[] buckets = new @Nullable Datagram[BUCKETS];
  private @Nullable Datagram oldest;
  private @Nullable Datagram newest;
  private @Nullable Datagram free;
  private int memoryBytes;

  Reassembler(
      StackLoop loop, Rng rng, IpConfig config, IcmpErrors errors, Counters<IpCounter> counters) {
    this.loop = loop;
    this.config = config;
    this.errors = errors;
    this.counters = counters;
    hash = rng.nextSipHash();
  }

  /** Memory charged at present; 0 when nothing is kept. */
  int memoryBytes() {
    return memoryBytes;
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
    Datagram datagram = find(fragment, id);
    if (datagram == null) {
      datagram = create(family, fragment, id);
    }
    if (datagram.isDoomed) {
      fragment.drop(DropReason.FRAGMENT_DISCARDED);
      return null;
    }
    return insert(datagram, fragment, offset, length, moreFollow);
  }

  private @Nullable Packet insert(
      Datagram datagram, Packet fragment, int offset, int length, boolean moreFollow) {
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
  private static boolean agreesOnEnd(Datagram datagram, int end, boolean moreFollow) {
    boolean isEndKnown = datagram.totalBytes >= 0;
    if (moreFollow) {
      return !isEndKnown || end < datagram.totalBytes;
    }
    Packet last = datagram.last;
    return !isEndKnown && (last == null || endOf(datagram.family, last) < end);
  }

  private static void link(
      Datagram datagram, @Nullable Packet before, Packet kept, @Nullable Packet after) {
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
  private @Nullable Packet assemble(Datagram datagram) {
    Packet first = datagram.first;
    assert first != null;
    boolean isTooLong = first.transport() - first.network() + datagram.totalBytes > MAX_DATAGRAM;
    // RFC 3168 5.3: a mark must not be lost, nor appear on what did not ask for marks.
    boolean isMarked = (datagram.ecnSeen & SAW_CE) != 0;
    if (isTooLong || isMarked && (datagram.ecnSeen & SAW_NOT_ECT) != 0) {
      discard(datagram, DropReason.FRAGMENT_MALFORMED);
      remove(datagram);
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
    whole.tos(isMarked ? whole.tos() | ECN_CE : whole.tos());
    datagram.family.reassembled(whole);
    datagram.first = null;
    remove(datagram);
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
  private boolean makeRoom(Datagram datagram, int bytes) {
    while (sourceBytes(datagram) + bytes > config.reassemblyBytesPerSource()) {
      if (evict(oldestOfSource(datagram)) == datagram) {
        return false;
      }
    }
    while (memoryBytes + bytes > config.reassemblyBytes()) {
      Datagram victim = oldest;
      assert victim != null;
      if (evict(victim) == datagram) {
        return false;
      }
    }
    datagram.memoryBytes += bytes;
    memoryBytes += bytes;
    return true;
  }

  private Datagram evict(Datagram victim) {
    discard(victim, DropReason.FRAGMENT_MEMORY);
    remove(victim);
    return victim;
  }

  private int sourceBytes(Datagram datagram) {
    int bytes = 0;
    for (Datagram d = buckets[bucket(datagram)]; d != null; d = d.bucketNext) {
      if (d.sourceLo == datagram.sourceLo && d.sourceHi == datagram.sourceHi) {
        bytes += d.memoryBytes;
      }
    }
    return bytes;
  }

  private Datagram oldestOfSource(Datagram datagram) {
    Datagram found = datagram;
    for (Datagram d = buckets[bucket(datagram)]; d != null; d = d.bucketNext) {
      if (d.sourceLo == datagram.sourceLo && d.sourceHi == datagram.sourceHi) {
        found = d; // chains begin with the newest
      }
    }
    return found;
  }

  /** Keeps the entry, without its fragments, for those that are still to come. */
  private void doom(Datagram datagram) {
    discard(datagram, DropReason.FRAGMENT_DISCARDED);
    datagram.isDoomed = true;
    memoryBytes -= datagram.memoryBytes - ENTRY_BYTES;
    datagram.memoryBytes = ENTRY_BYTES;
  }

  /** Drops the fragments held: the first for {@code reason}, the others with it. */
  private static void discard(Datagram datagram, DropReason reason) {
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
    Datagram datagram = oldest;
    while (datagram != null && datagram.deadlineNanos - nowNanos <= 0) {
      Datagram next = datagram.newer;
      Packet first = datagram.first;
      if (first != null && datagram.family.fragmentOffset(first) == 0) {
        errors.report(IcmpError.REASSEMBLY_EXCEEDED, first, 0); // RFC 1122 3.3.2
      }
      discard(datagram, DropReason.FRAGMENT_TIMEOUT);
      remove(datagram);
      datagram = next;
    }
    if (datagram != null) {
      loop.timers().arm(timer, datagram.deadlineNanos);
    }
  }

  /** Drops all that is kept. */
  void close() {
    for (Datagram d = oldest; d != null; d = oldest) {
      discard(d, DropReason.STACK_CLOSED);
      remove(d);
    }
    loop.timers().cancel(timer);
  }

  // The table.

  private int bucket(Datagram datagram) {
    return bucket(datagram.sourceHi, datagram.sourceLo);
  }

  private int bucket(long sourceHi, long sourceLo) {
    return (int) hash.hash(sourceHi, sourceLo, 0, 0) & BUCKETS - 1;
  }

  private @Nullable Datagram find(Packet fragment, int id) {
    Datagram d = buckets[bucket(fragment.sourceHi(), fragment.sourceLo())];
    while (d != null && !d.isOf(fragment, id)) {
      d = d.bucketNext;
    }
    return d;
  }

  private Datagram create(IpFamily family, Packet fragment, int id) {
    Datagram d = free;
    if (d == null) {
      d = new Datagram(family);
    } else {
      free = d.bucketNext;
    }
    d.family = family;
    d.sourceHi = fragment.sourceHi();
    d.sourceLo = fragment.sourceLo();
    d.destinationHi = fragment.destinationHi();
    d.destinationLo = fragment.destinationLo();
    d.protocol = fragment.protocol();
    d.id = id;
    d.isDoomed = false;
    d.heldBytes = 0;
    d.totalBytes = -1;
    d.ecnSeen = 0;
    d.memoryBytes = ENTRY_BYTES;
    memoryBytes += ENTRY_BYTES;
    d.deadlineNanos = loop.nowNanos() + TIMEOUT_NANOS;
    int bucket = bucket(d);
    d.bucketNext = buckets[bucket];
    buckets[bucket] = d;
    d.newer = null;
    d.older = newest;
    if (newest == null) {
      oldest = d;
      loop.timers().arm(timer, d.deadlineNanos);
    } else {
      newest.newer = d;
    }
    newest = d;
    return d;
  }

  private void remove(Datagram datagram) {
    assert datagram.first == null;
    datagram.last = null;
    memoryBytes -= datagram.memoryBytes;
    int bucket = bucket(datagram);
    Datagram before = null;
    Datagram d = buckets[bucket];
    while (d != null && d != datagram) {
      before = d;
      d = d.bucketNext;
    }
    if (before == null) {
      buckets[bucket] = datagram.bucketNext;
    } else {
      before.bucketNext = datagram.bucketNext;
    }
    if (datagram.older == null) {
      oldest = datagram.newer;
    } else {
      datagram.older.newer = datagram.newer;
    }
    if (datagram.newer == null) {
      newest = datagram.older;
    } else {
      datagram.newer.older = datagram.older;
    }
    if (oldest == null) {
      loop.timers().cancel(timer);
    }
    datagram.older = null;
    datagram.newer = null;
    datagram.bucketNext = free;
    free = datagram;
  }
}
