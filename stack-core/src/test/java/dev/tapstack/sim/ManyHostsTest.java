package dev.tapstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.device.FaultProfile;
import dev.tapstack.socket.TcpOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A hundred hosts on one segment, in one loop, fetch from one server at once. */
class ManyHostsTest {
  private static final int CLIENTS = 100;
  private static final int ASKED = 100;
  private static final int FETCHED = 50_000;

  private static Habits sends(long bytes) {
    return new Habits(bytes, 8192, false, Integer.MAX_VALUE, 1, false);
  }

  @Test
  void aHundredHostsFetchFromOne() {
    FaultProfile lossy = FaultProfile.NONE.withLoss(0.01).withDelay(1_000_000, 1_000_000);
    FaultProfile narrow = FaultProfile.NONE.withRate(100_000_000, 200_000);
    try (SimNet net = SimNet.seeded(1)) {
      SimLink lan = net.lan();
      SimHost server = net.host("server", "10.0.0.1/16");
      lan.join(server);
      SplittableRandom random = new SplittableRandom(1);
      StreamBytes question = new StreamBytes(0);
      StreamBytes answer = new StreamBytes(1_000_000);
      List<SimPeer> answering = new ArrayList<>();
      server
          .stack()
          .listen(
              server.endpoint(80),
              TcpOptions.DEFAULTS,
              connection -> {
                SimPeer peer = new SimPeer(sends(FETCHED), random.split(), answer, question);
                answering.add(peer);
                return peer;
              });
      List<SimPeer> asking = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        SimHost host = net.host("client" + i, "10.0.1." + (i + 1) + "/16");
        lan.join(host);
        SimPeer peer = new SimPeer(sends(ASKED), random.split(), question, answer);
        asking.add(peer);
        host.stack().connect(null, server.endpoint(80), TcpOptions.DEFAULTS, peer);
      }
      lan.faults(lossy).faultsFrom(server, narrow);

      assertTrue(
          net.runUntil(() -> asking.stream().allMatch(SimPeer::isOver), Duration.ofMinutes(5)),
          "not finished");
      net.runUntilIdle(Duration.ofMinutes(10));

      assertEquals(CLIENTS, answering.size());
      for (int i = 0; i < CLIENTS; i++) {
        // Which of the server's ends belongs to which client does not matter: they send the same.
        asking.get(i).checkComplete(answering.get(0));
        answering.get(i).checkComplete(asking.get(0));
      }
    }
  }
}
