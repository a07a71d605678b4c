package dev.tapstack.apps.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.apps.fake.FakeConnection;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Chunked content, RFC 9112 7.1, whole and byte by byte. In the tables | stands for CRLF. */
class ChunkedTest {
  private static final String HEAD =
      "POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n";
  private static final String NEXT = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  private final HttpFixture fixture = new HttpFixture();

  private static void send(FakeConnection client, String bytes, int pieceBytes) {
    for (int at = 0; at < bytes.length(); at += pieceBytes) {
      client.send(bytes.substring(at, Math.min(bytes.length(), at + pieceBytes)));
    }
  }

  static Stream<Arguments> valid() {
    return Stream.of(
        Arguments.of("0||", ""),
        Arguments.of("3|abc|0||", "abc"),
        Arguments.of("3|abc|2|de|0||", "abcde"),
        Arguments.of("a|0123456789|0||", "0123456789"),
        Arguments.of("A|0123456789|0||", "0123456789"),
        Arguments.of("10|0123456789abcdef|0||", "0123456789abcdef"),
        Arguments.of("0003|abc|000||", "abc"),
        Arguments.of("3;name=value|abc|0||", "abc"),
        Arguments.of("3;name=\"a;b\"|abc|0;last||", "abc"),
        Arguments.of("3 ;name|abc|0||", "abc"), // RFC 9112 7.1.1: bad white space is accepted
        Arguments.of("3\t ; name|abc|0||", "abc"),
        Arguments.of("2|||0||", "\r\n"),
        Arguments.of("6|0||0|0||", "0\r\n\r\n0"),
        Arguments.of("3|abc|0|Trailer: x||", "abc"),
        Arguments.of("3|abc|0|A: 1|B:|Content-Length: 5||", "abc"));
  }

  @ParameterizedTest
  @MethodSource("valid")
  void chunksArePutTogether(String table, String content) {
    for (int pieceBytes : new int[] {1, 2, 3, 1000}) {
      FakeConnection client = fixture.client();
      send(client, HEAD + table.replace("|", "\r\n") + NEXT, pieceBytes);
      var answers = HttpFixture.answers(client.readText(), false);
      assertEquals(2, answers.size(), () -> "" + answers);
      assertEquals("[" + content + "]", answers.get(0).content());
      assertEquals("root", answers.get(1).content());
    }
  }

  static Stream<Arguments> invalid() {
    return Stream.of(
        Arguments.of("|abc|0||", "bad-chunk-size"),
        Arguments.of("x|abc|0||", "bad-chunk-size"),
        Arguments.of(" 3|abc|0||", "bad-chunk-size"),
        Arguments.of("-3|abc|0||", "bad-chunk-size"),
        Arguments.of("+3|abc|0||", "bad-chunk-size"),
        Arguments.of("0x3|abc|0||", "bad-chunk-size"),
        Arguments.of("3g|abc|0||", "bad-chunk-size"),
        Arguments.of("3\nabc|0||", "bad-chunk-size"),
        Arguments.of("3\rabc|0||", "bad-chunk-size"),
        Arguments.of("f00000000000000|abc", "content-too-large"),
        Arguments.of("10000000000000003|abc|0||", "bad-chunk-size"),
        Arguments.of("ffffffffffffffff|abc", "bad-chunk-size"),
        Arguments.of("FFFFFFFFFFFFFFFFFFFFFFFF|abc", "bad-chunk-size"),
        Arguments.of("3 3|abc|0||", "bad-chunk-extension"),
        Arguments.of("3 |abc|0||", "bad-chunk-extension"),
        Arguments.of("3;a\nb|abc|0||", "bad-chunk-extension"),
        Arguments.of("3;a\u0000|abc|0||", "bad-chunk-extension"),
        Arguments.of("3;a\rb|abc|0||", "bad-chunk-size"),
        Arguments.of("3|abcd|0||", "bad-chunk-end"),
        Arguments.of("3|abc0||", "bad-chunk-end"),
        Arguments.of("3|abc\n0||", "bad-chunk-end"),
        Arguments.of("3|abc\rx0||", "bad-chunk-end"),
        Arguments.of("3|abc|0|X||", "bad-field-name"),
        Arguments.of("3|abc|0|: x||", "bad-field-name"),
        Arguments.of("3|abc|0|X : x||", "space-before-colon"),
        Arguments.of("3|abc|0|X: 1| 2||", "obsolete-folding"),
        Arguments.of("3|abc|0|X: \u0001||", "bad-field-value"),
        Arguments.of("3|abc|0|X: a\n||", "bad-field-value"),
        Arguments.of("3|abc|0|\rx", "bad-field-value"));
  }

  @ParameterizedTest
  @MethodSource("invalid")
  void whatIsMalformedIsRefused(String table, String error) {
    for (int pieceBytes : new int[] {1, 1000}) {
      HttpFixture each = new HttpFixture(HttpLimits.DEFAULTS.withContentBytes(1L << 59));
      FakeConnection client = each.client();
      send(client, HEAD + table.replace("|", "\r\n") + NEXT, pieceBytes);
      var answers = HttpFixture.answers(client.readText(), false);
      assertEquals(1, answers.size());
      assertEquals(error.equals("content-too-large") ? 413 : 400, answers.get(0).code());
      assertEquals(Map.of(error, 1L), each.server.errors().nonZero());
      assertTrue(client.isFinished());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {250, 10_000})
  void extensionsAreBounded(int bytes) {
    FakeConnection client = fixture.client();
    client.send(HEAD + "3;" + "x".repeat(bytes) + "\r\nabc\r\n0\r\n\r\n");
    boolean isRefused = HttpFixture.answers(client.readText(), false).get(0).code() == 400;
    assertEquals(bytes > 256, isRefused);
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 40_000})
  void trailersAreBoundedAsHeadersAre(int bytes) {
    FakeConnection client = fixture.client();
    client.send(HEAD + "0\r\nX: " + "x".repeat(bytes) + "\r\n\r\n");
    int code = HttpFixture.answers(client.readText(), false).get(0).code();
    assertEquals(bytes > HttpLimits.DEFAULTS.headerBytes() ? 431 : 200, code);
  }
}
