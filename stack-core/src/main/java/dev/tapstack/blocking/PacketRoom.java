package dev.tapstack.blocking;

import java.net.DatagramPacket;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How long a datagram each {@link DatagramPacket} can receive. java.net keeps that apart from the
 * length of what was received, but shows it to none but its own classes: to others a packet that
 * has received 3 bytes has room for 3. So a packet that we have shortened is remembered here, until
 * its owner gives it another buffer or length, or forgets it. Callers' threads only.
 */
final class PacketRoom {
  private static final ReentrantLock LOCK = new ReentrantLock();
  private static final Map<DatagramPacket, Shortened> SHORTENED = new WeakHashMap<>();

  /** A packet as we have left it, and its room. */
  private record Shortened(int offset, int length, int arrayLength, int room) {
    boolean isStill(DatagramPacket packet) {
      return packet.getLength() == length
          && packet.getOffset() == offset
          && packet.getData().length == arrayLength;
    }
  }

  private PacketRoom() {}

  /** Copies as much of {@code payload} into {@code packet} as has room; the rest is lost. */
  static void fill(DatagramPacket packet, byte[] payload) {
    LOCK.lock();
    try {
      Shortened before = SHORTENED.get(packet);
      int room = before != null && before.isStill(packet) ? before.room : packet.getLength();
      int length = Math.min(room, payload.length);
      byte[] buffer = packet.getData();
      System.arraycopy(payload, 0, buffer, packet.getOffset(), length);
      packet.setLength(length);
      if (length < room) {
        SHORTENED.put(packet, new Shortened(packet.getOffset(), length, buffer.length, room));
      } else {
        SHORTENED.remove(packet);
      }
    } finally {
      LOCK.unlock();
    }
  }
}
