package dev.tapstack.tcp;

import dev.tapstack.addr.FlowKey;
import dev.tapstack.addr.SipHash;
import org.jspecify.annotations.Nullable;

/**
 * Finds the connection, or the listener, that a segment belongs to. Open addressing with linear
 * probing under a keyed hash, so that no peer can aim at one place; grows and shrinks with what it
 * holds. The loop's thread only.
 */
final class TcpDemux {
  /** Connections of a stack, TIME-WAITs included: Linux's tcp_max_tw_buckets on a large machine. */
  private static final int MAX_CONNECTIONS = 262_144;

  private static final int FIRST_CAPACITY = 16;

  private final SipHash function;
  private final FlowKey probe = new FlowKey();
  private @Nullable Tcb[] table = new @Nullable Tcb[FIRST_CAPACITY];
  private int count;
  private @Nullable Listener[] listeners = new @Nullable Listener[0];

  TcpDemux(SipHash function) {
    this.function = function;
  }

  /** Connections in all states. */
  int count() {
    return count;
  }

  boolean isFull() {
    return count >= MAX_CONNECTIONS;
  }

  @Nullable Tcb find(
      long localHi, long localLo, int localPort, long remoteHi, long remoteLo, int remotePort) {
    probe.set(TcpLayer.PROTOCOL, localHi, localLo, localPort, remoteHi, remoteLo, remotePort);
    return table[place(probe)];
  }

  /** The place of {@code key}, or the free one where it would stand. */
  private int place(FlowKey key) {
    int mask = table.length - 1;
    int at = (int) key.hash(function) & mask;
    for (Tcb tcb = table[at]; tcb != null && !tcb.key.equals(key); tcb = table[at]) {
      at = at + 1 & mask;
    }
    return at;
  }

  void add(Tcb tcb) {
    if (count * 2 >= table.length) {
      resize(table.length * 2);
    }
    int at = place(tcb.key);
    assert table[at] == null : "two connections of one key";
    table[at] = tcb;
    count++;
  }

  void remove(Tcb tcb) {
    int at = place(tcb.key);
    if (table[at] != tcb) {
      return;
    }
    count--;
    closeHole(at);
    if (table.length > FIRST_CAPACITY && count * 8 < table.length) {
      resize(table.length / 2);
    }
  }

  /** Moves up what stands behind the hole and may not stay there (Knuth, 6.4, algorithm R). */
  private void closeHole(int hole) {
    int mask = table.length - 1;
    int at = hole;
    table[hole] = null;
    for (int next = at + 1 & mask; table[next] != null; next = next + 1 & mask) {
      Tcb moving = table[next];
      assert moving != null;
      int home = (int) moving.key.hash(function) & mask;
      if ((next - home & mask) >= (next - at & mask)) {
        table[at] = moving;
        table[next] = null;
        at = next;
      }
    }
  }

  private void resize(int capacity) {
    @Nullable Tcb[] old = table;
    table = new @Nullable Tcb[capacity];
    for (Tcb tcb : old) {
      if (tcb != null) {
        table[place(tcb.key)] = tcb;
      }
    }
  }

  /** All connections, in the table's order, which repeats for the same history and key. */
  Tcb[] connections() {
    Tcb[] all = new Tcb[count];
    int i = 0;
    for (Tcb tcb : table) {
      if (tcb != null) {
        all[i++] = tcb;
      }
    }
    return all;
  }

  // Listeners are few: a row, searched from its beginning.

  /** The listener on the address, else the one on any address. */
  @Nullable Listener findListener(long localHi, long localLo, int port) {
    Listener any = null;
    for (Listener listener : listeners) {
      if (listener != null && listener.port() == port) {
        if (listener.isOn(localHi, localLo)) {
          return listener;
        }
        if (listener.isOnAny()) {
          any = listener;
        }
      }
    }
    return any;
  }

  void add(Listener listener) {
    listeners = java.util.Arrays.copyOf(listeners, listeners.length + 1);
    listeners[listeners.length - 1] = listener;
  }

  void remove(Listener listener) {
    listeners =
        java.util.Arrays.stream(listeners)
            .filter(other -> other != listener)
            .toArray(Listener[]::new);
  }

  @Nullable Listener[] listeners() {
    return listeners.clone();
  }
}
