package dev.tapstack.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tapstack.apps.fake.FakeConnection;
import dev.tapstack.apps.fake.FakeContext;
import dev.tapstack.apps.http.BodyReader;
import dev.tapstack.apps.http.HttpRequest;
import dev.tapstack.apps.http.HttpResponse;
import dev.tapstack.apps.http.HttpServer;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Any bytes of a client get the same answer, whether they come in one piece or in many. The first
 * two bytes of an input choose where it is cut, the rest is what the client sends.
 */
class HttpFuzzTest {
  private static final int CUT_BYTES = 2;
  private static final String CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

  private final StringBuilder handled = new StringBuilder();

  /** What came of a client's bytes. */
  private record Outcome(
      String answers, boolean isFinished, String handled, Map<String, Long> refused) {}

  @FuzzTest
  void anyInput(byte[] input) {
    if (input.length < CUT_BYTES) {
      return;
    }
    byte[] stream = Arrays.copyOfRange(input, CUT_BYTES, input.length);
    SplittableRandom cuts = new SplittableRandom((input[0] & 0xff) << 8 | input[1] & 0xff);
    Outcome whole = outcome(stream, stream.length + 1, cuts);
    assertEquals(whole, outcome(stream, 1, cuts), "byte by byte");
    assertEquals(whole, outcome(stream, 2 + cuts.nextInt(100), cuts), "in pieces");
  }

  /** Sends the stream in pieces of less than {@code most} bytes, at least one, then FIN. */
  private Outcome outcome(byte[] stream, int most, SplittableRandom cuts) {
    handled.setLength(0);
    FakeContext context = new FakeContext();
    HttpServer server = server(context);
    FakeConnection client = context.client(80);
    StringBuilder answers = new StringBuilder();
    for (int at = 0; at < stream.length; ) {
      int piece = most > stream.length ? stream.length : 1 + cuts.nextInt(most);
      int to = Math.min(at + piece, stream.length);
      client.send(Arrays.copyOfRange(stream, at, to));
      answers.append(client.readText());
      at = to;
    }
    client.finish();
    answers.append(client.readText());
    // Whether a client is told to go on depends on what it has sent already (RFC 9110 10.1.1).
    String finals = answers.toString().replace(CONTINUE, "");
    return new Outcome(finals, client.isFinished(), handled.toString(), server.errors().nonZero());
  }

  private HttpServer server(FakeContext context) {
    return HttpServer.on(context, 80)
        .clock(InstantSource.fixed(Instant.parse("2026-11-22T12:00:00Z")))
        .get("/", this::what)
        .get("/files/*", this::what)
        .put("/item", this::what)
        .post("/read", (request, response) -> request.onBody(new Reading(response)))
        .start();
  }

  private void what(HttpRequest request, HttpResponse response) {
    handled.append(request.method()).append(' ').append(request.path()).append('\n');
    response.text(
        request.method()
            + " "
            + request.path()
            + " ?"
            + request.query()
            + " *"
            + request.pathRest()
            + " host="
            + request.header("Host")
            + "\n");
  }

  /** Answers with the content, when all of it is there. */
  private final class Reading implements BodyReader {
    private final HttpResponse response;
    private final StringBuilder content = new StringBuilder();

    Reading(HttpResponse response) {
      this.response = response;
    }

    @Override
    public void onBody(HttpRequest request) {
      for (ByteBuf in = request.peek(); in != null; in = request.peek()) {
        content.append(in.toString(StandardCharsets.ISO_8859_1));
        request.skip(in.readableBytes());
      }
      if (request.isBodyAtEnd()) {
        handled.append("[").append(content).append("]\n");
        response.text("[" + content + "]");
      }
    }
  }
}
