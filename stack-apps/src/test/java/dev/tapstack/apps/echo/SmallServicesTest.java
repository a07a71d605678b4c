package dev.tapstack.apps.echo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.apps.fake.FakeConnection;
import dev.tapstack.apps.fake.FakeContext;
import dev.tapstack.apps.fake.FakeUdpSocket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Echo, discard, chargen and daytime: RFC 862, 863, 864, 867. */
class SmallServicesTest {
  private static final Endpoint ME = Endpoint.parse("10.0.0.2:7");

  private final FakeContext context = new FakeContext();
  private final List<String> log = new ArrayList<>();

  private static byte[] random(int bytes) {
    byte[] content = new byte[bytes];
    new Random(7).nextBytes(content);
    return content;
  }

  @Test
  void echoReturnsWhatItIsSentAndClosesWhenAllIsReturned() {
    Echo.start(context, 7, log::add);
    FakeConnection client = context.client(7, 1000, 700).peekAtMost(333);
    byte[] content = random(100_000);
    client.send(content).finish();
    assertFalse(client.isFinished());
    assertArrayEquals(content, client.readAll());
    assertTrue(client.isFinished());
    assertTrue(client.isClosedCleanly());
    assertEquals(List.of("echo 10.0.0.1:50000: 100000 bytes in, 100000 bytes out, closed"), log);
  }

  @Test
  void echoDoesNotReadFromWhoDoesNotRead() {
    Echo.start(context, 7, log::add);
    FakeConnection client = context.client(7, 1000, 700).send(random(100_000));
    assertEquals(100_000 - 1000 - 700, client.unsentBytes());
    assertEquals(700, client.mostCopiedBytes());
  }

  @Test
  void echoReturnsDatagramsFromTheAddressThatWasAsked() {
    Echo.start(context, 7, log::add);
    FakeUdpSocket socket = context.udp(7);
    Endpoint client = Endpoint.parse("10.0.0.1:5000");
    socket.deliver("hello", client, ME);
    socket.deliver("", client, ME);
    assertEquals(
        List.of(
            new FakeUdpSocket.Sent(ME, client, "hello"), new FakeUdpSocket.Sent(ME, client, "")),
        socket.sent());
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 13, 17, 19, 37})
  void echoDoesNotPlayWithOtherServices(int port) {
    Echo.start(context, 7, log::add);
    FakeUdpSocket socket = context.udp(7);
    socket.deliver("x", new Endpoint(ME.address(), port), ME);
    assertEquals(List.of(), socket.sent());
    assertEquals(0, socket.queued());
  }

  @Test
  void discardTakesEverythingAndSaysNothing() {
    Discard.start(context, 9, log::add);
    FakeConnection client = context.client(9, 1000, 1000).send(random(100_000));
    assertEquals(0, client.unsentBytes());
    assertFalse(client.isFinished());
    client.finish();
    assertEquals(0, client.readAll().length);
    assertTrue(client.isClosedCleanly());

    FakeUdpSocket socket = context.udp(9);
    socket.deliver("x", Endpoint.parse("10.0.0.1:5000"), ME);
    assertEquals(0, socket.queued());
    assertEquals(List.of(), socket.sent());
  }

  /** The example in RFC 864: each line begins one character further. */
  private static String expectedLines(int lines) {
    StringBuilder row = new StringBuilder();
    for (char c = ' '; c <= '~'; c++) {
      row.append(c);
    }
    StringBuilder text = new StringBuilder();
    for (int line = 0; line < lines; line++) {
      String turned = row.substring(line % 95) + row.substring(0, line % 95);
      text.append(turned, 0, 72).append("\r\n");
    }
    return text.toString();
  }

  @Test
  void chargenSendsItsLinesWithoutEndAndWithoutCopying() {
    Chargen.start(context, 19, log::add);
    FakeConnection client = context.client(19, 1000, 4096);
    String expected = expectedLines(3000);
    byte[] read = client.read(expected.length());
    assertEquals(expected, new String(read, StandardCharsets.US_ASCII));
    assertEquals(0, client.mostCopiedBytes());
    assertTrue(client.unacknowledgedBytes() < 4096 + 64_000);
    client.send("ignored").finish();
    assertEquals(100_000, client.read(100_000).length, "a client that has finished still reads");
    client.reset();
    assertEquals(1, log.size());
  }

  @Test
  void closingFreesThePorts() {
    Echo echo = Echo.start(context, 7, log::add);
    assertEquals(7, echo.port());
    echo.close();
    assertFalse(context.isListening(7));
    assertTrue(context.udp(7).isClosed());
  }

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("1982-02-22T22:37:43Z"), ZoneId.of("UTC"));

  @Test
  void daytimeSaysTheTimeAndCloses() {
    Daytime.start(context, 13, CLOCK, log::add);
    FakeConnection client = context.client(13, 1000, 700);
    client.send(random(10)).finish();
    assertEquals(
        "Monday, February 22, 1982 22:37:43-UTC\r\n",
        new String(client.readAll(), StandardCharsets.US_ASCII));
    assertTrue(client.isFinished());
  }

  @Test
  void daytimeAnswersDatagramsButNoOtherService() {
    Daytime.start(context, 13, CLOCK, log::add);
    FakeUdpSocket socket = context.udp(13);
    socket.deliver("", Endpoint.parse("10.0.0.1:5000"), Endpoint.parse("10.0.0.2:13"));
    assertEquals(1, socket.sent().size());
    socket.deliver("", Endpoint.parse("10.0.0.1:13"), Endpoint.parse("10.0.0.2:13"));
    assertEquals(1, socket.sent().size());
  }
}
