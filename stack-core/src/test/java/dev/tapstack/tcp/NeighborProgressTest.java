package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.testkit.IpHost;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * TCP tells the link of forward progress, which proves that the neighbour is there (RFC 4861
 * 7.3.1): what acknowledges something new does, but not more than once in a second.
 */
class NeighborProgressTest {
  private final TcpHost host = new TcpHost(0, 0);

  @AfterEach
  void close() {
    host.close();
  }

  private void confirmed(int times) {
    assertEquals(times, host.host.confirmed().size());
    assertEquals(times == 0 ? List.of() : List.of(IpHost.PEER), distinct());
  }

  private List<String> distinct() {
    return host.host.confirmed().stream().distinct().toList();
  }

  @Test
  void aHandshakeIsProgressAndASynIsNot() {
    host.listen();
    host.in("S 0:0(0) win 65535 <mss 1460>");
    confirmed(0);
    host.in(". 1:1(0) ack 1 win 65535");
    confirmed(1);
  }

  @Test
  void newAcknowledgmentsAreProgressOnceInASecond() {
    host.establish();
    host.write(1000, 1000);
    host.takeAll();
    host.in(". 1:1(0) ack 501 win 65535");
    confirmed(1); // that of the handshake, just before
    host.runFor(TcpHost.SECOND - TcpHost.MILLI);
    host.takeAll();
    host.in(". 1:1(0) ack 601 win 65535");
    confirmed(1);
    host.runFor(TcpHost.MILLI);
    host.in(". 1:1(0) ack 701 win 65535");
    confirmed(2);
    host.in(". 1:1(0) ack 801 win 65535");
    confirmed(2);
    host.takeAll();
  }

  /** A peer that sends, but whose answers acknowledge nothing, may not hear us. */
  @Test
  void whatAcknowledgesNothingNewIsNoProgress() {
    host.establish();
    host.runFor(10 * TcpHost.SECOND);
    host.in("P. 1:11(10) ack 1 win 65535");
    host.in(". 11:11(0) ack 1 win 65535");
    host.runFor(TcpHost.SECOND);
    host.takeAll();
    confirmed(1);
  }
}
