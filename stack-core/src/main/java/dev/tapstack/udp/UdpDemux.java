package dev.tapstack.udp;

import org.jspecify.annotations.Nullable;

/**
 * Sockets by local address and port: open addressing with linear probing, never more than half
 * full. Keys are this host's own, so that a plain hash will do. The loop's thread only.
 */
final class UdpDemux {
  private @Nullable BoundSocket[] table = new @Nullable BoundSocket[16];
  private int size;

  /** The socket bound to exactly that address and port, or null. */
  @Nullable BoundSocket find(long hi, long lo, int port) {
    int mask = table.length - 1;
    for (int i = slot(hi, lo, port); ; i = i + 1 & mask) {
      BoundSocket socket = table[i];
      if (socket == null || socket.isBoundTo(hi, lo, port)) {
        return socket;
      }
    }
  }

  /** Adds a socket whose address and port nobody else has. */
  void add(BoundSocket socket) {
    if (2 * (size + 1) > table.length) {
      @Nullable BoundSocket[] old = table;
      table = new @Nullable BoundSocket[old.length * 2];
      for (BoundSocket each : old) {
        if (each != null) {
          insert(each);
        }
      }
    }
    insert(socket);
    size++;
  }

  /** Removes a socket that is here. */
  void remove(BoundSocket socket) {
    int mask = table.length - 1;
    int hole = slot(socket);
    while (table[hole] != socket) {
      hole = hole + 1 & mask;
    }
    // What follows moves up where its probe would otherwise end at the hole.
    for (int i = hole + 1 & mask; ; i = i + 1 & mask) {
      BoundSocket each = table[i];
      if (each == null) {
        break;
      }
      if ((i - slot(each) & mask) >= (i - hole & mask)) {
        table[hole] = each;
        hole = i;
      }
    }
    table[hole] = null;
    size--;
  }

  int size() {
    return size;
  }

  /** Any socket, or null if there is none. */
  @Nullable BoundSocket any() {
    for (BoundSocket socket : table) {
      if (socket != null) {
        return socket;
      }
    }
    return null;
  }

  private void insert(BoundSocket socket) {
    int mask = table.length - 1;
    int i = slot(socket);
    while (table[i] != null) {
      i = i + 1 & mask;
    }
    table[i] = socket;
  }

  private int slot(BoundSocket socket) {
    return slot(socket.localHi(), socket.localLo(), socket.localPort());
  }

  private int slot(long hi, long lo, int port) {
    long mixed = ((hi * 31 + lo) * 31 + port) * 0x9e3779b97f4a7c15L;
    return (int) (mixed >>> 32) & table.length - 1;
  }
}
