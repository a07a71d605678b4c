package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.testkit.IpHost;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What handlers may do, and when they are called: the contract of {@link TcpHandler}. */
class HandlerTest {
  private final TcpHost host = new TcpHost(TcpHost.ISNS[1], TcpHost.ISNS[2]);
  private final TcpApp app = host.app;

  @AfterEach
  void close() {
    host.close();
  }

  /** Uses up the first segments, whose ACKs are not delayed; returns the next sequence number. */
  private int leaveQuickAcks() {
    for (int seq = 1; seq < 17; seq++) {
      host.in(". %d:%d(1) ack 1".formatted(seq, seq + 1));
    }
    host.takeAll();
    return 17;
  }

  @Test
  void nothingIsSentForAConnectionThatOnWritableHasAborted() {
    host.options = TcpOptions.DEFAULTS.withSendBufferBytes(1000);
    app.readsAtOnce = true;
    host.establish();
    leaveQuickAcks();
    host.write(2000, 1000);
    host.expect("P. 1:1001(1000) ack 17");
    app.onWritable = () -> app.connection().abort();
    host.in("P. 17:27(10) ack 1001"); // its ACK would be delayed
    host.expect("R. 1001:1001(0) ack 27");
    host.runFor(TcpHost.SECOND);
    host.expectNothing();
    assertEquals(CloseReason.ABORTED, app.closed);
  }

  @Test
  void onClosedWaitsUntilAllIsRead() {
    host.establish();
    host.in("FP. 1:11(10) ack 1");
    host.expect(". 1:1(0) ack 12");
    host.inLoop(() -> app.connection().shutdownOutput());
    host.expect("F. 1:1(0) ack 12");
    host.in(". 12:12(0) ack 2");
    assertEquals("CLOSED", host.state());
    assertNull(app.closed);
    host.read(4);
    assertNull(app.closed);
    host.read(6);
    assertEquals(CloseReason.NORMAL, app.closed);
  }

  @Test
  void aStackThatClosesTellsThoseThatHaveNotRead() {
    host.establish();
    host.in("FP. 1:11(10) ack 1");
    host.inLoop(() -> app.connection().shutdownOutput());
    host.in(". 12:12(0) ack 2");
    assertEquals(List.of(), host.tcp.connections());
    host.tcp.close();
    assertEquals(CloseReason.STACK_CLOSED, app.closed);
    assertEquals(0, host.tcp.memoryBytes());
  }

  @Test
  void aReadAfterTheEndOfTimeWaitStillWorks() {
    host.establish();
    host.inLoop(() -> app.connection().shutdownOutput());
    host.in("FP. 1:11(10) ack 2");
    assertEquals("TIME_WAIT", host.state());
    host.runFor(61 * TcpHost.SECOND);
    assertEquals("CLOSED", host.state());
    assertNull(app.closed);
    host.read(10);
    assertEquals(CloseReason.NORMAL, app.closed);
  }

  @Test
  void aResetIsToldAtOnceAndDropsWhatWasNotRead() {
    host.establish();
    host.in("P. 1:11(10) ack 1");
    host.in("R 11:11(0)");
    assertEquals(CloseReason.RESET, app.closed);
    assertEquals(0, host.tcp.memoryBytes());
  }

  @Test
  void callsInTheOrderOfTheContract() {
    List<String> calls = new ArrayList<>();
    app.onConnected = () -> calls.add("connected");
    app.onReadable = () -> calls.add("readable " + app.connection().readableBytes());
    host.listen();
    host.in("S 0:0(0)");
    host.in("FP. 1:11(10) ack 1");
    assertEquals(List.of("connected", "readable 10"), calls);
    host.read(10);
    assertEquals(1, app.readable, "not called again for what was left");
  }

  @Test
  void whatOnReadableLeavesIsThereLater() {
    app.onReadable = () -> app.read(3);
    host.establish();
    host.in("P. 1:11(10) ack 1");
    assertEquals(7, app.connection().readableBytes());
    host.read(7);
    host.in("P. 11:21(10) ack 1");
    assertEquals(7, app.connection().readableBytes());
    assertEquals(2, app.readable);
    host.read(7);
  }

