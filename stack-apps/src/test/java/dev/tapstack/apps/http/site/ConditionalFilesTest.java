package dev.tapstack.apps.http.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.apps.fake.FakeContext;
import dev.tapstack.apps.http.HttpServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files asked for on a condition, or in part: RFC 9110 13 and 14. */
class ConditionalFilesTest {
  /** The RFC's own example of a time, 5.6.7. */
  private static final String MODIFIED = "Sun, 06 Nov 1994 08:49:37 GMT";

  @TempDir Path directory;
  private final FakeContext context = new FakeContext();
  private String tag;

  @BeforeEach
  void makeFile() throws IOException {
    Path file = Files.writeString(directory.resolve("ten.txt"), "0123456789");
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("1994-11-06T08:49:37.5Z")));
    Files.writeString(directory.resolve("empty.txt"), "");
    Site.addTo(HttpServer.on(context, 80), directory).start();
    tag = field(get("/ten.txt", ""), "ETag");
  }

  private String get(String path, String fields) {
    return request("GET " + path, fields);
  }

  private String request(String line, String fields) {
    return context.client(80).send(line + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n").readText();
  }

  private static String field(String response, String name) {
    int from = response.indexOf("\r\n" + name + ": ") + name.length() + 4;
    return response.substring(from, response.indexOf("\r\n", from));
  }

  private static void assertStatus(int status, String response) {
    assertTrue(response.startsWith("HTTP/1.1 " + status + " "), response);
  }

  @Test
  void aFileHasValidators() {
    String response = get("/ten.txt", "");
    assertEquals(MODIFIED, field(response, "Last-Modified"));
    assertTrue(tag.matches("\"[!#-~]+\""), tag);
    assertEquals("bytes", field(response, "Accept-Ranges"));
  }

  @Test
  void theTagChangesWithTheContent() throws IOException {
    Files.writeString(directory.resolve("ten.txt"), "9876543210");
    assertFalse(tag.equals(field(get("/ten.txt", ""), "ETag")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // RFC 9110 13.2.2, step by step; TAG stands for the file's tag.
        "If-Match: TAG | 200",
        "If-Match: * | 200",
        "If-Match: \"a\", TAG | 200",
        "If-Match: \"a\" | 412",
        "If-Match: W/TAG | 412",
        "If-Match: TAG;If-Unmodified-Since: Sat, 05 Nov 1994 08:49:37 GMT | 200",
        "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT | 200",
        "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT | 412",
        "If-Unmodified-Since: yesterday | 200",
        "If-None-Match: TAG | 304",
        "If-None-Match: W/TAG | 304",
        "If-None-Match: * | 304",
        "If-None-Match: \"a\",W/\"b\" , TAG | 304",
        "If-None-Match: \"a,b\" | 200",
        "If-None-Match: \"unclosed | 200",
        "If-None-Match: \"a\";If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT | 200",
        "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT | 304",
        "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT | 304",
        "If-Modified-Since: Sun Nov  6 08:49:37 1994 | 304",
        "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT | 200",
        "If-Modified-Since: Thu, 31 Feb 1995 08:49:37 GMT | 200",
        "If-Match: TAG;If-None-Match: TAG | 304",
        "If-Match: \"a\";If-None-Match: TAG | 412",
      })
  void conditionsAreEvaluated(String fields, int status) {
    String lines = fields.strip().replace("TAG", tag).replace(";", "\r\n") + "\r\n";
    String response = get("/ten.txt", lines);
    assertStatus(status, response);
    assertStatus(status, request("HEAD /ten.txt", lines));
    assertEquals(status == 200, response.endsWith("\r\n\r\n0123456789"), response);
    if (status == 304) {
      assertEquals(tag, field(response, "ETag"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    // RFC 9110 14.1.2 and 14.2
    "bytes=0-0, 206, 0-0, 0",
    "bytes=2-4, 206, 2-4, 234",
    "bytes=7-, 206, 7-9, 789",
    "bytes=-3, 206, 7-9, 789",
    "bytes=-99, 206, 0-9, 0123456789",
    "bytes=8-99999999999999999999, 206, 8-9, 89",
    "Bytes=9-9, 206, 9-9, 9",
    "bytes=10-, 416, *,",
    "bytes=-0, 416, *,",
    "bytes=99999999999999999999-, 416, *,",
    "'bytes=0-1,4-5', 200, , 0123456789",
    "bytes=4-2, 200, , 0123456789",
    "bytes=-, 200, , 0123456789",
    "bytes=1, 200, , 0123456789",
    "bytes=a-b, 200, , 0123456789",
    "lines=1-2, 200, , 0123456789",
  })
  void rangesAreCut(String range, int status, String content, String body) {
    String response = get("/ten.txt", "Range: " + range + "\r\n");
    assertStatus(status, response);
    assertTrue(response.endsWith("\r\n\r\n" + (body == null ? "" : body)), response);
    if (content != null) {
      assertEquals("bytes " + content + "/10", field(response, "Content-Range"));
    }
    assertStatus(200, request("HEAD /ten.txt", "Range: " + range + "\r\n"));
  }

  @Test
  void nothingOfAnEmptyFileCanBeCut() {
    assertStatus(416, get("/empty.txt", "Range: bytes=0-\r\n"));
    assertStatus(416, get("/empty.txt", "Range: bytes=-1\r\n"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TAG | 206",
        "W/TAG | 200",
        "\"a\" | 200",
        MODIFIED + " | 206",
        "Sun, 06 Nov 1994 08:49:38 GMT | 200", // 13.1.5: exactly that, not "since"
      })
  void aPartOfAnotherRepresentationIsNotWanted(String condition, int status) {
    String fields = "Range: bytes=2-4\r\nIf-Range: " + condition.strip().replace("TAG", tag);
    assertStatus(status, get("/ten.txt", fields + "\r\n"));
  }

  @Test
  void aDateFromTheSameSecondProvesNothing() throws IOException {
    Files.setLastModifiedTime(directory.resolve("ten.txt"), FileTime.from(Instant.now()));
    String date = field(get("/ten.txt", ""), "Last-Modified");
    assertStatus(200, get("/ten.txt", "Range: bytes=2-4\r\nIf-Range: " + date + "\r\n"));
  }
}
