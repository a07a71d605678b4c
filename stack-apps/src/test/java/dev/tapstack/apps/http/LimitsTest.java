package dev.tapstack.apps.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.apps.fake.FakeConnection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits at their edges, sent whole and byte by byte: what just fits is served. */
class LimitsTest {
  private static final int LINE_BYTES = 64;
  private static final int HEAD_BYTES = 256;
  private static final int FIELDS = 4;
  private static final long CONTENT_BYTES = 1000;

  private static HttpFixture fixture() {
    return new HttpFixture(
        HttpLimits.DEFAULTS
            .withHead(LINE_BYTES, HEAD_BYTES, FIELDS)
            .withContentBytes(CONTENT_BYTES));
  }

  private static int code(HttpFixture fixture, String request, int pieceBytes) {
    FakeConnection client = fixture.client();
    for (int at = 0; at < request.length(); at += pieceBytes) {
      client.send(request.substring(at, Math.min(request.length(), at + pieceBytes)));
    }
    return HttpFixture.answers(client.readText(), false).get(0).code();
  }

  private static void check(int expected, String request) {
    for (int pieceBytes : new int[] {1, 7, 100_000}) {
      assertEquals(expected, code(fixture(), request, pieceBytes), "in pieces of " + pieceBytes);
    }
  }

  /** "GET /files/", a name, " HTTP/1.1": so long in all. */
  private static String line(int bytes) {
    return "GET /files/" + "x".repeat(bytes - "GET /files/ HTTP/1.1".length()) + " HTTP/1.1\r\n";
  }

  @ParameterizedTest
  @CsvSource({"63, 200", "64, 200", "65, 414", "66, 414", "67, 414", "10000, 414"})
  void theRequestLineIsBounded(int bytes, int code) {
    check(code, line(bytes) + "Host: a\r\n\r\n");
  }

  @Test
  void aMethodThatIsTooLongIsAnUnknownOne() {
    check(501, "X".repeat(100) + " / HTTP/1.1\r\nHost: a\r\n\r\n"); // RFC 9112 3
    check(501, "X".repeat(10_000));
    check(400, "\u0001".repeat(10_000));
  }

  @ParameterizedTest
  @CsvSource({"255, 200", "256, 200", "257, 431", "258, 431", "10000, 431"})
  void theHeadIsBounded(int bytes, int code) {
    String start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    String end = "\r\n\r\n";
    check(code, start + "x".repeat(bytes - start.length() - end.length()) + end);
  }

  @ParameterizedTest
  @CsvSource({"4, 200", "5, 431", "20, 431"})
  void theFieldsAreCounted(int fields, int code) {
    check(code, "GET / HTTP/1.1\r\nHost: a\r\n" + "X: x\r\n".repeat(fields - 1) + "\r\n");
  }

  @ParameterizedTest
  @CsvSource({"999, 200", "1000, 200", "1001, 413", "999999999999, 413"})
  void contentIsBoundedByItsLength(long bytes, int code) {
    String head = "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: " + bytes + "\r\n\r\n";
    check(code, head + "x".repeat((int) Math.min(bytes, 2000)));
  }

  @ParameterizedTest
  @CsvSource({"900, 100, 200", "900, 101, 413", "1001, 0, 413", "1, 1000, 413"})
  void chunkedContentIsBoundedToo(int first, int second, int code) {
    String head = "POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    check(code, head + chunk(first) + chunk(second) + (second == 0 ? "" : "0\r\n\r\n"));
  }

  private static String chunk(int bytes) {
    return Integer.toHexString(bytes) + "\r\n" + "x".repeat(bytes) + "\r\n";
  }

  @Test
  void unreadContentIsThrownAwayForTheNextRequest() {
    HttpFixture fixture = new HttpFixture();
    FakeConnection client = fixture.client();
    client.send("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n");
    client.send("x".repeat(200_000)).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    var answers = HttpFixture.answers(client.readText(), false);
    assertEquals(2, answers.size());
    assertEquals("", answers.get(0).field("Connection"));
    assertEquals("root", answers.get(1).content());
  }

  @Test
  void tooMuchUnreadContentEndsTheConnectionAndSaysSo() {
    HttpFixture fixture = new HttpFixture();
    FakeConnection client = fixture.client();
    client.send("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n");
    client.send("x".repeat(300_000)).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    var answers = HttpFixture.answers(client.readText(), false);
    assertEquals(1, answers.size());
    assertEquals("close", answers.get(0).field("Connection"));
    assertFalse(client.finish().isReset());
  }

  @Test
  void tooManyUnreadChunksEndTheConnection() {
    HttpFixture fixture = new HttpFixture();
    FakeConnection client = fixture.client();
    client.send("POST /ignore HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 40; i++) {
      client.send(chunk(10_000));
    }
    assertEquals(1, HttpFixture.answers(client.readText(), false).size());
    assertTrue(client.isFinished());
    assertEquals(1, fixture.server.counters().value(HttpCounter.DRAIN_LIMIT));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 15})
  void limitsThatMakeNoSenseAreRefused(int lineBytes) {
    assertThrows(
        IllegalArgumentException.class, () -> HttpLimits.DEFAULTS.withHead(lineBytes, 1000, 10));
  }
}
