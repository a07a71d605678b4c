package dev.tapstack.packet;

import dev.tapstack.stats.DropReason;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue of packets, first in first out: limited in packets and in bytes of memory that
 * they hold, and without memory of its own (it strings them together by {@link Packet#queueNext}).
 *
 * <p>Whoever puts a packet in that goes down calls {@link Packet#own} first. The loop's thread
 * only.
 */
public final class PacketQueue {
  private final int maxPackets;
  private final long maxBytes;
  private @Nullable Packet head;
  private @Nullable Packet tail;
  private int size;
  private long memoryBytes;

  public PacketQueue(int maxPackets, long maxBytes) {
    this.maxPackets = maxPackets;
    this.maxBytes = maxBytes;
  }

  /** Whether the limits are reached; the last packet put in may pass the limit in bytes. */
  public boolean isFull() {
    return size >= maxPackets || memoryBytes >= maxBytes;
  }

  /**
   * Puts {@code packet} behind the others.
   *
   * @return false if the queue {@link #isFull}: the packet stays the caller's
   */
  public boolean offer(Packet packet) {
    if (isFull()) {
      return false;
    }
    packet.queueNext = null;
    if (tail == null) {
      head = packet;
    } else {
      tail.queueNext = packet;
    }
    tail = packet;
    size++;
    memoryBytes += packet.memoryBytes();
    return true;
  }

  /** Takes the oldest packet out, which is then the caller's; null if there is none. */
  public @Nullable Packet poll() {
    Packet packet = head;
    if (packet != null) {
      head = packet.queueNext;
      if (head == null) {
        tail = null;
      }
      packet.queueNext = null;
      size--;
      memoryBytes -= packet.memoryBytes();
    }
    return packet;
  }

  public boolean isEmpty() {
    return head == null;
  }

  public int size() {
    return size;
  }

  /** Bytes of memory that the packets hold. */
  public long memoryBytes() {
    return memoryBytes;
  }

  /** Drops every packet for {@code reason}. */
  public void dropAll(DropReason reason) {
    for (Packet packet = poll(); packet != null; packet = poll()) {
      packet.drop(reason);
    }
  }

  /** Frees every packet of a queue whose packets no ledger knows. */
  public void freeAll() {
    for (Packet packet = poll(); packet != null; packet = poll()) {
      packet.unused();
    }
  }
}
