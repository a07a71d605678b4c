package dev.tapstack.it.example;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.device.FaultProfile;
import dev.tapstack.sim.SimHost;
import dev.tapstack.sim.SimNet;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpOptions;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The README's test in virtual time: {@code ReadmeTest} compares it with the text there. */
class LossyNetworkTest {
  private int received;

  @Test
  void everyByteArrivesThoughOneFrameInTenIsLost() {
    try (SimNet net = SimNet.seeded(42)) {
      SimHost client = net.host("client", "10.0.0.1/24");
      SimHost server = net.host("server", "10.0.0.2/24");
      net.link(client, server, FaultProfile.NONE.withLoss(0.1).withDelay(20_000_000, 0));

      TcpHandler counts =
          connection -> {
            received += connection.readableBytes();
            connection.skip(connection.readableBytes());
          };
      server.stack().listen(server.endpoint(80), TcpOptions.DEFAULTS, accepted -> counts);
      TcpConnection connection =
          client.stack().connect(null, server.endpoint(80), TcpOptions.DEFAULTS, counts);
      connection.write(Unpooled.buffer(1_000_000).writeZero(1_000_000));

      assertTrue(net.runUntil(() -> received == 1_000_000, Duration.ofMinutes(5)));
      assertTrue(connection.info().segmentsRetransmitted() > 0);
    }
  }
}
