package dev.tapstack.conntrack;

import static dev.tapstack.conntrack.TrackingRouter.CLIENT;
import static dev.tapstack.conntrack.TrackingRouter.SERVER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.testkit.LoopHarness;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What passes of a TCP connection through a router, and what the router makes of it. Numbers are
 * relative to each side's first; the clients' and the server's wrap round in the middle of tests.
 */
class TcpTrackerTest {
  private static final String PASS = "sent";
  private static final String OUT_OF_WINDOW = "conntrack-out-of-window";
  private static final String BAD_RESET = "conntrack-bad-reset";
  private static final long ESTABLISHED = 7440;
  private static final long TRANSITORY = 240;
  private static final int[] SCALE_7 = {1, 3, 3, 7};

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private TrackingRouter router;
  private int clientIss = -1000;
  private int serverIss = 0x7fff_ff00;
  private int clientWindow = 10_000;
  private int serverWindow = 20_000;

  private String client(String flags, int seq, int ack, int length, int... options) {
    return router.receive(
        TrackingRouter.segment(
            CLIENT,
            4000,
            SERVER,
            80,
            flags,
            clientIss + seq,
            flags.indexOf('.') >= 0 ? serverIss + ack : 0,
            clientWindow,
            length,
            options));
  }

  private String server(String flags, int seq, int ack, int length, int... options) {
    return router.receive(
        TrackingRouter.segment(
            SERVER,
            80,
            CLIENT,
            4000,
            flags,
            serverIss + seq,
            flags.indexOf('.') >= 0 ? clientIss + ack : 0,
            serverWindow,
            length,
            options));
  }

  private String state() {
    return TcpTracker.state(router.only());
  }

  private void open(int... options) {
    router = new TrackingRouter(harness);
    assertEquals(PASS, client("S", 0, 0, 0, options));
    assertEquals("SYN_SENT", state());
    assertEquals(TRANSITORY, router.remainingSeconds());
    assertEquals(PASS, server("S.", 0, 1, 0, options));
    assertEquals("SYN_RECEIVED", state());
    assertEquals(TRANSITORY, router.remainingSeconds());
    assertEquals(PASS, client(".", 1, 1, 0));
    assertEquals("ESTABLISHED", state());
    assertEquals(ESTABLISHED, router.remainingSeconds());
  }

  /** RFC 5382 REQ-5, RFC 7857 2, RFC 7857 2.1: a session and its timeouts. */
  @Test
  void aConnectionOpensMovesDataAndCloses() {
    open();
    assertEquals(PASS, client("P.", 1, 1, 500));
    assertEquals(PASS, server(".", 1, 501, 1400));
    assertEquals(PASS, server("F.", 1401, 501, 0));
    assertEquals("HALF_CLOSED", state());
    assertEquals(ESTABLISHED, router.remainingSeconds(), "half-closed is open");
    assertEquals(PASS, client(".", 501, 1402, 1000));
    assertEquals(PASS, server(".", 1402, 1501, 0));
    assertEquals(PASS, client("F.", 1501, 1402, 0));
    assertEquals("CLOSING", state());
    assertEquals(TRANSITORY, router.remainingSeconds());
    assertEquals(PASS, server(".", 1402, 1502, 0));
    assertEquals("TIME_WAIT", state());
    assertEquals(PASS, client("F.", 1501, 1402, 0), "the FIN again");
    assertEquals(TRANSITORY, router.remainingSeconds());
  }

  /** RFC 5382 REQ-2. */
  @Test
  void aSimultaneousOpenWorks() {
    router = new TrackingRouter(harness);
    assertEquals(PASS, client("S", 0, 0, 0, SCALE_7));
    assertEquals(PASS, server("S", 0, 0, 0, SCALE_7));
    assertEquals(PASS, server("S", 0, 0, 0, SCALE_7));
    assertEquals(PASS, client("S.", 0, 1, 0, SCALE_7));
    assertEquals(PASS, server("S.", 0, 1, 0, SCALE_7));
    assertEquals("ESTABLISHED", state());
    assertEquals(ESTABLISHED, router.remainingSeconds());
    assertEquals(PASS, server(".", 1, 1, 1000));
    assertEquals(PASS, client(".", 1, 1001, 1000));
  }

