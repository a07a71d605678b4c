package dev.tapstack.apps.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.apps.fake.FakeConnection;
import dev.tapstack.apps.fake.FakeContext;
import dev.tapstack.loop.Timer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What handlers may do with a response, and what the client then sees. */
class ResponseTest {
  private static final String GET = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

  private final FakeContext context = new FakeContext();

  private FakeConnection client(HttpHandler handler) {
    HttpServer.on(context, 80).get("/x", handler).post("/x", handler).start();
    return context.client(80);
  }

  private String ask(HttpHandler handler, String request) {
    return client(handler).send(request).readText();
  }

  private static ByteBuf ascii(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  private static String content(String response) {
    return response.substring(response.indexOf("\r\n\r\n") + 4);
  }

  @Test
  void theExampleOfTheDocumentationWorks() {
    HttpServer.on(context, 80)
        .get("/hello", (request, response) -> response.text("hello\n"))
        .start();
    String text = context.client(80).send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").readText();
    assertTrue(text.startsWith("HTTP/1.1 200 OK\r\nDate: "), text);
    assertTrue(text.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"), text);
    assertTrue(text.endsWith("\r\nContent-Length: 6\r\n\r\nhello\n"), text);
  }

  @Test
  void fieldsAndStatusAreSent() {
    String text =
        ask(
            (request, response) ->
                response
                    .status(HttpStatus.FOUND)
                    .header("Location", "/y")
                    .header("X-A", "1")
                    .header("X-A", "2")
                    .type("text/x")
                    .text(""),
            GET);
    assertTrue(text.startsWith("HTTP/1.1 302 Found\r\n"), text);
    assertTrue(text.contains("\r\nLocation: /y\r\nX-A: 1\r\nX-A: 2\r\n\r\n"), text);
    assertTrue(text.contains("\r\nContent-Type: text/x\r\n"), text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\r\nX: y", "a\nb", "a\rb", "\u0000", "\u007f"})
  void aValueCannotBreakOutOfItsField(String value) {
    List<RuntimeException> thrown = new ArrayList<>();
    String text =
        ask(
            (request, response) -> {
              thrown.add(
                  assertThrows(
                      IllegalArgumentException.class, () -> response.header("X-A", value)));
              assertThrows(IllegalArgumentException.class, () -> response.type(value));
              assertThrows(IllegalArgumentException.class, () -> response.header(value, "x"));
              response.empty();
            },
            GET);
    assertEquals(1, thrown.size());
    assertTrue(text.contains("Content-Length: 0\r\n\r\n"), text);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4096, 4097, 200_000})
  void headHasTheFieldsOfGetAndNoContent(int bytes) {
    HttpHandler handler = (request, response) -> response.bytes(new byte[bytes]);
    FakeConnection client = client(handler);
    String got = client.send(GET).readText();
    String head = client.send(GET.replace("GET", "HEAD")).readText();
    assertEquals(bytes, content(got).length());
    assertEquals(got.substring(0, got.indexOf("\r\n\r\n") + 4), head);
  }

  @Test
  void contentWithoutALengthIsChunkedForHttp11() {
    String text =
        ask(
            (request, response) ->
                response.stream(body -> {
                  body.write(ascii("hello"));
                  body.send(ascii("0123456789abcdef"), (buffer, acknowledged) -> {});
                  body.write(Unpooled.EMPTY_BUFFER);
                  body.end();
                }),
            GET);
    assertTrue(text.contains("\r\nTransfer-Encoding: chunked\r\n"), text);
    assertFalse(text.contains("Content-Length"), text);
    assertEquals("5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n", content(text));
  }

  @Test
  void contentWithoutALengthEndsWithTheConnectionForHttp10() {
    FakeConnection client =
        client((request, response) ->
            response.stream(body -> {
              body.write(ascii("hello"));
              body.end();
            }));
    String text = client.send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").readText();
    assertFalse(text.contains("Transfer-Encoding"), text);
    assertTrue(text.contains("\r\nConnection: close\r\n"), text);
    assertEquals("hello", content(text));
    assertTrue(client.isFinished());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 100})
  void givenBuffersComeInOrderHoweverSmallTheSendBuffer(int sendBufferBytes) {
    HttpServer.on(context, 80)
        .get(
            "/x",
            (request, response) ->
                response.stream(
                    new BodyProducer() {
                      private int sent;

                      @Override
                      public void produce(ResponseBody body) {
                        while (sent < 5) {
                          if (!body.send(
                              ascii("piece " + sent), (b, acknowledged) -> b.release())) {
                            return;
                          }
                          sent++;
                        }
                        body.end();
                      }
                    }))
        .start();
    FakeConnection client = context.client(80, 1000, sendBufferBytes);
    StringBuilder text = new StringBuilder();
    client.send(GET);
    for (byte[] part = client.read(1); part.length > 0; part = client.read(1)) {
      text.append((char) part[0]);
    }
    StringBuilder expected = new StringBuilder();
    for (int i = 0; i < 5; i++) {
      expected.append("7\r\npiece ").append(i).append("\r\n");
    }
    assertEquals(expected + "0\r\n\r\n", content(text.toString()));
  }

  @Test
  void lessThanTheAnnouncedLengthResetsTheConnection() {
    FakeConnection client =
        client((request, response) ->
            response.stream(
                10,
                body -> {
                  body.write(ascii("hello"));
                  body.end();
                }));
    client.send(GET).readAll();
    assertTrue(client.isReset());
  }

  @Test
  void moreThanTheAnnouncedLengthIsRefused() {
    FakeConnection client =
        client((request, response) -> response.stream(3, body -> body.write(ascii("hello"))));
    client.send(GET).readAll();
    assertTrue(client.isReset());
  }

  @Test
  void aSecondResponseIsRefused() {
    List<RuntimeException> thrown = new ArrayList<>();
    FakeConnection client =
        client((request, response) ->
            response.stream(body ->
                thrown.add(
                    assertThrows(IllegalStateException.class, () -> response.text("again")))));
    client.send(GET).readAll();
    assertEquals(1, thrown.size());
  }

  @Test
  void aFailureBeforeTheResponseIs500AndAfterItsBeginningAReset() {
    HttpServer.on(context, 80)
        .get(
            "/before",
            (request, response) -> {
              response.header("X-Left", "over");
              throw new IllegalStateException("on purpose");
            })
        .get(
            "/amid",
            (request, response) ->
                response.stream(body -> {
                  body.write(ascii("hello"));
                  throw new IllegalStateException("on purpose");
                }))
        .start();
    FakeConnection before = context.client(80).send("GET /before HTTP/1.1\r\nHost: a\r\n\r\n");
    String text = before.readText();
    assertTrue(text.startsWith("HTTP/1.1 500 "), text);
    assertFalse(text.contains("X-Left"), text);
    FakeConnection amid = context.client(80).send("GET /amid HTTP/1.1\r\nHost: a\r\n\r\n");
    amid.readAll();
    assertTrue(amid.isReset());
  }

  @Test
  void aHandlerMayAnswerLaterAndTheNextRequestWaits() {
    List<String> order = new ArrayList<>();
    FakeConnection client =
        client((request, response) -> {
          order.add("asked");
          Timer timer =
              new Timer(now -> {
                order.add("answered");
                response.text("late");
              });
          request.connection().context().arm(timer, 1_000_000_000L);
        });
    client.send(GET + GET);
    assertEquals("", client.readText());
    context.pass(5_000_000_000L);
    assertEquals(List.of("asked", "answered", "asked", "answered"), order);
    assertEquals(2, HttpFixture.answers(client.readText(), false).size());
  }

  @Test
  void anAnswerToAClientThatHasGoneDoesNothing() {
    List<HttpResponse> waiting = new ArrayList<>();
    List<Boolean> ended = new ArrayList<>();
    FakeConnection client = client((request, response) -> waiting.add(response));
    client.send(GET).reset();
    waiting.get(0).text("late");
    waiting.get(0).stream(
        new BodyProducer() {
          @Override
          public void produce(ResponseBody body) {
            throw new AssertionError("nobody is there");
          }

          @Override
          public void ended(boolean complete) {
            ended.add(complete);
          }
        });
    assertEquals(List.of(false), ended);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aProducerLearnsOnceHowItEnded(boolean reads) {
    List<Boolean> ended = new ArrayList<>();
    HttpServer.on(context, 80)
        .get(
            "/x",
            (request, response) ->
                response.stream(
                    100_000,
                    new BodyProducer() {
                      private final ByteBuf content = Unpooled.wrappedBuffer(new byte[100_000]);

                      @Override
                      public void produce(ResponseBody body) {
                        body.write(content);
                        if (!content.isReadable()) {
                          body.end();
                        }
                      }

                      @Override
                      public void ended(boolean complete) {
                        ended.add(complete);
                      }
                    }))
        .start();
    FakeConnection client = context.client(80, 1000, 1000).send(GET);
    assertEquals(List.of(), ended);
    if (reads) {
      client.readAll();
    } else {
      client.reset();
    }
    assertEquals(List.of(reads), ended);
  }

  @Test
  void optionsAndAllowNameTheMethodsOfTheRoute() {
    HttpServer.on(context, 80)
        .get("/x", (request, response) -> response.text(""))
        .delete("/x", (request, response) -> response.empty())
        .start();
    FakeConnection client = context.client(80);
    String options = client.send("OPTIONS /x HTTP/1.1\r\nHost: a\r\n\r\n").readText();
    assertTrue(options.startsWith("HTTP/1.1 204 No Content\r\n"), options);
    assertTrue(options.contains("\r\nAllow: GET, HEAD, DELETE, OPTIONS\r\n"), options);
    assertFalse(options.contains("Content-Length"), options); // RFC 9110 8.6
    String post = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    String refused = client.send(post).readText();
    assertTrue(refused.startsWith("HTTP/1.1 405 "), refused);
    assertTrue(refused.contains("\r\nAllow: GET, HEAD, DELETE, OPTIONS\r\n"), refused);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "*", "/a*b", "/a*/"})
  void aPatternThatIsNoneIsRefused(String pattern) {
    HttpServer server = HttpServer.on(context, 80);
    assertThrows(
        IllegalArgumentException.class, () -> server.get(pattern, (request, response) -> {}));
  }

  @Test
  void twoHandlersForOneRouteAreRefused() {
    HttpServer server = HttpServer.on(context, 80).get("/x", (request, response) -> {});
    assertThrows(IllegalArgumentException.class, () -> server.get("/x", (request, response) -> {}));
  }
}
