package dev.tapstack.apps.http.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.apps.fake.FakeConnection;
import dev.tapstack.apps.fake.FakeContext;
import dev.tapstack.apps.http.HttpServer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Content under names, its tags and its bounds. */
class StoreTest {
  private final FakeContext context = new FakeContext();

  @BeforeEach
  void start() {
    Site.addTo(HttpServer.on(context, 80)).start();
  }

  private String send(String line, String fields, String content) {
    return context
        .client(80)
        .send(line + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + content)
        .readText();
  }

  private String put(String name, String fields, String content) {
    return send(
        "PUT /store/" + name, "Content-Length: " + content.length() + "\r\n" + fields, content);
  }

  private String get(String name) {
    return send("GET /store/" + name, "", "");
  }

  private static void assertStatus(int status, String response) {
    assertTrue(response.startsWith("HTTP/1.1 " + status + " "), response);
  }

  private static String tag(String response) {
    int from = response.indexOf("\r\nETag: ") + 8;
    return response.substring(from, response.indexOf("\r\n", from));
  }

  @Test
  void whatIsPutIsThereUntilItIsDeleted() {
    assertStatus(404, get("a"));
    String created = put("a", "Content-Type: text/x\r\n", "one");
    assertStatus(201, created);
    String read = get("a");
    assertStatus(200, read);
    assertTrue(read.contains("\r\nContent-Type: text/x\r\n"), read);
    assertTrue(read.endsWith("\r\n\r\none"), read);
    assertEquals(tag(created), tag(read));
    String changed = put("a", "", "two");
    assertStatus(204, changed);
    assertNotEquals(tag(created), tag(changed));
    assertTrue(get("a").endsWith("\r\n\r\ntwo"));
    assertStatus(404, get("b"));
    assertStatus(204, send("DELETE /store/a", "", ""));
    assertStatus(404, send("DELETE /store/a", "", ""));
    assertStatus(404, get("a"));
  }

  @Test
  void contentInChunksIsPutTogether() {
    String chunks = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    assertStatus(201, send("PUT /store/a", "Transfer-Encoding: chunked\r\n", chunks));
    assertTrue(get("a").endsWith("\r\n\r\nabcde"));
    assertStatus(201, put("empty", "", ""));
    assertTrue(get("empty").contains("\r\nContent-Length: 0\r\n"));
  }

  @Test
  void onlyWhatHasBeenSeenIsChanged() {
    String first = tag(put("a", "If-None-Match: *\r\n", "one"));
    assertStatus(412, put("a", "If-None-Match: *\r\n", "two"));
    assertStatus(412, put("a", "If-Match: \"other\"\r\n", "two"));
    assertStatus(412, put("b", "If-Match: *\r\n", "two"));
    assertStatus(412, send("DELETE /store/a", "If-Match: \"other\"\r\n", ""));
    assertStatus(304, send("GET /store/a", "If-None-Match: " + first + "\r\n", ""));
    assertStatus(204, put("a", "If-Match: " + first + "\r\n", "two"));
    assertStatus(412, put("a", "If-Match: " + first + "\r\n", "three"));
    assertTrue(get("a").endsWith("\r\n\r\ntwo"));
  }

  @Test
  void ofTwoUploadsThatSawTheSameTheSecondIsRefused() {
    String seen = tag(put("a", "", "one"));
    FakeConnection slow = context.client(80);
    slow.send(
        "PUT /store/a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nIf-Match: "
            + seen
            + "\r\n\r\nsl");
    assertStatus(204, put("a", "If-Match: " + seen + "\r\n", "quick"));
    assertStatus(412, slow.send("ow").readText());
    assertTrue(get("a").endsWith("\r\n\r\nquick"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/b", "%2f"})
  void aNameIsOneSegment(String name) {
    assertStatus(404, put(name, "", "x"));
  }

  @Test
  void aNameHasABound() {
    assertStatus(201, put("n".repeat(Store.MOST_NAME_CHARACTERS), "", "x"));
    assertStatus(404, put("n".repeat(Store.MOST_NAME_CHARACTERS + 1), "", "x"));
  }

  @Test
  void aPartIsNotTakenForTheWhole() {
    assertStatus(400, put("a", "Content-Range: bytes 0-0/2\r\n", "x"));
  }

  @Test
  void theNumberOfItemsIsBounded() {
    for (int i = 0; i < Store.MOST_ITEMS; i++) {
      assertStatus(201, put("item" + i, "", "x"));
    }
    assertStatus(507, put("more", "", "x"));
    assertStatus(204, put("item7", "", "y"));
    assertStatus(204, send("DELETE /store/item8", "", ""));
    assertStatus(201, put("more", "", "x"));
  }

  @Test
  void theBytesOfAnItemAndOfAllAreBounded() {
    String large = "x".repeat(Store.MOST_ITEM_BYTES);
    assertStatus(413, send("PUT /store/a", "Content-Length: " + (large.length() + 1) + "\r\n", ""));
    for (int i = 0; i < Store.MOST_BYTES / Store.MOST_ITEM_BYTES; i++) {
      assertStatus(201, put("large" + i, "", large));
    }
    assertStatus(507, put("more", "", "x"));
    assertStatus(204, send("DELETE /store/large0", "", ""));
    assertStatus(201, put("more", "", "x"));
  }

  @Test
  void anUploadThatIsCutHoldsNothing() {
    String half = "x".repeat(Store.MOST_ITEM_BYTES / 2);
    String head = "PUT /store/a HTTP/1.1\r\nHost: a\r\nContent-Length: " + Store.MOST_ITEM_BYTES;
    for (int i = 0; i < 2 * Store.MOST_BYTES / Store.MOST_ITEM_BYTES; i++) {
      context.client(80).send(head + "\r\n\r\n" + half).reset();
    }
    assertStatus(404, get("a"));
    assertStatus(201, put("a", "", half));
  }
}