  @Test
  void aSynAckMustAcknowledgeTheSyn() {
    router = new TrackingRouter(harness);
    client("S", 0, 0, 0);
    assertEquals(OUT_OF_WINDOW, server("S.", 0, 0, 0));
    assertEquals(OUT_OF_WINDOW, server("S.", 0, 2, 0));
    assertEquals("SYN_SENT", state());
    assertEquals(PASS, server("S.", 0, 1, 0));
    assertEquals(PASS, server("S.", 0, 1, 0), "again");
  }

  @Test
  void aSynWithDataIsAnsweredWithAnAckOfItOrOfTheSynAlone() {
    for (int ack : new int[] {1, 50, 101}) {
      router = new TrackingRouter(harness);
      assertEquals(PASS, client("S", 0, 0, 100));
      assertEquals(OUT_OF_WINDOW, server("S.", 0, 102, 0));
      assertEquals(PASS, server("S.", 0, ack, 0));
      assertEquals(PASS, client(".", ack, 1, 200));
    }
  }

  @Test
  void dataBehindTheSynAckIsNotForgottenWhenItComesAgain() {
    router = new TrackingRouter(harness);
    client("S", 0, 0, 0);
    assertEquals(PASS, server("S.", 0, 1, 0));
    assertEquals(PASS, server("P.", 1, 1, 300), "the SYN has offered a window");
    assertEquals(PASS, server("S.", 0, 1, 0));
    assertEquals(PASS, client(".", 1, 301, 0));
  }

  // Windows.

  @ParameterizedTest
  @CsvSource({
    // seq, ack, length; the server has offered up to 20001
    "1, 1, 0, sent",
    "1, 1, 1400, sent",
    "20000, 1, 1400, sent",
    "20001, 1, 1, sent", // a probe
    "20002, 1, 1, conntrack-out-of-window",
    "1000000, 1, 1, conntrack-out-of-window",
    "0, 1, 0, sent", // a keep-alive
    "0, 1, 1, sent",
    "-19999, 1, 0, sent",
    "-20000, 1, 0, conntrack-out-of-window",
    "-20001, 1, 2, sent",
    "1, 2, 0, conntrack-out-of-window", // what the server has not sent
    "1, -65999, 0, sent",
    "1, -66000, 0, conntrack-out-of-window",
    "1, 1000000, 0, conntrack-out-of-window"
  })
  void aSegmentPassesIfItsReceiverCouldTakeIt(int seq, int ack, int length, String outcome) {
    open();
    assertEquals(outcome, client(".", seq, ack, length));
    assertEquals(outcome.equals(PASS) ? 0 : 1, invalid());
  }

  private long invalid() {
    return router.conntrack.counters().value(ConntrackCounter.INVALID);
  }

  @Test
  void aZeroWindowIsProbedAndOpensAgain() {
    open();
    assertEquals(PASS, client(".", 1, 1, 20_000));
    serverWindow = 0;
    assertEquals(PASS, server(".", 1, 20_001, 0));
    for (int i = 0; i < 3; i++) {
      assertEquals(PASS, client(".", 20_001, 1, 1));
      assertEquals(PASS, server(".", 1, 20_001, 0));
    }
    serverWindow = 20_000;
    assertEquals(PASS, server(".", 1, 20_002, 0), "it took the byte");
    assertEquals(PASS, client(".", 20_002, 1, 1000));
  }

  /** RFC 7323 2.2, 2.3. */
  @Test
  void windowsAreScaledWhenBothSynsSaySo() {
    open(SCALE_7);
    assertEquals(PASS, server(".", 1, 1, 0));
    assertEquals(PASS, client(".", 1 + (20_000 << 7), 1, 1));
    assertEquals(OUT_OF_WINDOW, client(".", 2 + (20_000 << 7), 1, 1));
  }

  @Test
  void noWindowIsScaledWhenOneSynSaysNothing() {
    router = new TrackingRouter(harness);
    client("S", 0, 0, 0, SCALE_7);
    server("S.", 0, 1, 0);
    client(".", 1, 1, 0);
    assertEquals(PASS, server(".", 1, 1, 0));
    assertEquals(OUT_OF_WINDOW, client(".", 20_002, 1, 1));
    assertEquals(OUT_OF_WINDOW, server(".", 10_002, 1, 1));
  }

  // RST.

