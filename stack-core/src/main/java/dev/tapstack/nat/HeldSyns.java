package dev.tapstack.nat;

import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Timer;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.TcpHeader;
import org.jspecify.annotations.Nullable;

/**
 * Unsolicited SYNs, each held for 6 s and then answered with ICMP port unreachable, unless the SYN
 * that crosses it comes from inside first: both ends of a simultaneous open behind NATs send one
 * (RFC 5382 REQ-4). A bounded ring, the oldest first. The loop's thread only.
 */
final class HeldSyns {
  /** RFC 5382 REQ-4: at least 6 seconds. */
  private static final long HOLD_NANOS = 6_000_000_000L;

  /** Each holds a packet's buffer, 2 KB: half a megabyte. */
  private static final int LIMIT = 256;

  private final StackLoop loop;
  private final IpLayer ip;
  private final Counters<NatCounter> counters;
  private final Timer timer = new Timer(this::answerDue);
  private final @Nullable Packet[] held = new @Nullable Packet[LIMIT];
  private final long[] deadlines = new long[LIMIT];
  private int first;
  private int count;

  HeldSyns(StackLoop loop, IpLayer ip, Counters<NatCounter> counters) {
    this.loop = loop;
    this.ip = ip;
    this.counters = counters;
  }

  /**
   * Keeps a borrowed SYN.
   *
   * @return false if there is no room: it stays the caller's
   */
  boolean hold(Packet syn) {
    if (count == LIMIT) {
      return false;
    }
    int slot = (first + count++) % LIMIT;
    held[slot] = syn.take();
    deadlines[slot] = loop.nowNanos() + HOLD_NANOS;
    counters.increment(NatCounter.SYNS_HELD);
    if (!timer.isArmed()) {
      loop.armIn(timer, HOLD_NANOS);
    }
    return true;
  }

  /** A SYN leaves from that outside endpoint to {@code peer}: one that crosses it is forgotten. */
  void leaves(Mapping from, long peerHi, long peerLo, int peerPort) {
    for (int i = 0; i < count; i++) {
      int slot = (first + i) % LIMIT;
      Packet syn = held[slot];
      if (syn != null
          && syn.sourceLo() == peerLo
          && syn.sourceHi() == peerHi
          && syn.destinationLo() == from.outsideLo
          && syn.destinationHi() == from.outsideHi
          && TcpHeader.sourcePort(syn.buf(), syn.transport()) == peerPort
          && TcpHeader.destinationPort(syn.buf(), syn.transport()) == from.outsidePort) {
        syn.drop(DropReason.NAT_UNSOLICITED);
        held[slot] = null;
      }
    }
  }

  private void answerDue(long nowNanos) {
    while (count > 0 && (held[first] == null || deadlines[first] <= nowNanos)) {
      Packet syn = removeFirst();
      if (syn != null) {
        counters.increment(NatCounter.SYNS_ANSWERED);
        ip.report(IcmpError.PORT_UNREACHABLE, syn, 0);
        syn.drop(DropReason.NAT_UNSOLICITED);
      }
    }
    if (count > 0) {
      loop.armIn(timer, deadlines[first] - nowNanos);
    }
  }

  private @Nullable Packet removeFirst() {
    Packet syn = held[first];
    held[first] = null;
    first = (first + 1) % LIMIT;
    count--;
    return syn;
  }

  /** Drops all of them. */
  void close() {
    loop.timers().cancel(timer);
    while (count > 0) {
      Packet syn = removeFirst();
      if (syn != null) {
        syn.drop(DropReason.STACK_CLOSED);
      }
    }
  }
}
