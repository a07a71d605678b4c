package dev.tapstack.apps.http.site;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.apps.fake.FakeConnection;
import dev.tapstack.apps.fake.FakeContext;
import dev.tapstack.apps.http.HttpServer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Content to the server: the sink, and the echo with its back-pressure both ways. */
class UploadTest {
  private static final int BUFFER_BYTES = 4096;

  private final FakeContext context = new FakeContext();
  private final HttpServer server = Site.addTo(HttpServer.on(context, 80)).start();

  private static byte[] random(int bytes) {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    return content;
  }

  private static String head(String method, String path, String framing) {
    return method + " " + path + " HTTP/1.1\r\nHost: a\r\n" + framing + "\r\n\r\n";
  }

  private static byte[] chunked(byte[] content, int chunkBytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int at = 0; at < content.length; at += chunkBytes) {
      int length = Math.min(chunkBytes, content.length - at);
      out.writeBytes((Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
      out.write(content, at, length);
      out.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
    }
    out.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    return out.toByteArray();
  }

  /** Independent of the server's decoder: by the text of the response. */
  private static byte[] unchunked(byte[] body) {
    String text = new String(body, StandardCharsets.ISO_8859_1);
    StringBuilder content = new StringBuilder();
    int at = 0;
    while (true) {
      int line = text.indexOf("\r\n", at);
      int length = Integer.parseInt(text.substring(at, line), 16);
      at = line + 2;
      if (length == 0) {
        assertEquals("\r\n", text.substring(at));
        return content.toString().getBytes(StandardCharsets.ISO_8859_1);
      }
      content.append(text, at, at + length);
      assertEquals("\r\n", text.substring(at + length, at + length + 2));
      at += length + 2;
    }
  }

  private static byte[] content(byte[] response) {
    int head = new String(response, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n") + 4;
    return Arrays.copyOfRange(response, head, response.length);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4096, 100_000})
  void theSinkAnswersWithLengthAndDigest(int bytes) throws Exception {
    byte[] content = random(bytes);
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    String expected = "length: " + bytes + "\nsha256: " + hash + "\n";
    FakeConnection client = context.client(80, BUFFER_BYTES, BUFFER_BYTES).peekAtMost(1000);

    client.send(head("POST", "/sink", "Content-Length: " + bytes)).send(content);
    String posted = client.readText();
    assertTrue(posted.endsWith("\r\n\r\n" + expected), posted);

    client.send(head("PUT", "/sink", "Transfer-Encoding: chunked")).send(chunked(content, 777));
    String put = client.readText();
    assertTrue(put.endsWith("\r\n\r\n" + expected), put);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 12, 4096, 50_000})
  void theEchoReturnsTheContentInItsFraming(int bytes) {
    byte[] content = random(bytes);
    FakeConnection client = context.client(80, BUFFER_BYTES, BUFFER_BYTES).peekAtMost(999);
    client.send(head("POST", "/echo", "Content-Length: " + bytes)).send(content);
    assertArrayEquals(content, content(client.readAll()));

    client.send(head("POST", "/echo", "Transfer-Encoding: chunked")).send(chunked(content, 5000));
    byte[] response = client.readAll();
    String text = new String(response, StandardCharsets.ISO_8859_1);
    assertTrue(text.contains("\r\nTransfer-Encoding: chunked\r\n"), text);
    assertArrayEquals(content, unchunked(content(response)));
    assertFalse(client.isFinished());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8, 12, 13, 14, 20, 100})
  void theEchoIsRightHoweverSmallTheSendBuffer(int sendBufferBytes) {
    byte[] content = random(300);
    FakeConnection client = context.client(80, 64, sendBufferBytes);
    client.send(head("POST", "/echo", "Transfer-Encoding: chunked")).send(chunked(content, 70));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part = client.read(1); part.length > 0; part = client.read(1)) {
      out.writeBytes(part);
    }
    assertArrayEquals(content, unchunked(content(out.toByteArray())));
  }

  @Test
  void theEchoOfAClientThatDoesNotReadStopsReading() {
    FakeConnection client = context.client(80, BUFFER_BYTES, BUFFER_BYTES);
    byte[] content = random(1_000_000);
    client.send(head("POST", "/echo", "Content-Length: 1000000")).send(content);
    assertTrue(client.unsentBytes() > 1_000_000 - 2 * BUFFER_BYTES - 500);
    assertTrue(client.mostCopiedBytes() <= BUFFER_BYTES);
    assertArrayEquals(content, content(client.readAll()));
  }

  @Test
  void anEchoWhoseContentIsTruncatedIsReset() {
    FakeConnection client = context.client(80);
    client.send(head("POST", "/echo", "Content-Length: 10")).send("12345").finish();
    assertTrue(client.isReset());
    assertEquals(0, server.openConnections());
  }

  @Test
  void anEchoWhoseChunksAreWrongIsReset() {
    FakeConnection client = context.client(80);
    client.send(head("POST", "/echo", "Transfer-Encoding: chunked")).send("3\r\nabcX");
    assertTrue(client.isReset());
  }

  @Test
  void aSinkWhoseChunksAreWrongAnswers400() {
    FakeConnection client = context.client(80);
    client.send(head("POST", "/sink", "Transfer-Encoding: chunked")).send("3\r\nabcX");
    assertTrue(client.readText().startsWith("HTTP/1.1 400 "));
    assertTrue(client.isFinished());
  }
}
