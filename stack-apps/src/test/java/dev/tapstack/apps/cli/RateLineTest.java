package dev.tapstack.apps.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.sim.SimHost;
import dev.tapstack.sim.SimNet;
import dev.tapstack.socket.UdpSocket;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code --stats}: each line has the rates of its own time. */
class RateLineTest {
  private static final Endpoint NOBODY = Endpoint.parse("10.0.0.2:9");

  private final List<String> lines = new ArrayList<>();
  private long requests = 100;

  @Test
  void eachLineIsOfItsOwnTime() {
    try (SimNet net = SimNet.seeded(1)) {
      SimHost a = net.host("a", "10.0.0.1/24");
      SimHost b = net.host("b", "10.0.0.2/24");
      net.link(a, b);
      UdpSocket sender = a.stack().bindUdp(Endpoint.parse("10.0.0.1:5000"), socket -> {});
      // The neighbour is found, and both hosts have announced themselves, before the first line.
      sender.send(NOBODY, Unpooled.buffer(10).writeZero(10));
      net.runFor(Duration.ofSeconds(10));

      new RateLine(b.stack(), () -> requests, 2, lines::add);
      requests += 4;
      for (int i = 0; i < 6; i++) {
        sender.send(NOBODY, Unpooled.buffer(58).writeZero(58));
      }
      net.runFor(Duration.ofMillis(4500));
    }
    // 6 frames of 14 + 20 + 8 + 58 = 100 bytes in 2 s are 2400 bit/s. Answered with ICMP errors of
    // 14 + 20 + 8 + the quoted 86 = 128 bytes: 3072 bit/s. Each datagram is one drop.
    assertEquals(
        List.of(
            "stats: in 0.002 Mbit/s 3 frames/s, out 0.003 Mbit/s 3 frames/s, 0 open,"
                + " 2 requests/s, 0 retransmitted/s, 3 dropped/s",
            "stats: in 0.000 Mbit/s 0 frames/s, out 0.000 Mbit/s 0 frames/s, 0 open,"
                + " 0 requests/s, 0 retransmitted/s, 0 dropped/s"),
        lines);
  }
}
