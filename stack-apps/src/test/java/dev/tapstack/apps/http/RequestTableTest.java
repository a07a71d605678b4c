package dev.tapstack.apps.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.apps.fake.FakeConnection;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests as RFC 9110 and RFC 9112 have them, right and wrong ones, and what they are answered. In
 * the tables {@code \n} stands for CRLF; a bare CR or LF is written {@code <CR>} or {@code <LF>}.
 */
class RequestTableTest {
  private final HttpFixture fixture = new HttpFixture();

  private static String wire(String table) {
    return table.replace("\n", "\r\n").replace("<CR>", "\r").replace("<LF>", "\n");
  }

  static Stream<Arguments> valid() {
    return Stream.of(
        // RFC 9112 3: the request line; RFC 9110 9.3: methods
        Arguments.of("GET /what HTTP/1.1\nHost: a\n\n", 200, "GET /what ?null x=null"),
        Arguments.of("GET / HTTP/1.1\nHost: a\n\n", 200, "root"),
        Arguments.of("PUT /item HTTP/1.1\nHost: a\nContent-Length: 0\n\n", 201, ""),
        Arguments.of("DELETE /item HTTP/1.1\nHost: a\n\n", 204, ""),
        Arguments.of("POST /read HTTP/1.1\nHost: a\nContent-Length: 3\n\nabc", 200, "[abc]"),
        Arguments.of("POST /read HTTP/1.1\nHost: a\nContent-Length: 0\n\n", 200, "[]"),
        Arguments.of("POST /read HTTP/1.1\nHost: a\nContent-Length: 003\n\nabc", 200, "[abc]"),
        // RFC 9112 2.2: an empty line before the request line
        Arguments.of("\nGET / HTTP/1.1\nHost: a\n\n", 200, "root"),
        // RFC 9110 2.5: a higher minor version is served as the highest that is known
        Arguments.of("GET / HTTP/1.9\nHost: a\n\n", 200, "root"),
        Arguments.of("GET / HTTP/1.0\n\n", 200, "root"),
        // RFC 9112 3.2: the forms of the target
        Arguments.of("GET /what?a=b&c HTTP/1.1\nHost: a\n\n", 200, "GET /what ?a=b&c x=null"),
        Arguments.of("GET /what? HTTP/1.1\nHost: a\n\n", 200, "GET /what ?null x=null"),
        Arguments.of("GET http://a:80/what?q HTTP/1.1\nHost: a\n\n", 200, "GET /what ?q x=null"),
        Arguments.of("GET HTTP://A HTTP/1.1\nHost: a\n\n", 200, "root"),
        Arguments.of("GET http://a?q HTTP/1.1\nHost: a\n\n", 200, "root"),
        Arguments.of("OPTIONS * HTTP/1.1\nHost: a\n\n", 204, ""),
        // RFC 3986 6.2.2: normalization
        Arguments.of("GET /%77hat HTTP/1.1\nHost: a\n\n", 200, "GET /what ?null x=null"),
        Arguments.of("GET /a/../what HTTP/1.1\nHost: a\n\n", 200, "GET /what ?null x=null"),
        Arguments.of("GET /./what HTTP/1.1\nHost: a\n\n", 200, "GET /what ?null x=null"),
        Arguments.of("GET /files/a/b/../c HTTP/1.1\nHost: a\n\n", 200, "file a/c"),
        Arguments.of("GET /files/a/.. HTTP/1.1\nHost: a\n\n", 200, "file "),
        Arguments.of("GET /files/... HTTP/1.1\nHost: a\n\n", 200, "file ..."),
        Arguments.of("GET /files/deep/x HTTP/1.1\nHost: a\n\n", 200, "deep"),
        // RFC 9112 5.1: white space around a value; RFC 9110 5.3: several lines, one list
        Arguments.of("GET /what HTTP/1.1\nHost: a\nx-TEST:v\n\n", 200, "GET /what ?null x=v"),
        Arguments.of(
            "GET /what HTTP/1.1\nHost: a\nX-Test: \t v w \t\n\n", 200, "GET /what ?null x=v w"),
        Arguments.of("GET /what HTTP/1.1\nHost: a\nX-Test:\n\n", 200, "GET /what ?null x="),
        Arguments.of(
            "GET /what HTTP/1.1\nX-Test: 1\nHost: a\nX-Test: 2\n\n", 200, "GET /what ?null x=1, 2"),
        Arguments.of("GET / HTTP/1.1\nHost: a\nX: \u00ff\n\n", 200, "root"),
        // RFC 9112 3.2: a Host without a value if there is no authority
        Arguments.of("GET / HTTP/1.1\nHost:\n\n", 200, "root"),
        Arguments.of("GET / HTTP/1.1\nHost: [fe80::1]:8080\n\n", 200, "root"),
        // what no route or no method matches
        Arguments.of("GET /nothing HTTP/1.1\nHost: a\n\n", 404, "404 Not Found\n"),
        Arguments.of("GET /what/ HTTP/1.1\nHost: a\n\n", 404, "404 Not Found\n"),
        Arguments.of("DELETE /what HTTP/1.1\nHost: a\n\n", 405, "405 Method Not Allowed\n"));
  }

