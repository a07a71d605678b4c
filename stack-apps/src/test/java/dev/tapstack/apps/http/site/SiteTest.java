package dev.tapstack.apps.http.site;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.apps.fake.FakeConnection;
import dev.tapstack.apps.fake.FakeContext;
import dev.tapstack.apps.http.HttpServer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page about the connection, and the bytes to download. */
class SiteTest {
  private final FakeContext context = new FakeContext();
  private final HttpServer server = Site.addTo(HttpServer.on(context, 80)).start();

  private static String get(String path, String fields) {
    return "GET " + path + " HTTP/1.1\r\nHost: 10.0.0.2\r\n" + fields + "\r\n";
  }

  private static byte[] content(byte[] response) {
    String text = new String(response, StandardCharsets.ISO_8859_1);
    return Arrays.copyOfRange(response, text.indexOf("\r\n\r\n") + 4, response.length);
  }

  /** What `yes LINE | head -c N` prints. */
  private static byte[] expectedBytes(int n) {
    String line = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\n";
    byte[] bytes = new byte[n];
    for (int i = 0; i < n; i++) {
      bytes[i] = (byte) line.charAt(i % 63);
    }
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 62, 63, 64, 128, 1024, 1025, 64_511, 64_512, 64_513, 300_000})
  void bytesOfThePatternAreSent(int n) {
    FakeConnection client = context.client(80).send(get("/bytes/" + n, ""));
    byte[] response = client.readAll();
    String head = new String(response, StandardCharsets.ISO_8859_1);
    assertTrue(head.startsWith("HTTP/1.1 200 OK\r\n"), head);
    assertTrue(head.contains("\r\nContent-Length: " + n + "\r\n"), head);
    assertArrayEquals(expectedBytes(n), content(response));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "x", "-1", "1x", "9007199254740993", "99999999999999999999", "1/2", "+1"})
  void whatIsNoNumberIsNotFound(String n) {
    String response = context.client(80).send(get("/bytes/" + n, "")).readText();
    assertTrue(response.startsWith("HTTP/1.1 404 Not Found\r\n"), response);
  }

  @Test
  void headTellsTheLargestLength() {
    FakeConnection client = context.client(80);
    client.send("HEAD /bytes/9007199254740992 HTTP/1.1\r\nHost: a\r\n\r\n");
    String response = client.readText();
    assertTrue(response.contains("\r\nContent-Length: 9007199254740992\r\n"), response);
    assertTrue(response.endsWith("\r\n\r\n"), response);
    assertTrue(client.send(get("/bytes/3", "")).readText().endsWith("\r\n\r\n012"));
  }

  @Test
  void anEndlessDownloadCopiesNothingAndHoldsNoMoreThanThePattern() {
    FakeConnection client = context.client(80, 65_536, 16_384);
    client.send(get("/bytes/9007199254740992", ""));
    for (int i = 0; i < 100; i++) {
      client.read(100_000);
    }
    assertTrue(client.mostCopiedBytes() < 1024, client.mostCopiedBytes() + " bytes copied");
    assertTrue(client.unacknowledgedBytes() < 16_384 + 64_512);
    client.reset();
    assertEquals(0, server.openConnections());
  }

  @Test
  void thePageIsTextForCurl() {
    String response = context.client(80).send(get("/", "Accept: */*\r\n")).readText();
    assertTrue(response.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"), response);
    assertTrue(response.contains("10.0.0.1"), response);
    assertTrue(response.contains("50000"), response);
    assertTrue(response.contains("02:00:00:00:00:99"), response);
    assertTrue(response.contains("ESTABLISHED"), response);
    assertFalse(response.contains("<"), response);
  }

  @Test
  void thePageIsHtmlForBrowsers() {
    String accept = "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n";
    String response = context.client(80).send(get("/", accept)).readText();
    assertTrue(response.contains("\r\nContent-Type: text/html; charset=utf-8\r\n"), response);
    assertTrue(response.contains("<td>02:00:00:00:00:99</td>"), response);
    assertTrue(response.contains("<td>ESTABLISHED</td>"), response);
    assertTrue(response.contains("<td>14,480 bytes</td>"), response);
    assertTrue(response.endsWith("</html>\n"), response);
    assertFalse(response.contains("{" + "sections}"), response);
    assertFalse(response.contains("http://") || response.contains("https://"), response);
  }
}