  @Test
  void aHandlerMayCloseInEveryCall() {
    app.onReadable =
        () -> {
          app.read(app.connection().readableBytes());
          app.connection().close();
        };
    host.establish();
    host.in("P. 1:11(10) ack 1");
    host.expect("F. 1:1(0) ack 11");
    host.expectNothing();
    assertEquals("FIN_WAIT_1", host.state());
  }

  @Test
  void aHandlerMayCloseLeavingBytesThatWereOnlyLent() {
    app.onReadable = () -> app.connection().close();
    host.establish();
    host.in("P. 1:11(10) ack 1");
    host.expect("R. 1:1(0) ack 11");
    host.expectNothing();
    assertEquals(CloseReason.ABORTED, app.closed);
  }

  @Test
  void aHandlerMayAbortInOnConnected() {
    app.onConnected = () -> app.connection().abort();
    host.listen();
    host.in("S 0:0(0)");
    host.in("P. 1:11(10) ack 1");
    host.expect("S. 0:0(0) ack 1 <mss 1460>");
    host.expect("R. 1:1(0) ack 1");
    host.expectNothing();
    assertEquals(CloseReason.ABORTED, app.closed);
  }

  @Test
  void aHandlerThatThrowsEndsItsConnectionAndNoOther() {
    app.onReadable =
        () -> {
          throw new IllegalStateException("thrown on purpose");
        };
    host.establish();
    host.in("P. 1:11(10) ack 1");
    host.expect("R. 1:1(0) ack 11");
    assertEquals(CloseReason.ABORTED, app.closed);
    assertEquals(1, host.count(TcpCounter.HANDLER_FAILURES));
    app.onReadable = () -> {};
    host.in(50_001, "S 0:0(0)");
    host.expect(50_001, "S. 0:0(0) ack 1 <...>");
  }

  @Test
  void anAnswerCarriesTheAck() {
    app.onReadable =
        () -> {
          app.read(app.connection().readableBytes());
          app.write(100);
        };
    host.establish();
    host.in("P. 1:11(10) ack 1");
    host.expect("P. 1:101(100) ack 11");
    host.expectNothing();
  }

  @Test
  void whatEndsIsEndedOnce() {
    host.establish();
    TcpConnection connection = app.connection();
    host.inLoop(() -> {
      connection.shutdownOutput();
      connection.shutdownOutput();
      connection.close();
      connection.close();
    });
    host.expect("F. 1:1(0) ack 1");
    host.expectNothing();
    host.inLoop(() -> {
      connection.abort();
      connection.abort();
    });
    host.expect("R. 2:2(0) ack 1");
    host.expectNothing();
    assertEquals(CloseReason.ABORTED, app.closed);
  }

  /** DESIGN 4.3: calls from inside a handler change state, sending comes at the end of the turn. */
  @Test
  void connectingInsideAHandlerSendsAtTheEndOfTheTurn() {
    Endpoint elsewhere = new Endpoint(Ipv4Address.parse(IpHost.PEER), 7000);
    TcpApp other = new TcpApp();
    host.establish();
    app.onReadable =
        () -> {
          host.tcp.connect(null, elsewhere, TcpOptions.DEFAULTS, new TcpApp()).abort();
          host.tcp.connect(null, elsewhere, TcpOptions.DEFAULTS, other);
        };
    host.inOneTurn(". 1:11(10) ack 1", ". 100:110(10) ack 1");
    host.expect(". 1:1(0) ack 11"); // of the second segment, at once
    assertEquals(7000, host.poll().peerPort());
    host.expectNothing();
    assertEquals(2, host.tcp.openConnections());
  }

  @Test
  void writingAfterTheEndIsRefused() {
    host.establish();
    host.inLoop(() -> app.connection().shutdownOutput());
    IllegalStateException refused =
        assertThrows(IllegalStateException.class, () -> host.inLoop(() -> app.write(1)));
    assertEquals(true, refused.getMessage().contains("after close or shutdownOutput"));
    assertThrows(IllegalStateException.class, () -> host.inLoop(() -> app.send(1)));
    assertEquals(0, app.connection().writableBytes());
  }

  @Test
  void writingAfterAResetTakesNothing() {
    host.establish();
    host.in("R 1:1(0)");
    host.inLoop(() -> {
      assertEquals(0, app.write(10));
      assertEquals(false, app.send(10));
    });
    assertThrows(IllegalArgumentException.class, () -> host.inLoop(() -> app.connection().skip(1)));
  }
}
