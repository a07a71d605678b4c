package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.ip.IcmpError;
import org.junit.jupiter.api.Test;

/** What of path MTU discovery one connection alone does not show; the rest are scripts. */
class PathMtuTest {
  private static final int OTHER_PORT = 50_001;

  @Test
  void theNextConnectionKnowsThePathAndOffersTheLinksMss() {
    try (TcpHost host = new TcpHost(0, 0)) {
      host.establish();
      host.write(1460, 1460);
      host.expect("P. 1:1461(1460) ack 1");
      Icmp.arrives(host, IcmpError.TOO_BIG, 1, 1040);
      host.expect(". 1:1001(1000) ack 1");
      host.expect("P. 1001:1461(460) ack 1");
      host.in(OTHER_PORT, "S 0:0(0) win 65535 <mss 1460>");
      host.expect(OTHER_PORT, "S. 0:0(0) ack 1 <mss 1460>");
      host.in(OTHER_PORT, ". 1:1(0) ack 1 win 65535");
      host.expectNothing();
      assertEquals(1000, host.app.connection().info().effSndMss());
    }
  }
}
