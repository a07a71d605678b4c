package dev.tapstack.link;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Timer;
import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketQueue;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The link addresses of an interface's neighbours, of one family (RFC 4861 5.1 and 7.3; for IPv4 it
 * fulfils RFC 1122 2.3.2).
 *
 * <p>Theory of operation. The first packet for an unknown neighbour makes an INCOMPLETE entry and
 * waits in it, while everybody is asked, three times at intervals of a second. The answer makes the
 * entry REACHABLE for about 30 seconds, and each progress of TCP for as long again. Then it is
 * STALE, which costs nothing: it is looked at only when used. Its next use begins a DELAY of five
 * seconds in which TCP may still confirm it; without that the neighbour itself is asked three times
 * (PROBE), packets going to it meanwhile, and forgotten if it stays silent, so that the next packet
 * asks everybody again. A neighbour that never answers is FAILED: for a second its packets fail
 * without a question, then the next one asks again. So nobody is asked more than once a second,
 * however many packets are sent (RFC 1122 2.3.2.1).
 *
 * <p>The table is bounded; the entry that has gone unused for the longest is forgotten first, and
 * before it those that a neighbour's own question made and that were never used. So neighbours that
 * only claim to exist push each other out, not those that we speak with.
 *
 * <p>A failure is reported to the network layer by a timer, never from inside {@link #output}. The
 * loop's thread only.
 */
public final class NeighborCache {
  /** Linux: net.ipv4.neigh.default.gc_thresh3. */
  static final int MAX_NEIGHBORS = 1024;

  /** Of these, how many may be unanswered: who scans a subnet leaves the others their place. */
  static final int MAX_INCOMPLETE = MAX_NEIGHBORS / 4;

  /** Bytes of memory in packets that wait for all neighbours together. */
  private static final long MAX_WAITING_BYTES = 4 << 20;

  /** Packets whose failure is not reported yet; more fail unreported. */
  private static final int MAX_FAILING = 256;

  /** RFC 4861 10: RETRANS_TIMER; RFC 1122 2.3.2.1 allows no more than one question a second. */
  static final long RETRANS_NANOS = 1_000_000_000L;

  /** RFC 4861 10: MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT. */
  static final int MAX_ATTEMPTS = 3;

  /** RFC 4861 10: REACHABLE_TIME, of which RFC 4861 6.3.2 draws 0.5 to 1.5. */
  static final long REACHABLE_NANOS = 30_000_000_000L;

  /** RFC 4861 10: DELAY_FIRST_PROBE_TIME. */
  static final long DELAY_NANOS = 5_000_000_000L;

  /** How long a failure holds: as long as one question would have waited for its answer. */
  static final long FAILED_NANOS = RETRANS_NANOS;

  /** What the cache does with packets. */
  interface Exit {
    /** Sends a packet, given, to a link address. */
    void send(Packet packet, long mac);

    /** The neighbour that the packet, given, is for does not answer. */
    void unreachable(Packet packet);
  }

  private final StackLoop loop;
  private final Rng rng;
  private final Counters<LinkCounter> counters;
  private final NeighborProbe probe;
  private final Exit exit;
  private final NeighborTable table;
  private final PacketQueue failing = new PacketQueue(MAX_FAILING, MAX_WAITING_BYTES);
  private final Timer failureReport = new Timer(this::reportFailures);
  private int incomplete;
  private long waitingBytes;

  NeighborCache(
      StackLoop loop, Rng rng, Counters<LinkCounter> counters, NeighborProbe probe, Exit exit) {
    this.loop = loop;
    this.rng = rng;
    this.counters = counters;
    this.probe = probe;
    this.exit = exit;
    this.table = new NeighborTable(rng.nextSipHash());
  }

  // Down.

  /** Sends a packet, given, to a neighbour, now or when its link address is known. */
  void output(Packet packet, long hi, long lo) {
    Neighbor neighbor = table.find(hi, lo);
    if (neighbor == null) {
      if (incomplete == MAX_INCOMPLETE) {
        packet.drop(DropReason.NEIGHBOR_QUEUE_FULL);
        return;
      }
      neighbor = create(hi, lo);
      resolve(neighbor);
    }
    table.used(neighbor);
    switch (neighbor.state) {
      case REACHABLE -> {
        if (loop.nowNanos() - neighbor.validUntilNanos > 0) {
          delay(neighbor);
        }
        exit.send(packet, neighbor.mac);
      }
      case STALE -> {
        delay(neighbor);
        exit.send(packet, neighbor.mac);
      }
      case DELAY, PROBE -> exit.send(packet, neighbor.mac);
      case INCOMPLETE -> await(neighbor, packet);
      case FAILED -> {
        if (loop.nowNanos() - neighbor.validUntilNanos < 0 || incomplete == MAX_INCOMPLETE) {
          fail(packet);
        } else {
          resolve(neighbor);
          await(neighbor, packet);
        }
      }
    }
  }

  private void resolve(Neighbor neighbor) {
    neighbor.state = NeighborState.INCOMPLETE;
    neighbor.attempts = 0;
    incomplete++;
    ask(neighbor);
  }

  private void ask(Neighbor neighbor) {
    neighbor.attempts++;
    loop.armIn(neighbor.timer, RETRANS_NANOS);
    if (neighbor.state == NeighborState.PROBE) {
      probe.askDirectly(neighbor.hi, neighbor.lo, neighbor.mac);
    } else {
      probe.ask(neighbor.hi, neighbor.lo);
    }
  }

  private void delay(Neighbor neighbor) {
    neighbor.state = NeighborState.DELAY;
    loop.armIn(neighbor.timer, DELAY_NANOS);
  }

  private void await(Neighbor neighbor, Packet packet) {
    // RFC 4861 7.2.2: the newcomer takes the place of the oldest (RFC 1122 2.3.2.2: save the
    // latest).
    while (neighbor.waiting.isFull()) {
      Packet first = neighbor.waiting.poll();
      assert first != null;
      waitingBytes -= first.memoryBytes();
      first.drop(DropReason.NEIGHBOR_QUEUE_FULL);
    }
    if (waitingBytes >= MAX_WAITING_BYTES) {
      packet.drop(DropReason.NEIGHBOR_QUEUE_FULL);
      return;
    }
    Packet owned = packet.own();
    waitingBytes += owned.memoryBytes();
    neighbor.waiting.offer(owned);
  }

  private void fail(Packet packet) {
    Packet owned = packet.own();
    if (!failing.offer(owned)) {
      owned.drop(DropReason.NEIGHBOR_UNREACHABLE);
    } else if (!failureReport.isArmed()) {
      loop.armIn(failureReport, 0);
    }
  }

  private void reportFailures(long nowNanos) {
    // Only those of now: who answers a failure with another packet hears of that one later.
    for (int i = failing.size(); i > 0; i--) {
      Packet packet = failing.poll();
      if (packet != null) {
        exit.unreachable(packet);
      }
    }
  }

  // Timers.

  private void due(Neighbor neighbor) {
    switch (neighbor.state) {
      case INCOMPLETE -> {
        if (neighbor.attempts < MAX_ATTEMPTS) {
          ask(neighbor);
        } else {
          giveUp(neighbor);
        }
      }
      case DELAY -> {
        neighbor.state = NeighborState.PROBE;
        neighbor.attempts = 0;
        ask(neighbor);
      }
      case PROBE -> {
        if (neighbor.attempts < MAX_ATTEMPTS) {
          ask(neighbor);
        } else {
          // RFC 4861 7.3.3: forgotten, so that the next packet asks everybody.
          counters.increment(LinkCounter.NEIGHBORS_FAILED);
          table.remove(neighbor);
        }
      }
      case REACHABLE, STALE, FAILED -> throw new AssertionError(neighbor.state);
    }
  }

  private void giveUp(Neighbor neighbor) {
    counters.increment(LinkCounter.NEIGHBORS_FAILED);
    incomplete--;
    neighbor.state = NeighborState.FAILED;
    neighbor.validUntilNanos = loop.nowNanos() + FAILED_NANOS;
    for (Packet packet = takeWaiting(neighbor); packet != null; packet = takeWaiting(neighbor)) {
      fail(packet);
    }
  }

  private @Nullable Packet takeWaiting(Neighbor neighbor) {
    Packet packet = neighbor.waiting.poll();
    if (packet != null) {
      waitingBytes -= packet.memoryBytes();
    }
    return packet;
  }

  // What is heard.

  /**
   * A neighbour's link address was heard.
   *
   * @param isAnswer whether it was told to us as an answer, which shows that the neighbour hears us
   *     too, if we have asked (RFC 4861 7.2.5)
   * @param mayCreate whether an unknown neighbour is worth an entry: it is about to speak with us
   * @return whether there was an entry, or is one now
   */
  public boolean learn(long hi, long lo, long mac, boolean isAnswer, boolean mayCreate) {
    Neighbor neighbor = table.find(hi, lo);
    if (neighbor == null) {
      if (mayCreate) {
        neighbor = create(hi, lo);
        neighbor.mac = mac;
        neighbor.state = NeighborState.STALE;
      }
      return mayCreate;
    }
    boolean isAnswerToUs =
        isAnswer
            && (neighbor.state == NeighborState.INCOMPLETE
                || neighbor.state == NeighborState.PROBE);
    boolean isNews = neighbor.mac != mac || neighbor.state == NeighborState.FAILED;
    if (neighbor.state == NeighborState.INCOMPLETE) {
      incomplete--;
    }
    neighbor.mac = mac;
    if (isAnswerToUs) {
      reachable(neighbor);
    } else if (isNews) {
      loop.timers().cancel(neighbor.timer);
      neighbor.state = NeighborState.STALE;
    }
    sendWaiting(neighbor);
    return true;
  }

  private void sendWaiting(Neighbor neighbor) {
    if (!neighbor.waiting.isEmpty() && neighbor.state == NeighborState.STALE) {
      delay(neighbor);
    }
    for (Packet packet = takeWaiting(neighbor); packet != null; packet = takeWaiting(neighbor)) {
      exit.send(packet, neighbor.mac);
    }
  }

  /**
   * A higher layer made progress with the neighbour, which is therefore reachable (RFC 4861 7.3.1).
   */
  void confirm(long hi, long lo) {
    Neighbor neighbor = table.find(hi, lo);
    if (neighbor != null
        && neighbor.state != NeighborState.INCOMPLETE
        && neighbor.state != NeighborState.FAILED) {
      reachable(neighbor);
    }
  }

  /** Upper layers get no answer that way: a neighbour taken for reachable is to prove it. */
  void doubt(long hi, long lo) {
    Neighbor neighbor = table.find(hi, lo);
    if (neighbor != null && neighbor.state == NeighborState.REACHABLE) {
      neighbor.state = NeighborState.STALE;
    }
  }

  private void reachable(Neighbor neighbor) {
    if (neighbor.state != NeighborState.REACHABLE) {
      loop.timers().cancel(neighbor.timer);
      neighbor.state = NeighborState.REACHABLE;
      neighbor.reachableNanos = REACHABLE_NANOS / 2 + (long) (rng.nextDouble() * REACHABLE_NANOS);
    }
    neighbor.validUntilNanos = loop.nowNanos() + neighbor.reachableNanos;
  }

  // The table.

  private Neighbor create(long hi, long lo) {
    Neighbor oldest = table.oldest();
    if (table.size() == MAX_NEIGHBORS && oldest != null) {
      counters.increment(LinkCounter.NEIGHBORS_EVICTED);
      remove(oldest, DropReason.NEIGHBOR_QUEUE_FULL);
    }
    Neighbor neighbor = new Neighbor(hi, lo, table.hash(hi, lo), this::due);
    table.addOldest(neighbor);
    counters.increment(LinkCounter.NEIGHBORS_CREATED);
    return neighbor;
  }

  private void remove(Neighbor neighbor, DropReason reason) {
    loop.timers().cancel(neighbor.timer);
    if (neighbor.state == NeighborState.INCOMPLETE) {
      incomplete--;
    }
    for (Packet packet = takeWaiting(neighbor); packet != null; packet = takeWaiting(neighbor)) {
      packet.drop(reason);
    }
    table.remove(neighbor);
  }

  /** Forgets all neighbours, and drops what waits for them for {@code reason}. */
  void clear(DropReason reason) {
    for (Neighbor each = table.oldest(); each != null; each = table.oldest()) {
      remove(each, reason);
    }
    loop.timers().cancel(failureReport);
    failing.dropAll(reason);
  }

  /** The link address of a neighbour, or null if it is not known. */
  public @Nullable MacAddress lookup(IpAddress address) {
    Neighbor neighbor = table.find(address.hi(), address.lo());
    return neighbor == null || neighbor.mac == Neighbor.NO_MAC
        ? null
        : new MacAddress(neighbor.mac);
  }

  /** All neighbours, ordered by address. */
  public List<NeighborInfo> list() {
    List<NeighborInfo> list = new ArrayList<>(table.size());
    for (Neighbor each = table.oldest(); each != null; each = each.newer) {
      boolean isOver =
          each.state == NeighborState.REACHABLE && loop.nowNanos() - each.validUntilNanos > 0;
      list.add(
          new NeighborInfo(
              IpAddress.of(each.hi, each.lo),
              each.mac == Neighbor.NO_MAC ? null : new MacAddress(each.mac),
              isOver ? NeighborState.STALE : each.state));
    }
    list.sort(Comparator.comparing(NeighborInfo::address));
    return list;
  }
}
