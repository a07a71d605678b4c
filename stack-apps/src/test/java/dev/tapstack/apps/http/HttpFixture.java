package dev.tapstack.apps.http;

import dev.tapstack.apps.fake.FakeConnection;
import dev.tapstack.apps.fake.FakeContext;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** A server with a few handlers over the fake stack, and a strict reader of its responses. */
final class HttpFixture {
  /** 2026-11-22T12:00:00Z, a Sunday. */
  static final String DATE = "Sun, 22 Nov 2026 12:00:00 GMT";

  /** A response, as a client sees it. */
  record Answer(String statusLine, List<String> fields, String content) {
    int code() {
      return Integer.parseInt(statusLine.substring(9, 12));
    }

    /** The value of a field that occurs at most once, or "". */
    String field(String name) {
      String prefix = name + ": ";
      List<String> found = fields.stream().filter(field -> field.startsWith(prefix)).toList();
      if (found.size() > 1) {
        throw new AssertionError(found);
      }
      return found.isEmpty() ? "" : found.get(0).substring(prefix.length());
    }
  }

  final FakeContext context = new FakeContext();
  final HttpServer server;

  HttpFixture() {
    this(HttpLimits.DEFAULTS);
  }

  HttpFixture(HttpLimits limits) {
    server =
        HttpServer.on(context, 80)
            .limits(limits)
            .clock(InstantSource.fixed(Instant.parse("2026-11-22T12:00:00Z")))
            .get("/", (request, response) -> response.text("root"))
            .get("/what", HttpFixture::what)
            .get("/files/*", (request, response) -> response.text("file " + request.pathRest()))
            .get("/files/deep/*", (request, response) -> response.text("deep"))
            .get("/fail", (request, response) -> fail())
            .put("/item", (request, response) -> response.status(HttpStatus.CREATED).empty())
            .delete("/item", (request, response) -> response.status(HttpStatus.NO_CONTENT).empty())
            .post("/ignore", (request, response) -> response.text("ignored"))
            .post("/read", (request, response) -> request.onBody(new Reading(response)))
            .start();
  }

  private static void fail() {
    throw new UnsupportedOperationException("on purpose");
  }

  /** Answers with what the server has understood. */
  private static void what(HttpRequest request, HttpResponse response) {
    response.text(
        request.method()
            + " "
            + request.path()
            + " ?"
            + request.query()
            + " x="
            + request.header("X-Test"));
  }

  /** Answers with the content. */
  private static final class Reading implements BodyReader {
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
        response.text("[" + content + "]");
      }
    }
  }

  FakeConnection client() {
    return context.client(80);
  }

  /** The only answer to {@code request}, which says whether it was one to HEAD. */
  Answer ask(String request) {
    FakeConnection client = client().send(request);
    List<Answer> answers = answers(client.readText(), request.startsWith("HEAD "));
    if (answers.size() != 1) {
      throw new AssertionError(answers.size() + " answers: " + answers);
    }
    return answers.get(0);
  }

  /** Takes responses apart by RFC 9112 6.3, strictly. */
  static List<Answer> answers(String bytes, boolean toHead) {
    List<Answer> answers = new ArrayList<>();
    int at = 0;
    while (at < bytes.length()) {
      int end = bytes.indexOf("\r\n\r\n", at);
      if (end < 0) {
        throw new AssertionError("no end of head: " + bytes.substring(at));
      }
      List<String> lines = List.of(bytes.substring(at, end).split("\r\n", -1));
      Answer head = new Answer(lines.get(0), lines.subList(1, lines.size()), "");
      at = end + 4;
      int length = 0;
      if (!toHead && head.code() >= 200 && head.code() != 204) {
        length = Integer.parseInt(head.field("Content-Length"));
      }
      String content = bytes.substring(at, at + length);
      answers.add(new Answer(head.statusLine(), head.fields(), content));
      at += length;
    }
    return answers;
  }
}
