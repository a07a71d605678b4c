package dev.tapstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.device.FaultCounter;
import dev.tapstack.device.FaultProfile;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpInfo;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.stats.Counters;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Two hosts, a link with faults both ways, and a connection that moves more than a megabyte each
 * way at once; everything about them is drawn from the seed.
 */
final class TransferScenario {
  /** Of virtual time: four times what the worst of 1,500 seeds needed (measured: 15 minutes). */
  private static final Duration LIMIT = Duration.ofHours(1);

  /** TIME-WAIT lasts 60 s, and begins again with each FIN. */
  private static final Duration TIME_WAIT_LIMIT = Duration.ofMinutes(10);

  private static final int[] MTUS = {576, 1006, 1280, 1492, 1500, 4470, 9000};

  private final long seed;
  private final SplittableRandom random;
  private final FaultProfile there;
  private final FaultProfile back;
  private final int mtu;
  private final TcpOptions serverOptions;
  private final TcpOptions clientOptions;
  private final List<SimPeer> peers = new ArrayList<>();

  TransferScenario(long seed) {
    this.seed = seed;
    random = new SplittableRandom(seed);
    there = drawFaults();
    back = drawFaults();
    mtu = MTUS[random.nextInt(MTUS.length)];
    serverOptions = Habits.drawOptions(random);
    clientOptions = Habits.drawOptions(random);
  }

  private FaultProfile drawFaults() {
    FaultProfile profile =
        FaultProfile.NONE
            .withLoss(drawChance(0.2))
            .withDuplication(drawChance(0.1))
            .withCorruption(drawChance(0.05))
            .withReordering(drawChance(0.1), random.nextLong(50_000_000))
            .withDelay(random.nextLong(50_000_000), random.nextLong(10_000_000));
    if (random.nextBoolean()) {
      long bitsPerSecond = 1_000_000L << random.nextInt(10);
      profile = profile.withRate(bitsPerSecond, random.nextInt(20_000, 500_000));
    }
    return profile;
  }

  /** Often 0, so that paths which hardly lose are seen too. */
  private double drawChance(double most) {
    return random.nextInt(3) == 0 ? 0 : random.nextDouble() * most;
  }

  /** Runs it to the end; what happened is added to {@code totals}. */
  void run(Totals totals, @Nullable Path captureTo) {
    try (SimNet net = SimNet.seeded(seed)) {
      if (captureTo != null) {
        net.captureTo(captureTo);
      }
      SimHost a = net.host(HostSpec.named("a").port("10.0.0.1/24", mtu));
      SimHost b = net.host(HostSpec.named("b").port("10.0.0.2/24", mtu));
      SimLink link = net.link(a, b, there, back);

      StreamBytes up = new StreamBytes(random.nextLong());
      StreamBytes down = new StreamBytes(random.nextLong());
      SimPeer server = new SimPeer(Habits.draw(random, true), random.split(), down, up);
      SimPeer client = new SimPeer(Habits.draw(random, false), random.split(), up, down);
      peers.add(server);
      peers.add(client);
      List<TcpConnection> connections = new ArrayList<>();
      b.stack()
          .listen(
              b.endpoint(80),
              serverOptions,
              connection -> {
                connections.add(connection);
                return server;
              });
      connections.add(a.stack().connect(null, b.endpoint(80), clientOptions, client));

      assertTrue(net.runUntil(() -> client.isOver() && server.isOver(), LIMIT), "not finished");
      client.checkComplete(server);
      server.checkComplete(client);
      totals.add(link.countersFrom(a));
      totals.add(link.countersFrom(b));
      connections.forEach(each -> totals.add(each.info()));
      totals.took(net.elapsed());
      net.runUntilIdle(TIME_WAIT_LIMIT);
      assertEquals(0, a.stack().connections().size() + b.stack().connections().size());
    }
  }

  @Override
  public String toString() {
    return "MTU %d%n  there %s%n  back %s%n  server %s%n  client %s%n  %s"
        .formatted(mtu, there, back, describe(serverOptions), describe(clientOptions), peers);
  }

  private static String describe(TcpOptions options) {
    return "timestamps %s, scaling %s, no delay %s, send buffer %d, receive buffer %d"
        .formatted(
            options.timestamps(),
            options.windowScaling(),
            options.noDelay(),
            options.sendBufferBytes(),
            options.receiveBufferBytes());
  }

  /** What happened in all runs. */
  static final class Totals {
    private final long[] faults = new long[FaultCounter.values().length];
    private long timeouts;
    private long fastRetransmits;
    private long retransmits;
    private Duration longest = Duration.ZERO;

    private void add(Counters<FaultCounter> counters) {
      for (FaultCounter each : FaultCounter.values()) {
        faults[each.ordinal()] += counters.value(each);
      }
    }

    private void add(TcpInfo info) {
      timeouts += info.timeouts();
      fastRetransmits += info.fastRetransmits();
      retransmits += info.segmentsRetransmitted();
    }

    private void took(Duration time) {
      longest = time.compareTo(longest) > 0 ? time : longest;
    }

    long faults(FaultCounter kind) {
      return faults[kind.ordinal()];
    }

    long timeouts() {
      return timeouts;
    }

    long fastRetransmits() {
      return fastRetransmits;
    }

    long retransmits() {
      return retransmits;
    }

    /** Virtual time of the run that took longest. */
    Duration longest() {
      return longest;
    }
  }
}
