package dev.tapstack.apps.http.site;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.apps.fake.FakeConnection;
import dev.tapstack.apps.fake.FakeContext;
import dev.tapstack.apps.http.HttpServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of a directory, and no others. */
class StaticFilesTest {
  private static final String SECRET = "not for you";

  @TempDir Path temporary;
  private final FakeContext context = new FakeContext();
  private Path directory;
  private HttpServer server;

  @BeforeEach
  void makeFiles() throws IOException {
    directory = Files.createDirectory(temporary.resolve("www"));
    Files.writeString(directory.resolve("hello.txt"), "hello\n");
    Files.writeString(directory.resolve("empty"), "");
    Files.writeString(directory.resolve("ä b.txt"), "umlaut\n");
    Files.createDirectory(directory.resolve("sub"));
    Files.writeString(directory.resolve("sub/index.html"), "<p>index</p>\n");
    Files.createDirectory(directory.resolve("bare"));
    Files.createSymbolicLink(directory.resolve("inside"), Path.of("hello.txt"));

    Files.writeString(temporary.resolve("secret.txt"), SECRET);
    Files.createDirectory(temporary.resolve("www-not"));
    Files.writeString(temporary.resolve("www-not/secret.txt"), SECRET);
    Files.createSymbolicLink(directory.resolve("outside"), temporary.resolve("secret.txt"));
    Files.createSymbolicLink(directory.resolve("outside-dir"), temporary);
    Files.createDirectory(directory.resolve("trap"));
    Files.createSymbolicLink(directory.resolve("trap/index.html"), temporary.resolve("secret.txt"));
    server = Site.addTo(HttpServer.on(context, 80), directory).start();
  }

  private String get(String path) {
    return context.client(80).send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n").readText();
  }

  @ParameterizedTest
  @CsvSource({
    "/hello.txt, text/plain; charset=utf-8, hello",
    "/inside, text/plain; charset=utf-8, hello",
    "/./sub/../hello.txt, text/plain; charset=utf-8, hello",
    "/%68ello.txt, text/plain; charset=utf-8, hello",
    "/hello.txt?version=2, text/plain; charset=utf-8, hello",
    "/sub/, text/html; charset=utf-8, <p>index</p>",
    "/sub/index.html, text/html; charset=utf-8, <p>index</p>",
    "/%C3%A4%20b.txt, text/plain; charset=utf-8, umlaut",
  })
  void filesAreServed(String path, String type, String content) {
    String response = get(path);
    assertTrue(response.startsWith("HTTP/1.1 200 OK\r\n"), response);
    assertTrue(response.contains("\r\nContent-Type: " + type + "\r\n"), response);
    assertTrue(response.endsWith("\r\n\r\n" + content + "\n"), response);
  }

  @Test
  void anEmptyFileIsServed() {
    String response = get("/empty");
    assertTrue(response.contains("\r\nContent-Length: 0\r\n"), response);
    assertTrue(response.endsWith("\r\n\r\n"), response);
  }

  @Test
  void theOtherRoutesExistBesideTheFiles() {
    assertTrue(get("/").contains("TapStack"));
    assertTrue(get("/bytes/2").endsWith("\r\n\r\n01"));
    assertTrue(get("/sink").startsWith("HTTP/1.1 405 "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/outside",
        "/outside-dir/secret.txt",
        "/outside-dir/",
        "/outside-dir",
        "/trap/",
        "/../secret.txt",
        "/sub/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/sub/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "/../www-not/secret.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/hello.txt%00.html",
        "/hello.txt/",
        "/hello.txt/x",
        "/sub//index.html",
        "/bare/",
        "/no-such-file",
        "/%c3",
      })
  void nothingElseIsServed(String path) {
    String response = get(path);
    assertTrue(
        response.startsWith("HTTP/1.1 404 ") || response.startsWith("HTTP/1.1 400 "), response);
    assertFalse(response.contains(SECRET) || response.contains("root:"), response);
  }

  @Test
  void aDirectoryWithoutItsSlashIsElsewhere() {
    String response = get("/sub");
    assertTrue(response.startsWith("HTTP/1.1 301 "), response);
    assertTrue(response.contains("\r\nLocation: /sub/\r\n"), response);
  }

  @Test
  void whatIsNoRegularFileIsNotOpened() throws Exception {
    // Opening a FIFO would block the loop until somebody writes into it.
    Process mkfifo = new ProcessBuilder("mkfifo", directory.resolve("fifo").toString()).start();
    assertEquals(0, mkfifo.waitFor());
    assertTrue(get("/fifo").startsWith("HTTP/1.1 404 "));
  }

  @Test
  void aLargeFileIsStreamedWithinTheSendBuffer() throws IOException {
    byte[] content = new byte[1_000_003];
    new Random(1).nextBytes(content);
    Files.write(directory.resolve("large.bin"), content);
    FakeConnection client = context.client(80, 4096, 10_000);
    client.send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
    assertTrue(client.mostCopiedBytes() <= 10_000);
    byte[] response = client.readAll();
    assertTrue(client.mostCopiedBytes() <= 10_000);
    assertArrayEquals(
        content, Arrays.copyOfRange(response, response.length - content.length, response.length));
    assertFalse(client.isFinished());
  }

  @Test
  void headOfAFileSendsNoContent() {
    FakeConnection client = context.client(80);
    client.send("HEAD /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    String response = client.readText();
    assertTrue(response.contains("\r\nContent-Length: 6\r\n"), response);
    assertTrue(response.endsWith("\r\n\r\n"), response);
  }

  @Test
  void aFileThatShrinksWhileItIsServedResetsTheConnection() throws IOException {
    Files.write(directory.resolve("shrinking"), new byte[500_000]);
    FakeConnection client = context.client(80, 4096, 10_000);
    client.send("GET /shrinking HTTP/1.1\r\nHost: a\r\n\r\n");
    Files.write(directory.resolve("shrinking"), "short".getBytes(StandardCharsets.US_ASCII));
    client.readAll();
    assertTrue(client.isReset());
    assertEquals(0, server.openConnections());
  }

  @Test
  void whatIsNoDirectoryIsRefused() {
    assertThrows(IOException.class, () -> new StaticFiles(directory.resolve("hello.txt")));
    assertThrows(IOException.class, () -> new StaticFiles(directory.resolve("missing")));
  }
}