  /** RFC 7857 2.2: it is translated, and the flow lives for four minutes more. */
  @Test
  void aRstWithTheNextNumberMovesTheFlowToTheTransitoryTimer() {
    open();
    server(".", 1, 1, 700);
    assertEquals(PASS, server("R", 701, 0, 0));
    assertEquals("RESET", state());
    assertEquals(TRANSITORY, router.remainingSeconds());
    assertEquals(PASS, client(".", 1, 701, 0), "it may have been lost behind us");
    assertEquals("RESET", state());
    assertEquals(TRANSITORY, router.remainingSeconds());
  }

  @Test
  void aRstMerelyInTheWindowLowersTheTimerUntilTrafficFollows() {
    open();
    server(".", 1, 1, 700);
    for (int seq : new int[] {1, 500, 702, 10_001}) {
      assertEquals(PASS, server("R", seq, 0, 0));
      assertEquals("ESTABLISHED", state());
      assertEquals(TRANSITORY, router.remainingSeconds());
      assertEquals(PASS, client(".", 1, 701, 0), "a challenge, or data");
      assertEquals(ESTABLISHED, router.remainingSeconds());
    }
    server("R", 500, 0, 0);
    router.runFor(241, TimeUnit.SECONDS);
    assertEquals("conntrack-no-flow", server(".", 701, 1, 0));
  }

  @ParameterizedTest
  @ValueSource(ints = {10_002, 1_000_000, -20_001, Integer.MIN_VALUE})
  void anyOtherRstIsDropped(int seq) {
    open();
    assertEquals(BAD_RESET, server("R", seq, 0, 0));
    assertEquals(ESTABLISHED, router.remainingSeconds());
    assertEquals("ESTABLISHED", state());
  }

  /** RFC 7857 7.1: one more RST, from either side, is no reason to keep the flow. */
  @Test
  void furtherRstsDoNotRefreshAFlow() {
    open();
    for (int seq : new int[] {500, 1}) { // in the window, and exact
      assertEquals(PASS, client("R", seq, 0, 0));
      assertEquals(TRANSITORY, router.remainingSeconds());
      router.runFor(100, TimeUnit.SECONDS);
      assertEquals(PASS, client("R", seq, 0, 0));
      assertEquals(TRANSITORY - 100, router.remainingSeconds());
    }
    assertEquals("RESET", state());
    assertEquals(PASS, server("R", 1, 0, 0));
    assertEquals(TRANSITORY - 100, router.remainingSeconds());
  }

  /** RFC 9293 3.10.7.3. */
  @Test
  void aRefusalOfASynMustAcknowledgeIt() {
    router = new TrackingRouter(harness);
    client("S", 0, 0, 0);
    assertEquals(BAD_RESET, server("R", 0, 0, 0));
    assertEquals(BAD_RESET, server("R.", 0, 2, 0));
    assertEquals("SYN_SENT", state());
    assertEquals(PASS, server("R.", 0, 1, 0));
    assertEquals("RESET", state());
  }

  // Once more.

  @Test
  void aNewSynFromTheOriginatorBeginsAResetFlowAfreshWithTheSameReplyTuple() {
    open();
    server("R", 1, 0, 0);
    assertStartsAfresh();
  }

  @Test
  void aNewSynFromTheOriginatorBeginsAClosingFlowAfresh() {
    open();
    server("F.", 1, 1, 0);
    client("F.", 1, 2, 0);
    assertStartsAfresh();
  }

  private void assertStartsAfresh() {
    Tracked flow = router.only();
    flow.mapping("kept");
    clientIss += 1_000_000;
    serverIss -= 1_000_000;
    assertEquals(OUT_OF_WINDOW, server("S", 0, 0, 0), "not from the other side");
    assertEquals(PASS, client("S", 0, 0, 0));
    assertSame(flow, router.only());
    assertEquals("kept", flow.mapping());
    assertTrue(!flow.isReplied());
    assertEquals("SYN_SENT", state());
    assertEquals(PASS, server("S.", 0, 1, 0));
    assertEquals(PASS, client(".", 1, 1, 10));
    assertEquals("ESTABLISHED", state());
    assertEquals(ESTABLISHED, router.remainingSeconds());
    assertEquals(1, router.conntrack.counters().value(ConntrackCounter.RESTARTED));
  }

