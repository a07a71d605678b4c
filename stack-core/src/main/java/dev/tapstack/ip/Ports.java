package dev.tapstack.ip;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.SipHash;
import dev.tapstack.loop.Rng;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Who uses which port of which local address: one reservation for listeners, sockets, ephemeral
 * ports, and whatever translates addresses, so that none takes another's. The loop's thread only.
 *
 * <p>Theory of operation. A hash table of chains, keyed by protocol and port; a chain holds the
 * reservations of that port, one for each address and owner, with a count. Keys are chosen by this
 * host, so that a plain hash will do. The table is bounded by nature: protocols x ports x addresses
 * of ours, whatever the number of connections.
 */
public final class Ports {
  /** Linux's ip_local_port_range; RFC 6056 3.2 would begin at 1024, where services live. */
  public static final int EPHEMERAL_MIN = 32768;

  public static final int EPHEMERAL_MAX = 60999;

  private static final int EPHEMERAL_COUNT = EPHEMERAL_MAX - EPHEMERAL_MIN + 1;

  private static final class Reservation {
    final int key;
    final long hi;
    final long lo;
    final Object owner;
    int count = 1;
    @Nullable Reservation next;

    Reservation(int key, long hi, long lo, Object owner) {
      this.key = key;
      this.hi = hi;
      this.lo = lo;
      this.owner = owner;
    }
  }

  private final SipHash offsetFunction;
  private int nextEphemeral;
  private @Nullable Reservation[] chains = new @Nullable Reservation[16];
  private int size;

  /** {@code rng} gives the secret of RFC 6056 3.3.3. */
  public Ports(Rng rng) {
    offsetFunction = rng.nextSipHash();
    nextEphemeral = rng.nextInt(EPHEMERAL_COUNT);
  }

  /**
   * Reserves a port of a local address. The unspecified address stands for all of its family, and
   * {@code ::} for all of both, so that it conflicts with each of them.
   *
   * @return true if nobody else has it; an owner may reserve again what it has, and releases it as
   *     often
   */
  public boolean reserve(int protocol, long hi, long lo, int port, Object owner) {
    int key = protocol << 16 | port;
    Reservation same = null;
    for (Reservation r = chains[slot(key)]; r != null; r = r.next) {
      if (r.key == key && r.owner != owner && conflict(r.hi, r.lo, hi, lo)) {
        return false;
      }
      if (r.key == key && r.owner == owner && r.hi == hi && r.lo == lo) {
        same = r;
      }
    }
    if (same != null) {
      same.count++;
    } else {
      add(new Reservation(key, hi, lo, owner));
    }
    return true;
  }

  /** Whose reservation would refuse that port to others, or null if it is free. */
  public @Nullable Object owner(int protocol, long hi, long lo, int port) {
    int key = protocol << 16 | port;
    for (Reservation r = chains[slot(key)]; r != null; r = r.next) {
      if (r.key == key && conflict(r.hi, r.lo, hi, lo)) {
        return r.owner;
      }
    }
    return null;
  }

  /** Gives back one reservation. */
  public void release(int protocol, long hi, long lo, int port, Object owner) {
    int key = protocol << 16 | port;
    Reservation before = null;
    for (Reservation r = chains[slot(key)]; r != null; before = r, r = r.next) {
      if (r.key == key && r.owner == owner && r.hi == hi && r.lo == lo) {
        if (--r.count == 0) {
          if (before == null) {
            chains[slot(key)] = r.next;
          } else {
            before.next = r.next;
          }
          size--;
        }
        return;
      }
    }
    throw new IllegalStateException("port " + port + " is not reserved by " + owner);
  }

  /**
   * Finds and reserves an ephemeral port towards a peer: a keyed hash of the addresses says where
   * the search begins, a counter moves it on (RFC 6056 3.3.3, algorithm 3), so that ports cannot be
   * guessed and are not reused soon.
   *
   * @param usable whether the caller can use a port, which is free or its own already
   * @return the port, or -1 if there is none
   */
  public int ephemeral(
      int protocol,
      long localHi,
      long localLo,
      long remoteHi,
      long remoteLo,
      int remotePort,
      IntPredicate usable,
      Object owner) {
    long hash =
        offsetFunction.hash(
            localHi ^ Long.rotateLeft(remoteHi, 32),
            localLo,
            remoteLo,
            (long) protocol << 16 | remotePort);
    int offset = (int) Long.remainderUnsigned(hash, EPHEMERAL_COUNT);
    for (int i = 0; i < EPHEMERAL_COUNT; i++) {
      int port = EPHEMERAL_MIN + (nextEphemeral + offset) % EPHEMERAL_COUNT;
      nextEphemeral = (nextEphemeral + 1) % EPHEMERAL_COUNT;
      if (usable.test(port) && reserve(protocol, localHi, localLo, port, owner)) {
        return port;
      }
    }
    return -1;
  }

  /** Reservations at present: 0 after all owners have released theirs. */
  public int size() {
    return size;
  }

  private static boolean conflict(long aHi, long aLo, long bHi, long bLo) {
    return aHi == bHi && aLo == bLo || covers(aHi, aLo, bHi, bLo) || covers(bHi, bLo, aHi, aLo);
  }

  private static boolean covers(long anyHi, long anyLo, long hi, long lo) {
    return anyHi == 0
        && (anyLo == 0 || anyLo == Ipv4Address.MAPPED_PREFIX && Ipv4Address.isMapped(hi, lo));
  }

  private void add(Reservation reservation) {
    if (size >= chains.length) {
      @Nullable Reservation[] old = chains;
      chains = new @Nullable Reservation[old.length * 2];
      for (Reservation head : old) {
        for (Reservation r = head; r != null; ) {
          Reservation next = r.next;
          link(r);
          r = next;
        }
      }
    }
    link(reservation);
    size++;
  }

  private void link(Reservation reservation) {
    int slot = slot(reservation.key);
    reservation.next = chains[slot];
    chains[slot] = reservation;
  }

  private int slot(int key) {
    return key * 0x9e3779b9 >>> 8 & chains.length - 1;
  }
}
