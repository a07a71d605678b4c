package dev.tapstack.apps.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.apps.fake.FakeConnection;
import org.junit.jupiter.api.Test;

/** Expect: 100-continue, RFC 9110 10.1.1. */
class ContinueTest {
  private static final String CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

  private final HttpFixture fixture = new HttpFixture();
  private final FakeConnection client = fixture.client();

  private static String post(String path, String version) {
    return "POST "
        + path
        + " HTTP/"
        + version
        + "\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n";
  }

  @Test
  void aHandlerThatReadsAsksForTheContent() {
    assertEquals(CONTINUE, client.send(post("/read", "1.1")).readText());
    assertTrue(client.send("abc").readText().endsWith("\r\n\r\n[abc]"));
    assertFalse(client.isFinished());
  }

  @Test
  void nobodyAsksForContentThatHasCome() {
    String text = client.send(post("/read", "1.1") + "abc").readText();
    assertTrue(text.startsWith("HTTP/1.1 200 OK\r\n"), text);
  }

  @Test
  void aHandlerThatDoesNotReadAnswersAtOnceAndTheConnectionEnds() {
    // The client may send its content or not: what follows could not be told apart.
    String text = client.send(post("/ignore", "1.1")).readText();
    assertTrue(text.startsWith("HTTP/1.1 200 OK\r\n"), text);
    assertTrue(text.contains("\r\nConnection: close\r\n"), text);
    assertTrue(client.isFinished());
  }

  @Test
  void aRefusalComesInsteadOfTheContinue() {
    String text = client.send(post("/nothing", "1.1")).readText();
    assertTrue(text.startsWith("HTTP/1.1 404 "), text);
  }

  @Test
  void anHttp10ClientIsNotToldToContinue() {
    String text = client.send(post("/read", "1.0")).readText();
    assertEquals("", text);
    assertTrue(client.send("abc").readText().endsWith("\r\n\r\n[abc]"));
  }
}
