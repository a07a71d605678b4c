package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.socket.TcpOptions;
import dev.tapstack.testkit.TcpSegment;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a peer can make a connection hold: as much as the window, in whatever pieces. */
class ReceiveWindowTest {
  private static final int MSS = 1460;

  private final TcpHost host = new TcpHost(TcpHost.ISNS[0], TcpHost.ISNS[2]);

  private void establishScaled() {
    host.listen();
    host.in("S 0:0(0) <mss 1460,nop,wscale 7>");
    host.in(". 1:1(0) ack 1");
    host.takeAll();
  }

  @Test
  void severalMegabytesAreTakenAndNoMore() {
    establishScaled();
    host.mayWaver = true;
    int buffer = TcpOptions.DEFAULTS.receiveBufferBytes();
    int seq = 1;
    int window = 65_535; // of the SYN-ACK: not scaled
    while (window > 0) {
      int length = Math.min(MSS, window);
      host.in(". %d:%d(%d) ack 1".formatted(seq, seq + length, length));
      seq += length;
      List<TcpSegment> acks = host.takeAll();
      if (acks.isEmpty()) {
        host.runFor(50 * TcpHost.MILLI);
        acks = host.takeAll();
      }
      TcpSegment last = acks.get(acks.size() - 1);
      assertEquals(seq, last.ack());
      window = last.window() << 7;
    }
    assertTrue(seq - 1 >= buffer && seq - 1 <= buffer + (1 << 14), seq + " bytes were taken");
    assertEquals(seq - 1, host.app.connection().readableBytes());
    assertTrue(host.tcp.memoryBytes() <= buffer + (2 << 14), "memory " + host.tcp.memoryBytes());

    // A window that was offered in finer units before is honoured (RFC 7323 2.4), then no more.
    for (int i = 0; i < 3; i++) {
      host.in(". %d:%d(200) ack 1".formatted(seq, seq + 200));
      host.runFor(50 * TcpHost.MILLI);
      List<TcpSegment> acks = host.takeAll();
      seq = acks.get(acks.size() - 1).ack();
      assertEquals(0, acks.get(acks.size() - 1).window());
      assertTrue(seq - 1 <= buffer + (1 << 14), seq + " bytes were taken");
    }
    host.read(seq - 1);
    host.expect(". 1:1(0) ack %d win %d".formatted(seq, buffer >> 7));
    assertEquals(0, host.tcp.memoryBytes());
    host.close();
  }

  @Test
  void oneByteSegmentsBeyondGapsAreBounded() {
    establishScaled();
    for (int i = 0; i < 400; i++) {
      int seq = 3 + 100 * i;
      host.in(". %d:%d(1) ack 1".formatted(seq, seq + 1));
      host.expect(". 1:1(0) ack 1");
    }
    assertEquals(SeqRanges.MAX_RANGES, host.app.connection().info().outOfOrderBytes());
    assertEquals(400L - SeqRanges.MAX_RANGES, host.host.drops().get("tcp-receive-memory"));
    assertTrue(host.tcp.memoryBytes() <= (400 * 100 / 16_384 + 1) * 16_384);

    // What was refused is asked for again, as if it had been lost.
    host.in(". 1:1001(1000) ack 1");
    host.expect(". 1:1(0) ack 1001");
    host.close();
  }
}
