package dev.tapstack.udp;

import dev.tapstack.socket.UdpSocket;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sockets by local address and port and, of connected ones, by their peer: open addressing with
 * linear probing, never more than half full. Who is in it was chosen by this host, so that a plain
 * hash will do. The loop's thread only.
 */
final class UdpDemux {
  private @Nullable BoundSocket[] table = new @Nullable BoundSocket[16];
  private int size;

  /** The socket bound to exactly that address and port, and not connected; or null. */
  @Nullable BoundSocket find(long hi, long lo, int port) {
    return find(hi, lo, port, 0, 0, 0);
  }

  /** The socket that connects exactly these two ends, or null. */
  @Nullable BoundSocket find(
      long hi, long lo, int port, long remoteHi, long remoteLo, int remotePort) {
    int mask = table.length - 1;
    for (int i = slot(hi, lo, port, remoteHi, remoteLo, remotePort); ; i = i + 1 & mask) {
      BoundSocket socket = table[i];
      if (socket == null || socket.isAt(hi, lo, port, remoteHi, remoteLo, remotePort)) {
        return socket;
      }
    }
  }

  /** Adds a socket whose ends nobody else has; they do not change while it is here. */
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

  /** All sockets, in the table's order: that of their ends, not of memory. */
  List<UdpSocket> sockets() {
    List<UdpSocket> all = new ArrayList<>(size);
    for (BoundSocket socket : table) {
      if (socket != null) {
        all.add(socket);
      }
    }
    return all;
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
    return slot(
        socket.localHi(),
        socket.localLo(),
        socket.localPort(),
        socket.remoteHi(),
        socket.remoteLo(),
        socket.remotePort());
  }

  private int slot(long hi, long lo, int port, long remoteHi, long remoteLo, int remotePort) {
    long mixed = ((hi * 31 + lo) * 31 + port) * 31 + remotePort;
    mixed = ((mixed * 31 + remoteHi) * 31 + remoteLo) * 0x9e3779b97f4a7c15L;
    return (int) (mixed >>> 32) & table.length - 1;
  }
}
