package dev.tapstack.packet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayDeque;

/**
 * The packets of a loop, in two sizes: one for frames of an ordinary MTU, one for the largest
 * datagrams. A steady state allocates nothing. The loop's thread only.
 */
public final class PacketPool implements AutoCloseable {
  /** Holds headroom, an Ethernet header and an MTU of 1,500 with room to spare. */
  private static final int SMALL_BYTES = 2048;

  /** Holds headroom, and 65,535 bytes of datagram with its link header (RFC 791 3.1). */
  private static final int LARGE_BYTES = Packet.HEADROOM + 65_535 + 33;

  /**
   * Free packets that are kept, in bytes of each size: a burst's worth (measured: one batch is 256
   * frames).
   */
  private static final int KEPT_BYTES = 4 << 20;

  private final ArrayDeque<Packet> small = new ArrayDeque<>();
  private final ArrayDeque<Packet> large = new ArrayDeque<>();
  private int outstanding;
  private boolean isClosed;

  /**
   * A packet whose buffer has at least {@code bytes} bytes, headroom included; the caller owns it.
   * Its start, layers and end are at {@link Packet#HEADROOM}.
   *
   * @throws IllegalArgumentException if no IP packet is that large
   */
  public Packet allocate(int bytes) {
    if (bytes > LARGE_BYTES) {
      throw new IllegalArgumentException("no packet has " + bytes + " bytes");
    }
    int capacity = capacityFor(bytes);
    Packet packet = (capacity == SMALL_BYTES ? small : large).pollLast();
    if (packet == null) {
      packet = new Packet(this, UnpooledByteBufAllocator.DEFAULT.directBuffer(capacity, capacity));
    }
    outstanding++;
    packet.allocated();
    return packet;
  }

  /** The size of the buffer that {@link #allocate} gives. */
  static int capacityFor(int bytes) {
    return bytes <= SMALL_BYTES ? SMALL_BYTES : LARGE_BYTES;
  }

  /** A packet with room for headers of every layer and {@code payloadBytes} behind its start. */
  public Packet allocateFor(int payloadBytes) {
    return allocate(Packet.HEADROOM + payloadBytes);
  }

  void release(Packet packet) {
    outstanding--;
    ByteBuf buf = packet.buf();
    ArrayDeque<Packet> free = buf.capacity() == SMALL_BYTES ? small : large;
    if (isClosed || free.size() >= KEPT_BYTES / buf.capacity()) {
      buf.release();
    } else {
      free.addLast(packet);
    }
  }

  /** Packets that have an owner; 0 after a stack has closed, or there is a leak. */
  public int outstanding() {
    return outstanding;
  }

  /** Frees the packets that wait here; those that have an owner are freed when they end. */
  @Override
  public void close() {
    isClosed = true;
    small.forEach(packet -> packet.buf().release());
    large.forEach(packet -> packet.buf().release());
    small.clear();
    large.clear();
  }
}
