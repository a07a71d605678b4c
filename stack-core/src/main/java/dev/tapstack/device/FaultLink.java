package dev.tapstack.device;

import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Timer;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.Ethernet;
import java.util.PriorityQueue;

/**
 * One direction of a {@link FaultDevice}.
 *
 * <p>Theory of operation. A frame is lost, or damaged, or doubled; then it takes its place in the
 * rate's queue (its serialization ends when the link has sent all before it), then it travels. Its
 * arrival is never before that of the frame ahead, whatever the jitter drawn; only a frame that is
 * held back for reordering arrives later than that, without holding up those behind it. Frames on
 * their way wait in a heap ordered by arrival, then by number, and one timer is armed for its head.
 *
 * <p>The loop's thread only.
 */
final class FaultLink {
  /** Bytes of memory on their way: 100 ms of a 5 Gbit/s link. What passes it is dropped. */
  private static final long MAX_HELD_BYTES = 64 << 20;

  private static final double NANOS_PER_SECOND = 1e9;

  /** Where a direction leads to. */
  interface End {
    /** A frame has arrived, given. */
    void arrived(Packet packet);

    /** The frame, given, does not arrive. */
    void dropped(Packet packet, DropReason reason);

    /** The last of the frames that arrived together, after a delay, has been given. */
    void batchEnd();
  }

  private record Travelling(Packet packet, long arrivalNanos, long number)
      implements Comparable<Travelling> {
    @Override
    public int compareTo(Travelling other) {
      int order = Long.compare(arrivalNanos, other.arrivalNanos);
      return order != 0 ? order : Long.compare(number, other.number);
    }
  }

  private final StackLoop loop;
  private final Rng rng;
  private final End end;
  private final Counters<FaultCounter> counters = new Counters<>(FaultCounter.class);
  private final PriorityQueue<Travelling> travelling = new PriorityQueue<>();
  private final Timer timer = new Timer(this::arrivalsDue);
  private FaultProfile profile;
  private long heldBytes;
  private long number;
  private long newestArrived = -1;
  private long lineFreeNanos;
  private long lastArrivalNanos;

  FaultLink(StackLoop loop, Rng rng, FaultProfile profile, End end) {
    this.loop = loop;
    this.rng = rng;
    this.profile = profile;
    this.end = end;
    this.lineFreeNanos = loop.nowNanos();
    this.lastArrivalNanos = loop.nowNanos();
  }

  /** What happens to the frames that come from now on. */
  void profile(FaultProfile profile) {
    this.profile = profile;
  }

  Counters<FaultCounter> counters() {
    return counters;
  }

  /** Frames on their way. */
  int travelling() {
    return travelling.size();
  }

  /** A frame {@code [start, end)} enters the link, given. */
  void offer(Packet given) {
    counters.increment(FaultCounter.OFFERED);
    if (happens(profile.lossChance())) {
      counters.increment(FaultCounter.LOST);
      end.dropped(given, DropReason.FAULT_LOSS);
      return;
    }
    Packet packet = given.own();
    if (happens(profile.corruptChance())) {
      counters.increment(FaultCounter.CORRUPTED);
      if (isArp(packet)) {
        end.dropped(packet, DropReason.FAULT_LOSS);
        return;
      }
      turnOneBit(packet);
    }
    Packet twin = happens(profile.duplicateChance()) ? packet.duplicate() : null;
    send(packet);
    if (twin != null) {
      counters.increment(FaultCounter.DUPLICATED);
      send(twin);
    }
  }

  private boolean happens(double chance) {
    // Draws also for a chance of 0: a profile that differs in one chance leaves the others' draws.
    return rng.nextDouble() < chance;
  }

  private static boolean isArp(Packet packet) {
    return packet.length() >= Ethernet.HEADER_LENGTH
        && Ethernet.type(packet.buf(), packet.start()) == Ethernet.TYPE_ARP;
  }

  private void turnOneBit(Packet packet) {
    int bit = rng.nextInt(packet.length() * 8);
    int at = packet.start() + bit / 8;
    packet.buf().setByte(at, packet.buf().getByte(at) ^ 1 << bit % 8);
  }

  private void send(Packet packet) {
    long now = loop.nowNanos();
    long sentNanos = now;
    if (profile.bitsPerSecond() > 0) {
      long backlogNanos = Math.max(0, lineFreeNanos - now);
      double backlogBytes = backlogNanos / NANOS_PER_SECOND * profile.bitsPerSecond() / 8;
      if (backlogNanos > 0 && backlogBytes + packet.length() > profile.queueBytes()) {
        refuse(packet);
        return;
      }
      if (backlogNanos > 0) {
        counters.increment(FaultCounter.QUEUED);
      }
      lineFreeNanos =
          now
              + backlogNanos
              + (long) (packet.length() * 8 * NANOS_PER_SECOND / profile.bitsPerSecond());
      sentNanos = lineFreeNanos;
    }
    if (heldBytes + packet.memoryBytes() > MAX_HELD_BYTES) {
      refuse(packet);
      return;
    }
    long jitter = (long) (rng.nextDouble() * profile.jitterNanos());
    long arrival = Math.max(lastArrivalNanos, sentNanos + profile.delayNanos() + jitter);
    if (happens(profile.reorderChance())) {
      arrival += profile.reorderNanos();
    } else {
      lastArrivalNanos = arrival;
    }
    travelling.add(new Travelling(packet, arrival, number++));
    heldBytes += packet.memoryBytes();
    arrivals(now);
  }

  private void refuse(Packet packet) {
    counters.increment(FaultCounter.QUEUE_FULL);
    end.dropped(packet, DropReason.DEVICE_QUEUE_FULL);
  }

  private void arrivalsDue(long now) {
    arrivals(now);
    end.batchEnd();
  }

  private void arrivals(long now) {
    while (!travelling.isEmpty() && travelling.element().arrivalNanos() <= now) {
      Travelling first = travelling.remove();
      heldBytes -= first.packet().memoryBytes();
      counters.increment(FaultCounter.PASSED);
      if (first.number() < newestArrived) {
        counters.increment(FaultCounter.REORDERED);
      }
      newestArrived = Math.max(newestArrived, first.number());
      end.arrived(first.packet());
    }
    if (!travelling.isEmpty()) {
      loop.timers().arm(timer, travelling.element().arrivalNanos());
    }
  }

  /** Drops what is on its way. */
  void close() {
    loop.timers().cancel(timer);
    for (Travelling each = travelling.poll(); each != null; each = travelling.poll()) {
      heldBytes -= each.packet().memoryBytes();
      end.dropped(each.packet(), DropReason.DEVICE_DOWN);
    }
  }
}
