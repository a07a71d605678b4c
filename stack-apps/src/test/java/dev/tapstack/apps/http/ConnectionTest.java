package dev.tapstack.apps.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.apps.fake.FakeConnection;
import dev.tapstack.apps.fake.FakeContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Persistence, pipelining, half closes and ends of connections: RFC 9112 9. */
class ConnectionTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  private final HttpFixture fixture = new HttpFixture();

  @ParameterizedTest
  @CsvSource({
    "1.1, '', '', true",
    "1.1, keep-alive, '', true",
    "1.1, close, close, false",
    "1.1, Close, close, false",
    "1.1, 'x, close ,y', close, false",
    "1.1, 'keep-alive, close', close, false",
    "1.1, closed, '', true",
    "1.0, '', close, false",
    "1.0, keep-alive, keep-alive, true",
    "1.0, 'x,Keep-Alive', keep-alive, true",
    "1.0, close, close, false",
  })
  void persistenceIsAsTheClientAsks(String version, String asked, String told, boolean kept) {
    String line = asked.isEmpty() ? "" : "Connection: " + asked + "\r\n";
    FakeConnection client = fixture.client();
    client.send("GET / HTTP/" + version + "\r\nHost: a\r\n" + line + "\r\n");
    HttpFixture.Answer answer = HttpFixture.answers(client.readText(), false).get(0);
    assertEquals("root", answer.content());
    assertEquals(told, answer.field("Connection"));
    assertEquals(kept, !client.isFinished());
    assertEquals(kept, !client.send(GET).readText().isEmpty());
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() {
    StringBuilder requests = new StringBuilder();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      requests.append("GET /files/").append(i).append(" HTTP/1.1\r\nHost: a\r\n\r\n");
      expected.add("file " + i);
    }
    FakeConnection client = fixture.client().send(requests.toString());
    var answers = HttpFixture.answers(client.readText(), false);
    assertEquals(expected, answers.stream().map(HttpFixture.Answer::content).toList());
    assertEquals(499, fixture.server.counters().value(HttpCounter.REQUESTS_ON_KEPT_CONNECTION));
  }

  /** Requests of every framing, one behind the other, and what they are answered. */
  private static final String STREAM =
      "GET /what?q HTTP/1.1\r\nHost: a\r\nX-Test: 1\r\n\r\n"
          + "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
          + "\r\nPOST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n"
          + "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nGET "
          + "DELETE /item HTTP/1.1\r\nHost: a\r\n\r\n"
          + "GET /gone HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

  private static final List<String> STREAM_ANSWERS =
      List.of("GET /what ?q x=1", "[hello]", "[abcde]", "ignored", "", "404 Not Found\n");

  @Test
  void aStreamOfRequestsMeansTheSameWhereverItIsSplit() {
    for (int split = 0; split <= STREAM.length(); split++) {
      FakeConnection client = fixture.client();
      client.send(STREAM.substring(0, split)).send(STREAM.substring(split));
      check(client, "split at " + split);
    }
  }

  @Test
  void aStreamOfRequestsMeansTheSameInPiecesOfAnySize() {
    for (int size = 1; size < 20; size++) {
      FakeConnection client = fixture.client();
      for (int at = 0; at < STREAM.length(); at += size) {
        client.send(STREAM.substring(at, Math.min(STREAM.length(), at + size)));
      }
      check(client, "pieces of " + size);
      check(fixture.client().peekAtMost(size).send(STREAM), "shown " + size + " bytes at a time");
      check(fixture.context.client(80, size, size).send(STREAM), "windows of " + size);
    }
  }

  private static void check(FakeConnection client, String how) {
    var answers = HttpFixture.answers(client.readText(), false);
    assertEquals(STREAM_ANSWERS, answers.stream().map(HttpFixture.Answer::content).toList(), how);
    assertTrue(client.isFinished(), how);
  }

  @Test
  void aClientThatDoesNotReadIsNotWorkedFor() {
    FakeConnection client = fixture.context.client(80, 4096, 4096);
    client.send(GET.repeat(10_000));
    long answered = fixture.server.counters().value(HttpCounter.REQUESTS);
    assertTrue(answered < 100, answered + " requests");
    assertTrue(client.unsentBytes() > 9_000 * GET.length());
    assertTrue(client.mostCopiedBytes() <= 4096);
    assertEquals(10_000, HttpFixture.answers(client.readText(), false).size());
  }

  @Test
  void aHalfClosedClientIsAnswered() {
    FakeConnection client = fixture.client().send(GET + GET).finish();
    assertEquals(2, HttpFixture.answers(client.readText(), false).size());
    assertTrue(client.isClosedCleanly());
    assertEquals(0, fixture.server.openConnections());
  }

  @Test
  void aTruncatedHeadIsAnsweredWith400() {
    FakeConnection client = fixture.client().send("GET / HT").finish();
    assertEquals(400, HttpFixture.answers(client.readText(), false).get(0).code());
    assertTrue(client.isClosedCleanly());
  }

  @Test
  void truncatedContentIsAnsweredWith400() {
    FakeConnection client = fixture.client();
    client.send("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc").finish();
    assertEquals(400, HttpFixture.answers(client.readText(), false).get(0).code());
    assertTrue(client.isClosedCleanly());
  }

  @Test
  void aClientThatSaysNothingIsNotAnswered() {
    FakeConnection client = fixture.client().finish();
    assertEquals("", client.readText());
    assertTrue(client.isClosedCleanly());
    assertEquals(1, fixture.server.counters().value(HttpCounter.CONNECTIONS_WITHOUT_REQUEST));
  }

  @Test
  void anErrorIsSeenByAClientThatGoesOnSending() {
    FakeConnection client = fixture.client().send("BAD\r\n");
    client.send("x".repeat(100_000));
    assertEquals(0, client.unsentBytes(), "what it sends is thrown away, not left to stop it");
    assertEquals(400, HttpFixture.answers(client.readText(), false).get(0).code());
    assertFalse(client.isReset());
    client.finish();
    assertTrue(client.isClosedCleanly());
  }

  @Test
  void aClientThatSendsForEverIsResetAtLast() {
    FakeConnection client = fixture.client().send("BAD\r\n");
    client.send(new byte[9 << 20]);
    assertTrue(client.isReset() || client.isClosedCleanly());
    assertEquals(1, fixture.server.counters().value(HttpCounter.DRAIN_LIMIT));
    assertEquals(0, fixture.server.openConnections());
  }

  @Test
  void aClientThatDoesNotCloseIsWaitedForAWhile() {
    FakeConnection client = fixture.client().send("BAD\r\n");
    client.readAll();
    assertFalse(client.isClosedCleanly());
    fixture.context.pass(6_000_000_000L);
    assertTrue(client.isClosedCleanly(), "FIN-WAIT-2 is the stack's to time");
    assertEquals(0, fixture.context.armedTimers());
  }

  @Test
  void anIdleConnectionIsClosedWithoutAWord() {
    FakeConnection client = fixture.client().send(GET);
    client.readAll();
    fixture.context.pass(59_000_000_000L);
    assertFalse(client.isFinished());
    fixture.context.pass(2_000_000_000L);
    assertTrue(client.isFinished());
    assertEquals("", client.readText());
  }

  @Test
  void aHeadThatDoesNotEndIsAnsweredWith408() {
    FakeConnection client = fixture.client();
    for (int i = 0; i < 61; i++) {
      client.send("GET / HTTP/1.1\r\nX: ".substring(i % 19, i % 19 + 1));
      fixture.context.pass(1_000_000_000L);
    }
    assertEquals(408, HttpFixture.answers(client.readText(), false).get(0).code());
  }

  @Test
  void aHeadThatBeginsLateHasItsWholeTime() {
    FakeConnection client = fixture.client();
    fixture.context.pass(59_000_000_000L);
    client.send("GET / HTTP/1.1\r\n");
    fixture.context.pass(59_000_000_000L);
    assertEquals("", client.readText());
    assertTrue(client.send("Host: a\r\n\r\n").readText().endsWith("root"));
    fixture.context.pass(59_000_000_000L);
    assertFalse(client.isFinished(), "idle since the response");
    fixture.context.pass(2_000_000_000L);
    assertTrue(client.isFinished());
  }

  @Test
  void theTimesForHeadsAndForIdlenessAreTheirOwn() {
    HttpLimits limits =
        HttpLimits.DEFAULTS.withTimeouts(Duration.ofSeconds(10), Duration.ofSeconds(300));
    HttpFixture patient = new HttpFixture(limits);
    FakeConnection idle = patient.client().send(GET);
    idle.readAll();
    FakeConnection slow = patient.client();
    patient.context.pass(200_000_000_000L);
    slow.send("GET / HT");
    patient.context.pass(9_000_000_000L);
    assertEquals("", slow.readText());
    patient.context.pass(2_000_000_000L);
    assertEquals(408, HttpFixture.answers(slow.readText(), false).get(0).code());
    assertFalse(idle.isFinished());
    patient.context.pass(100_000_000_000L);
    assertTrue(idle.isFinished());
    assertEquals("", idle.readText());
  }

  @Test
  void slowClientsAreServedForAsLongAsTheyMove() {
    FakeConnection writer = fixture.client();
    writer.send("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n");
    FakeConnection reader = fixture.context.client(80, 1000, 40).send(GET + GET + GET);
    StringBuilder read = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      fixture.context.pass(50_000_000_000L);
      writer.send("x");
      read.append(new String(reader.read(15), StandardCharsets.ISO_8859_1));
    }
    assertTrue(writer.readText().endsWith("[" + "x".repeat(20) + "]"));
    read.append(reader.readText());
    assertEquals(3, HttpFixture.answers(read.toString(), false).size());
    assertEquals(0, fixture.server.counters().value(HttpCounter.STALLED));
  }

  @Test
  void contentThatDoesNotComeIsAnsweredWith408() {
    FakeConnection client = fixture.client();
    client.send("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc");
    fixture.context.pass(125_000_000_000L);
    assertEquals(408, HttpFixture.answers(client.readText(), false).get(0).code());
  }

  @Test
  void aClientThatNeverReadsIsResetInTheEnd() {
    FakeConnection client = fixture.context.client(80, 1000, 100);
    client.send(GET);
    fixture.context.pass(125_000_000_000L);
    fixture.context.pass(125_000_000_000L);
    assertTrue(client.isReset());
    assertEquals(0, fixture.server.openConnections());
    assertEquals(0, fixture.context.armedTimers());
  }

  @Test
  void closingEndsIdleConnectionsNowAndBusyOnesAfterTheirResponse() {
    FakeConnection idle = fixture.client().send(GET);
    idle.readAll();
    FakeConnection busy = fixture.client();
    busy.send("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx");
    fixture.server.close();
    assertTrue(idle.isFinished());
    assertFalse(busy.isFinished());
    assertFalse(fixture.context.isListening(80));
    HttpFixture.Answer answer = HttpFixture.answers(busy.send("y").readText(), false).get(0);
    assertEquals("[xy]", answer.content());
    assertEquals("close", answer.field("Connection"));
    assertTrue(busy.isFinished());
  }

  @Test
  void moreConnectionsThanTheLimitWait() {
    HttpFixture small = new HttpFixture(HttpLimits.DEFAULTS.withConnections(2));
    FakeContext context = small.context;
    FakeConnection first = context.client(80);
    context.client(80);
    FakeConnection third = context.client(80);
    assertEquals(2, small.server.openConnections());
    first.reset();
    assertEquals(2, small.server.openConnections());
    assertFalse(third.send(GET).readText().isEmpty());
  }
}