  /** RFC 5961 4: the host was started again, the other end does not know yet. */
  @Test
  void aSynOfAnOpenConnectionPassesWithoutAChangeAndIsChallenged() {
    open();
    server(".", 1, 1, 700);
    router.runFor(10, TimeUnit.SECONDS);
    clientIss += 5_000_000;
    assertEquals(PASS, client("S", 0, 0, 0));
    assertEquals("ESTABLISHED", state());
    assertEquals(ESTABLISHED - 10, router.remainingSeconds());
    clientIss -= 5_000_000;
    assertEquals(PASS, server(".", 701, 1, 0));
    assertEquals(PASS, client("R", 1, 0, 0));
    assertEquals("RESET", state());
    clientIss += 5_000_000;
    assertEquals(PASS, client("S", 0, 0, 0));
    assertEquals("SYN_SENT", state());
  }

  /**
   * RFC 5382 REQ-2: a port is used again, and neither end but this router knows the connection any
   * more, so that nobody challenges the SYN.
   */
  @Test
  void aSynOfAnOpenConnectionThatIsAnsweredBeginsItAnew() {
    open();
    server(".", 1, 1, 700);
    Tracked flow = router.only();
    clientIss += 5_000_000;
    assertEquals(PASS, client("S", 0, 0, 0, SCALE_7));
    serverIss += 90_000_000;
    assertEquals(OUT_OF_WINDOW, server("S.", 0, 2, 0, SCALE_7), "an ACK of something else");
    assertEquals("ESTABLISHED", state());
    assertEquals(PASS, server("S.", 0, 1, 0, SCALE_7));
    assertSame(flow, router.only());
    assertEquals("SYN_RECEIVED", state());
    assertEquals(TRANSITORY, router.remainingSeconds());
    assertEquals(PASS, client(".", 1, 1, 10));
    assertEquals("ESTABLISHED", state());
    assertEquals(PASS, server(".", 1, 11, 0));
    assertEquals(PASS, client(".", 11 + (20_000 << 7), 1, 1), "scaled");
    assertEquals(OUT_OF_WINDOW, client(".", 12 + (20_000 << 7), 1, 1));
    assertEquals(1, router.conntrack.counters().value(ConntrackCounter.RESTARTED));
    serverIss -= 90_000_000;
    assertEquals(OUT_OF_WINDOW, server(".", 701, 1, 0), "of the old connection");
  }

  /** The same, when nobody listens there any more. */
  @Test
  void aSynOfAnOpenConnectionMayBeRefused() {
    open();
    clientIss += 5_000_000;
    assertEquals(PASS, client("S", 0, 0, 0));
    assertEquals(BAD_RESET, server("R.", 1_000_000, 2, 0));
    assertEquals(PASS, server("R.", 1_000_000, 1, 0));
    assertEquals("RESET", state());
    assertEquals(TRANSITORY, router.remainingSeconds());
  }

  /** An old SYN that comes late must not let anybody begin the connection anew. */
  @Test
  void aSynOfAnOpenConnectionIsForgottenWhenThatGoesOn() {
    open();
    clientIss += 5_000_000;
    assertEquals(PASS, client("S", 0, 0, 0));
    clientIss -= 5_000_000;
    assertEquals(PASS, client(".", 1, 1, 100));
    clientIss += 5_000_000;
    serverIss += 90_000_000;
    assertEquals(OUT_OF_WINDOW, server("S.", 0, 1, 0));
    assertEquals("ESTABLISHED", state());
  }

  /** The same, when only the other end remembers the connection. */
  @Test
  void aSynToAHalfOpenConnectionIsChallengedAndTheChallengeAnswered() {
    router = new TrackingRouter(harness);
    client("S", 0, 0, 0);
    assertEquals(PASS, server(".", 77_777, 66_666, 0));
    assertEquals(PASS, client("R", 66_666, 0, 0));
    assertEquals("SYN_SENT", state());
    assertEquals(PASS, client("S", 0, 0, 0));
    assertEquals(PASS, server("S.", 0, 1, 0));
  }

  @Test
  void refusedSegmentsChangeNothing() {
    open();
    router.runFor(10, TimeUnit.SECONDS);
    Tracked flow = router.only();
    long packets = flow.packets(Side.REPLY);
    server(".", 1_000_000, 1, 100);
    server("F.", 1, 2, 0);
    assertEquals("ESTABLISHED", state());
    assertEquals(ESTABLISHED - 10, router.remainingSeconds());
    assertEquals(packets, flow.packets(Side.REPLY));
    assertEquals(OUT_OF_WINDOW, client(".", 1, 2, 0), "an ACK of what was refused");
  }
}
