package dev.tapstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.conntrack.Conntrack;
import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.conntrack.FlowInfo;
import dev.tapstack.device.FaultProfile;
import dev.tapstack.ip.Hook;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.HookPriority;
import dev.tapstack.ip.Verdict;
import dev.tapstack.loop.Rng;
import dev.tapstack.packet.Packet;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.wire.TcpHeader;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two real TCPs speak through a router that tracks, over links that lose, reorder, double and
 * damage: it refuses nothing but what is damaged, and knows at every segment how far the connection
 * has got.
 */
class TrackedTransferTest {
  private static final Duration LIMIT = Duration.ofHours(1);
  private static final Map<String, Integer> STATES = new LinkedHashMap<>();
  private static long damaged;

  static LongStream seeds() {
    return Seeds.all().limit(Seeds.isOne() ? 1 : 60);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void nothingLegitimateIsRefused(long seed) {
    Seeds.run(
        TrackedTransferTest.class,
        seed,
        (number, captureTo) -> {
          try (SimNet net = SimNet.seeded(number)) {
            if (captureTo != null) {
              net.captureTo(captureTo);
            }
            run(net, new SplittableRandom(number));
          }
        });
  }

  private static void run(SimNet net, SplittableRandom random) {
    SimHost a = net.host(HostSpec.named("a").port("10.0.1.2/24").gateway("10.0.1.1"));
    SimHost b = net.host(HostSpec.named("b").port("10.0.2.2/24").gateway("10.0.2.1"));
    SimHost r = net.host(HostSpec.named("r").port("10.0.1.1/24").port("10.0.2.1/24").forwarding());
    net.link(a, r, draw(random), draw(random));
    net.link(b, r, draw(random), draw(random));
    Conntrack conntrack =
        new Conntrack(
            net.loop(),
            r.stack().ip(),
            Rng.seeded(net.seed(), "conntrack"),
            ConntrackConfig.DEFAULTS);
    conntrack.install();
    Model model = new Model(conntrack, (int) a.address().lo());
    r.stack()
        .ip()
        .addHook(
            HookPoint.POSTROUTING,
            HookPriority.LAST,
            Hook.of((point, packet) -> model.follow(packet)));

    StreamBytes up = new StreamBytes(random.nextLong());
    StreamBytes down = new StreamBytes(random.nextLong());
    SimPeer server = new SimPeer(Habits.draw(random, true), random.split(), down, up);
    SimPeer client = new SimPeer(Habits.draw(random, false), random.split(), up, down);
    TcpOptions serverOptions = Habits.drawOptions(random);
    b.stack().listen(b.endpoint(80), serverOptions, connection -> server);
    a.stack().connect(null, b.endpoint(80), Habits.drawOptions(random), client);
    assertTrue(net.runUntil(() -> client.isOver() && server.isOver(), LIMIT), "not finished");
    client.checkComplete(server);
    server.checkComplete(client);
    net.runUntil(
        () -> a.stack().connections().isEmpty() && b.stack().connections().isEmpty(), LIMIT);

    Map<String, Long> drops = new LinkedHashMap<>(r.stack().counters().get("drops"));
    drops.keySet().removeIf(name -> !name.startsWith("conntrack"));
    for (String ofDamage : List.of("conntrack-bad-checksum", "conntrack-malformed")) {
      Long count = drops.remove(ofDamage);
      damaged += count == null ? 0 : count;
    }
    assertEquals(Map.of(), drops);
    net.runUntilIdle(Duration.ofHours(3));
    assertEquals(0, conntrack.size(), "flows at the end");
  }

  private static FaultProfile draw(SplittableRandom random) {
    return FaultProfile.NONE
        .withLoss(chance(random, 0.1))
        .withDuplication(chance(random, 0.05))
        .withCorruption(chance(random, 0.02))
        .withReordering(chance(random, 0.1), random.nextLong(30_000_000))
        .withDelay(random.nextLong(30_000_000), random.nextLong(5_000_000));
  }

  private static double chance(SplittableRandom random, double most) {
    return random.nextInt(3) == 0 ? 0 : random.nextDouble() * most;
  }

  /** A naive model: what has been seen so far of SYNs, FINs and ACKs decides the state. */
  private static final class Model {
    private final Conntrack conntrack;
    private final int client;
    private final boolean[] hasSyn = new boolean[2];
    private final boolean[] isSynAcked = new boolean[2];
    private final int[] end = new int[2];
    private boolean isReset;
    private final Integer[] finEnd = new Integer[2];
    private final boolean[] isFinAcked = new boolean[2];

    Model(Conntrack conntrack, int client) {
      this.conntrack = conntrack;
      this.client = client;
    }

    Verdict follow(Packet packet) {
      if (packet.protocol() == 6 && packet.flow() != null) {
        segment(packet);
        FlowInfo info = conntrack.snapshot(1).get(0);
        assertEquals(state(), info.state());
        STATES.merge(info.state(), 1, Integer::sum);
      }
      return Verdict.ACCEPT;
    }

    private void segment(Packet packet) {
      ByteBuf buf = packet.buf();
      int at = packet.transport();
      int flags = TcpHeader.flags(buf, at);
      int own = (int) packet.sourceLo() == client ? 0 : 1;
      int peer = 1 - own;
      int seq = TcpHeader.seq(buf, at);
      if ((flags & TcpHeader.RST) != 0) {
        isReset |= seq == end[own];
        return;
      }
      int behind = seq + packet.end() - at - TcpHeader.dataOffset(buf, at);
      behind += (flags & (TcpHeader.SYN | TcpHeader.FIN)) != 0 ? 1 : 0;
      if (!hasSyn[own] || behind - end[own] > 0) {
        end[own] = behind;
      }
      hasSyn[own] |= (flags & TcpHeader.SYN) != 0;
      if ((flags & TcpHeader.FIN) != 0) {
        finEnd[own] = behind;
      }
      if ((flags & TcpHeader.ACK) != 0) {
        isSynAcked[peer] |= hasSyn[peer];
        isFinAcked[peer] |= finEnd[peer] != null && TcpHeader.ack(buf, at) - finEnd[peer] >= 0;
      }
    }

    private String state() {
      if (isReset) {
        return "RESET"; // a FIN came again to a host that had closed
      }
      if (!hasSyn[1]) {
        return "SYN_SENT";
      }
      if (!isSynAcked[0] || !isSynAcked[1]) {
        return "SYN_RECEIVED";
      }
      if (finEnd[0] == null && finEnd[1] == null) {
        return "ESTABLISHED";
      }
      if (finEnd[0] == null || finEnd[1] == null) {
        return "HALF_CLOSED";
      }
      return isFinAcked[0] && isFinAcked[1] ? "TIME_WAIT" : "CLOSING";
    }
  }

  /** A simulation in which nothing happens proves nothing. */
  @AfterAll
  static void everythingHasHappened() {
    if (Seeds.isOne()) {
      return;
    }
    assertEquals(7, STATES.size(), STATES::toString);
    assertTrue(damaged > 0, "nothing was damaged");
  }
}
