package dev.tapstack.sim;

import dev.tapstack.packet.PacketPool;
import dev.tapstack.stats.PacketLedger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * No packet is lost in silence: what has left the pool is kept by a host or a link, whose ledgers
 * know it, or is on a cable between them. A packet that was freed without a count, counted twice or
 * never counted breaks the sum.
 */
final class LedgerCheck {
  private final PacketPool pool;
  private final List<SimHost> hosts;
  private final List<SimLink> links;

  /** The lists are the network's own and grow. */
  LedgerCheck(PacketPool pool, List<SimHost> hosts, List<SimLink> links) {
    this.pool = pool;
    this.hosts = hosts;
    this.links = links;
  }

  /** What is wrong between two turns, or null. */
  @Nullable String fault() {
    long kept = 0;
    long onCables = 0;
    for (SimHost host : hosts) {
      PacketLedger ledger = host.stack().ledger();
      if (ledger.keptUp() < 0 || ledger.keptDown() < 0) {
        return host + " has ended more packets than it had: " + describe(ledger);
      }
      kept += ledger.keptUp() + ledger.keptDown();
      onCables += host.framesInCables();
    }
    for (SimLink link : links) {
      kept += link.ledger().keptUp() + link.ledger().keptDown();
      onCables += link.framesOnTheWay();
    }
    if (kept + onCables != pool.outstanding()) {
      return "%d packets are out of the pool, but hosts and links keep %d, and %d are on cables"
          .formatted(pool.outstanding(), kept, onCables);
    }
    return null;
  }

  /** What is wrong after everything has closed, or null. */
  @Nullable String faultAtEnd() {
    for (SimHost host : hosts) {
      PacketLedger ledger = host.stack().ledger();
      if (ledger.keptUp() != 0 || ledger.keptDown() != 0) {
        return host + " is closed and still keeps packets: " + describe(ledger);
      }
    }
    return pool.outstanding() == 0 ? null : pool.outstanding() + " packets are without an owner";
  }

  private static String describe(PacketLedger ledger) {
    return "polled %d, delivered %d, forwarded %d, kept of them %d; built %d, sent %d, kept %d; dropped %s"
        .formatted(
            ledger.polledCount(),
            ledger.deliveredCount(),
            ledger.forwardedCount(),
            ledger.keptUp(),
            ledger.builtCount(),
            ledger.sentCount(),
            ledger.keptDown(),
            ledger.drops());
  }
}
