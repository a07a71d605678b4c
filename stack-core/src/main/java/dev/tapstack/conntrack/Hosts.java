package dev.tapstack.conntrack;

import dev.tapstack.addr.SipHash;
import org.jspecify.annotations.Nullable;

/**
 * How many flows each source address has begun, and which of them are not assured yet, the oldest
 * first. An address is forgotten with its last flow, so there are no more of them than flows. The
 * loop's thread only.
 */
final class Hosts {
  private static final int FIRST_PLACES = 16;

  private static final class Host {
    final long hi;
    final long lo;
    int flows;
    @Nullable Tracked oldestUnassured;
    @Nullable Tracked newestUnassured;

    Host(long hi, long lo) {
      this.hi = hi;
      this.lo = lo;
    }
  }

  private final SipHash sip;
  private @Nullable Host[] slots = new @Nullable Host[FIRST_PLACES];
  private int size;

  Hosts(SipHash sip) {
    this.sip = sip;
  }

  /** How many addresses have flows. */
  int size() {
    return size;
  }

  /** How many flows that address has begun. */
  int flows(long hi, long lo) {
    Host host = slots[place(hi, lo)];
    return host == null ? 0 : host.flows;
  }

  /** The oldest flow of that address that is not assured, or null. */
  @Nullable Tracked oldestUnassured(long hi, long lo) {
    Host host = slots[place(hi, lo)];
    return host == null ? null : host.oldestUnassured;
  }

  /** Counts a flow that is not assured. */
  void add(Tracked flow) {
    long hi = flow.sourceHi(Side.ORIGINAL);
    long lo = flow.sourceLo(Side.ORIGINAL);
    int at = place(hi, lo);
    Host host = slots[at];
    if (host == null) {
      host = new Host(hi, lo);
      slots[at] = host;
      if (2 * ++size > slots.length) {
        grow();
      }
    }
    host.flows++;
    append(host, flow);
  }

  /** The flow is assured, and is not to be evicted any more. */
  void assured(Tracked flow) {
    unlink(of(flow), flow);
  }

  /** The flow begins again, and is not assured. */
  void restarted(Tracked flow) {
    append(of(flow), flow);
  }

  /** Discounts a flow. */
  void remove(Tracked flow, boolean isUnassured) {
    Host host = of(flow);
    if (isUnassured) {
      unlink(host, flow);
    }
    if (--host.flows == 0) {
      forget(host);
    }
  }

  private Host of(Tracked flow) {
    Host host = slots[place(flow.sourceHi(Side.ORIGINAL), flow.sourceLo(Side.ORIGINAL))];
    assert host != null;
    return host;
  }

  private static void append(Host host, Tracked flow) {
    Tracked newest = host.newestUnassured;
    flow.hostPrevious = newest;
    if (newest == null) {
      host.oldestUnassured = flow;
    } else {
      newest.hostNext = flow;
    }
    host.newestUnassured = flow;
  }

  private static void unlink(Host host, Tracked flow) {
    Tracked previous = flow.hostPrevious;
    Tracked next = flow.hostNext;
    if (previous == null) {
      host.oldestUnassured = next;
    } else {
      previous.hostNext = next;
    }
    if (next == null) {
      host.newestUnassured = previous;
    } else {
      next.hostPrevious = previous;
    }
    flow.hostPrevious = null;
    flow.hostNext = null;
  }

  // Open addressing, as in FlowTable; half full at most.

  private int home(long hi, long lo) {
    return (int) sip.hash(hi, lo, 0, 0) & slots.length - 1;
  }

  private int place(long hi, long lo) {
    int at = home(hi, lo);
    for (Host host = slots[at]; host != null && (host.lo != lo || host.hi != hi); ) {
      at = at + 1 & slots.length - 1;
      host = slots[at];
    }
    return at;
  }

  private void grow() {
    @Nullable Host[] old = slots;
    slots = new @Nullable Host[2 * old.length];
    for (Host host : old) {
      if (host != null) {
        slots[place(host.hi, host.lo)] = host;
      }
    }
  }

  private void forget(Host host) {
    size--;
    int mask = slots.length - 1;
    int gap = place(host.hi, host.lo);
    slots[gap] = null;
    for (int at = gap + 1 & mask; ; at = at + 1 & mask) {
      Host follower = slots[at];
      if (follower == null) {
        return;
      }
      int home = home(follower.hi, follower.lo);
      if ((at - home & mask) >= (at - gap & mask)) {
        slots[gap] = follower;
        slots[at] = null;
        gap = at;
      }
    }
  }
}