  @ParameterizedTest
  @MethodSource("valid")
  void aRequestInOrderIsAnsweredAndTheConnectionGoesOn(String table, int code, String content) {
    String request = wire(table);
    HttpFixture.Answer answer = fixture.ask(request);
    assertEquals(code, answer.code());
    assertEquals(content, answer.content());
    assertEquals(HttpFixture.DATE, answer.field("Date"));
    boolean isClosed = answer.field("Connection").equals("close");
    assertEquals(request.contains("HTTP/1.0"), isClosed);
    assertEquals(Map.of(), fixture.server.errors().nonZero());
  }

  static Stream<Arguments> invalid() {
    return Stream.of(
        // RFC 9112 3: single spaces, no others
        Arguments.of("GET / HTTP/1.1 \nHost: a\n\n", 400, "bad-version"),
        Arguments.of("GET  / HTTP/1.1\nHost: a\n\n", 400, "bad-request-line"),
        Arguments.of("GET /  HTTP/1.1\nHost: a\n\n", 400, "bad-version"),
        Arguments.of(" GET / HTTP/1.1\nHost: a\n\n", 400, "bad-request-line"),
        Arguments.of("GET\t/\tHTTP/1.1\nHost: a\n\n", 400, "bad-request-line"),
        Arguments.of("GET /\n\n", 400, "bad-request-line"),
        Arguments.of("GET\n\n", 400, "bad-request-line"),
        Arguments.of("G(T / HTTP/1.1\nHost: a\n\n", 400, "bad-request-line"),
        Arguments.of("\n\nGET / HTTP/1.1\nHost: a\n\n", 400, "empty-lines"),
        // RFC 9110 9.1: methods are case-sensitive; 15.6.2: unknown ones are 501
        Arguments.of("get / HTTP/1.1\nHost: a\n\n", 501, "unknown-method"),
        Arguments.of("TRACE / HTTP/1.1\nHost: a\n\n", 501, "unknown-method"),
        Arguments.of("CONNECT a:80 HTTP/1.1\nHost: a\n\n", 501, "unknown-method"),
        // RFC 9112 2.3: the version
        Arguments.of("GET / HTTP/2.0\nHost: a\n\n", 505, "unsupported-version"),
        Arguments.of("PRI * HTTP/2.0\n\nSM\n\n", 505, "unsupported-version"),
        Arguments.of("GET / HTTP/0.9\nHost: a\n\n", 505, "unsupported-version"),
        Arguments.of("GET / http/1.1\nHost: a\n\n", 400, "bad-version"),
        Arguments.of("GET / HTTP/1.10\nHost: a\n\n", 400, "bad-version"),
        Arguments.of("GET / HTTP/1\nHost: a\n\n", 400, "bad-version"),
        Arguments.of("GET / HTTP/1.x\nHost: a\n\n", 400, "bad-version"),
        // RFC 9112 3.2: the forms of the target
        Arguments.of("GET what HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        Arguments.of("GET * HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        Arguments.of("GET ftp://a/ HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        Arguments.of("GET http:/// HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        Arguments.of("GET http://u@a/ HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        Arguments.of("GET /a#b HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        Arguments.of("GET /\u00e4 HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        Arguments.of("GET /\u0001 HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        Arguments.of("GET /% HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        Arguments.of("GET /%4 HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        Arguments.of("GET /%4g HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        Arguments.of("GET /%00 HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        Arguments.of("GET /.. HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        Arguments.of("GET /a/../../b HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        Arguments.of("GET /%2e%2e/b HTTP/1.1\nHost: a\n\n", 400, "bad-target"),
        // RFC 9112 3.2: Host, exactly one in HTTP/1.1
        Arguments.of("GET / HTTP/1.1\n\n", 400, "no-host"),
        Arguments.of("GET / HTTP/1.1\nHost: a\nHost: a\n\n", 400, "two-hosts"),
        Arguments.of("GET / HTTP/1.0\nHost: a\nHost: a\n\n", 400, "two-hosts"),
        Arguments.of("GET / HTTP/1.1\nHost: a b\n\n", 400, "bad-host"),
        Arguments.of("GET / HTTP/1.1\nHost: a/b\n\n", 400, "bad-host"),
        Arguments.of("GET / HTTP/1.1\nHost: u@a\n\n", 400, "bad-host"),
        // RFC 9112 5: field lines
        Arguments.of("GET / HTTP/1.1\nHost : a\n\n", 400, "space-before-colon"),
        Arguments.of("GET / HTTP/1.1\nHost\t: a\n\n", 400, "space-before-colon"),
        Arguments.of("GET / HTTP/1.1\nHost: a\nX: 1\n 2\n\n", 400, "obsolete-folding"),
        Arguments.of("GET / HTTP/1.1\nHost: a\nX: 1\n\t2\n\n", 400, "obsolete-folding"),
        Arguments.of("GET / HTTP/1.1\n Host: a\n\n", 400, "obsolete-folding"),
        Arguments.of("GET / HTTP/1.1\nHost: a\nX\n\n", 400, "bad-field-name"),
        Arguments.of("GET / HTTP/1.1\nHost: a\n: x\n\n", 400, "bad-field-name"),
        Arguments.of("GET / HTTP/1.1\nHost: a\nX@: x\n\n", 400, "bad-field-name"),
        Arguments.of("GET / HTTP/1.1\nHost: a\nX Y: x\n\n", 400, "bad-field-name"),
        Arguments.of("GET / HTTP/1.1\nHost: a\nX: \u0000\n\n", 400, "bad-field-value"),
        Arguments.of("GET / HTTP/1.1\nHost: a\nX: \u007f\n\n", 400, "bad-field-value"),
        // RFC 9112 2.2: line ends
        Arguments.of("GET / HTTP/1.1<LF>Host: a\n\n", 400, "bare-lf"),
        Arguments.of("GET / HTTP/1.1\nHost: a<LF>\n", 400, "bare-lf"),
        Arguments.of("GET / HTTP/1.1\nHost: a\n<LF>", 400, "bare-lf"),
        Arguments.of("GET / HTTP/1.1\nHost: a\nX: 1<CR>Y: 2\n\n", 400, "bad-field-value"),
        Arguments.of("GET / HTTP/1.1<CR>\nHost: a\n\n", 400, "bad-version"),
        Arguments.of("GET / HTTP/1.1\nHost: a<CR>\n\n", 400, "bad-field-value"),
        // RFC 9112 6.3, 11.2: framing that can be read in two ways
        Arguments.of(
            "POST /read HTTP/1.1\nHost: a\nContent-Length: 3\nTransfer-Encoding: chunked\n\n0\n\n",
            400,
            "length-and-coding"),
        Arguments.of(
            "POST /read HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nContent-Length: 3\n\n0\n\n",
            400,
            "length-and-coding"),
        Arguments.of(length("3\nContent-Length: 4"), 400, "two-content-lengths"),
        Arguments.of(length("3\nContent-Length: 3"), 400, "two-content-lengths"),
        Arguments.of(length("3, 3"), 400, "bad-content-length"),
        Arguments.of(length("+3"), 400, "bad-content-length"),
        Arguments.of(length("-3"), 400, "bad-content-length"),
        Arguments.of(length("0x3"), 400, "bad-content-length"),
        Arguments.of(length("3 3"), 400, "bad-content-length"),
        Arguments.of(length("3."), 400, "bad-content-length"),
        Arguments.of(length(""), 400, "bad-content-length"),
        Arguments.of(length("\u0663"), 400, "bad-content-length"),
        Arguments.of(length("99999999999999999999999"), 413, "content-too-large"),
        Arguments.of(coding("identity"), 400, "bad-transfer-coding"),
        Arguments.of(coding("chunked, identity"), 400, "bad-transfer-coding"),
        Arguments.of(coding("chunked, chunked"), 400, "bad-transfer-coding"),
        Arguments.of(coding("chunked\nTransfer-Encoding: chunked"), 400, "bad-transfer-coding"),
        Arguments.of(coding("xchunked"), 400, "bad-transfer-coding"),
        Arguments.of(coding("chunked;q=1"), 400, "bad-transfer-coding"),
        Arguments.of(coding("\"chunked\""), 400, "bad-transfer-coding"),
        Arguments.of(coding(""), 400, "bad-transfer-coding"),
        Arguments.of(coding("gzip, chunked"), 501, "unknown-transfer-coding"),
        Arguments.of(coding("gzip\nTransfer-Encoding: chunked"), 501, "unknown-transfer-coding"),
        Arguments.of(
            "POST /read HTTP/1.0\nTransfer-Encoding: chunked\n\n0\n\n", 400, "coding-in-http-10"),
        Arguments.of("POST /read HTTP/1.1\nHost: a\n\n", 411, "length-required"),
        Arguments.of("PUT /item HTTP/1.1\nHost: a\n\n", 411, "length-required"),
        Arguments.of("GET / HTTP/1.1\nHost: a\nExpect: x\n\n", 417, "unknown-expectation"),
        Arguments.of("GET /fail HTTP/1.1\nHost: a\n\n", 500, "handler-failed"));
  }

  private static String length(String value) {
    return "POST /read HTTP/1.1\nHost: a\nContent-Length: " + value + "\n\nabc";
  }

  private static String coding(String value) {
    return "POST /read HTTP/1.1\nHost: a\nTransfer-Encoding: " + value + "\n\n0\n\n";
  }

  @ParameterizedTest
  @MethodSource("invalid")
  void aRequestOutOfOrderIsRefusedAndTheConnectionCloses(String table, int code, String error) {
    FakeConnection client = fixture.client();
    client.send(wire(table)).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    var answers = HttpFixture.answers(client.readText(), false);
    assertEquals(1, answers.size(), "what follows is not served");
    assertEquals(code, answers.get(0).code(), () -> answers.get(0).content());
    assertEquals("close", answers.get(0).field("Connection"));
    assertTrue(client.isFinished());
    assertEquals(Map.of(error, 1L), fixture.server.errors().nonZero());
    client.finish();
    assertTrue(client.isClosedCleanly(), "no reset before the client has seen the answer");
    assertEquals(0, fixture.server.openConnections());
    assertEquals(0, fixture.context.armedTimers());
  }
}
