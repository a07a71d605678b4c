package dev.tapstack.apps.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.apps.fake.FakeConnection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A line for each request, which no request can forge, and a disk that nobody waits for. */
class AccessLogTest {
  private static final String START = "10.0.0.1 - - [22/Nov/2026:12:00:00 +0000] ";

  private final HttpFixture fixture = new HttpFixture();
  private final List<String> lines = new ArrayList<>();

  AccessLogTest() {
    fixture.server.accessLog(lines::add);
  }

  @Test
  void aRequestIsALineInTheCombinedFormat() {
    FakeConnection client = fixture.client();
    client.send(
        "GET /what?q=%41 HTTP/1.1\r\nHost: a\r\nReferer: http://b/\r\nUser-Agent: it/1\r\n\r\n");
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").readAll();
    assertEquals(
        List.of(
            START + "\"GET /what?q=%41 HTTP/1.1\" 200 23 \"http://b/\" \"it/1\"",
            START + "\"HEAD / HTTP/1.1\" 200 0 \"-\" \"-\""),
        lines);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\" 200 4 \"-\" \"-\"\n10.0.0.9 - - [x] \"GET /forged HTTP/1.1\r\n\r\n",
        "GET /\u001b[2J HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: \\\"\u00ff\t\r\n\r\n",
        "\r\n\u0000\u0085\r\n\r\n",
      })
  void nothingThatIsSentForgesALine(String request) {
    fixture.client().send(request).readAll();
    assertEquals(1, lines.size());
    String line = lines.get(0);
    assertTrue(line.matches("[ -~]*"), line);
    String text = "(?:[^\"\\\\]|\\\\x[0-9a-f]{2})*";
    String quoted = "\"" + text + "\"";
    assertTrue(
        line.substring(START.length()).matches(quoted + " \\d{3} \\d+ " + quoted + " " + quoted),
        line);
  }

  @Test
  void escapesAreByteByByte() {
    fixture
        .client()
        .send("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: a\"b\\c\u00e9\td\r\n\r\n")
        .readAll();
    assertTrue(lines.get(0).endsWith(" \"-\" \"a\\x22b\\x5cc\\xe9\\x09d\""), lines.get(0));
  }

  @Test
  void longWordsAreCut() {
    String word = "x".repeat(AccessLine.MAX_QUOTED);
    for (String agent : List.of(word, word + "y")) {
      fixture.client().send("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: " + agent + "\r\n\r\n");
    }
    assertTrue(lines.get(0).endsWith("\"" + word + "\""));
    assertTrue(lines.get(1).endsWith("\"" + word + "...\""));
  }

  @Test
  void aResponseCutShortCountsWhatWasSent() {
    fixture.server.get("/large", (request, response) -> response.bytes(new byte[1_000_000]));
    FakeConnection client = fixture.context.client(80, 4096, 50_000);
    client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    byte[] read = client.read(123_456);
    int head = new String(read, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n") + 4;
    assertEquals(List.of(), lines, "the response is under way");
    client.reset();
    assertEquals(1, lines.size());
    assertEquals(
        START + "\"GET /large HTTP/1.1\" 200 " + (read.length - head) + " \"-\" \"-\"",
        lines.get(0));
  }

  @Test
  void aRequestWithoutAResponseHasNoStatus() {
    FakeConnection client = fixture.client();
    client.send("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc").reset();
    assertEquals(List.of(START + "\"POST /read HTTP/1.1\" - - \"-\" \"-\""), lines);
  }

  @Test
  void aTimeoutIsLoggedAndAnIdleConnectionIsNot() {
    fixture.client().send("GET / HT");
    fixture.client();
    fixture.context.pass(61_000_000_000L);
    assertEquals(1, lines.size());
    assertTrue(lines.get(0).startsWith(START + "\"GET / HT\" 408 "), lines.get(0));
  }

  /** A disk that does not answer until it is told to. */
  private static final class Disk extends OutputStream {
    private final CountDownLatch answers = new CountDownLatch(1);
    private final CountDownLatch isAsked = new CountDownLatch(1);
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    @Override
    public void write(int b) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      isAsked.countDown();
      try {
        answers.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      written.write(bytes, from, length);
    }
  }

  @Test
  void aDiskThatHasStoppedCostsLinesAndNoTime() throws InterruptedException {
    Disk disk = new Disk();
    AccessLog log = new AccessLog(disk);
    log.accept("first");
    disk.isAsked.await();
    String line = "x".repeat(999);
    int fitting = (AccessLog.MAX_QUEUED_BYTES - 6) / 1000;
    for (int i = 0; i < fitting + 10; i++) {
      log.accept(line);
    }
    assertEquals(10, log.lost());
    disk.answers.countDown();
    log.close();
    assertEquals(1 + fitting, log.logged());
    assertEquals(
        "first\n" + (line + "\n").repeat(fitting),
        disk.written.toString(StandardCharsets.US_ASCII));
  }

  @Test
  void linesThatCannotBeWrittenAreLost() {
    AccessLog log =
        new AccessLog(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                throw new IOException("no space left");
              }
            });
    log.accept("a");
    log.close();
    assertEquals(1, log.lost());
    assertEquals(0, log.logged());
  }
}
