package dev.tapstack.apps.http.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.apps.fake.FakeConnection;
import dev.tapstack.apps.fake.FakeContext;
import dev.tapstack.apps.http.HttpServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Directories listed: what would be served, in order, with names that cannot break the page. */
class DirectoryListingTest {
  private static final Pattern LINK = Pattern.compile("<td><a href=\"([^\"]*)\">([^<]*)</a>");

  private static final int MAX_ENTRIES = 200;

  @TempDir Path temporary;
  private final FakeContext context = new FakeContext();
  private Path directory;

  @BeforeEach
  void start() throws IOException {
    directory = Files.createDirectory(temporary.resolve("www"));
    StaticFiles files = new StaticFiles(directory).listing(MAX_ENTRIES);
    Site.addTo(HttpServer.on(context, 80), files).start();
  }

  private void file(String name) throws IOException {
    Files.writeString(directory.resolve(name), name);
  }

  private FakeConnection ask(String path) {
    return context.client(80).send("GET " + path + " HTTP/1.0\r\n\r\n"); // no chunks
  }

  private String get(String path) {
    return ask(path).readText();
  }

  private static List<String> links(String page) {
    List<String> links = new ArrayList<>();
    for (Matcher link = LINK.matcher(page); link.find(); ) {
      links.add(link.group(1) + " " + link.group(2));
    }
    return links;
  }

  @Test
  void entriesStandInOrderDirectoriesFirst() throws IOException {
    for (String name : List.of("b.txt", "a.txt", "B.txt", "10", "9", ".hidden")) {
      file(name);
    }
    Files.createDirectory(directory.resolve("z"));
    Files.createDirectory(directory.resolve("m"));
    String page = get("/");
    assertTrue(page.startsWith("HTTP/1.1 200 OK\r\n"), page);
    assertTrue(page.contains("\r\nContent-Type: text/html; charset=utf-8\r\n"), page);
    assertTrue(page.contains("<h1>Index of /</h1>\n<p>8 entries</p>"), page);
    List<String> expected = new ArrayList<>(List.of("m/", "z/"));
    expected.addAll(List.of(".hidden", "10", "9", "B.txt", "a.txt", "b.txt"));
    assertEquals(expected.stream().map(name -> name + " " + name).toList(), links(page));
  }

  @Test
  void sizesAndTimesAreShown() throws IOException {
    Path file = directory.resolve("big");
    Files.write(file, new byte[1_234_567]);
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2024-02-29T23:59:30Z")));
    assertTrue(get("/").contains("</a></td><td>1,234,567</td><td>2024-02-29 23:59</td></tr>"));
  }

  @Test
  void aNameCannotLeaveItsPlace() throws IOException {
    String name = "<b>&\"'%2F é:?#\\\n";
    file(name);
    String page = get("/");
    List<String> links = links(page);
    assertEquals(1, links.size(), page);
    String link = links.get(0).substring(0, links.get(0).indexOf(' '));
    assertEquals("%3Cb%3E%26%22%27%252F%20%C3%A9%3A%3F%23%5C%0A", link);
    assertFalse(page.contains("<b>"), page);
    assertTrue(get("/" + link).startsWith("HTTP/1.1 200 OK\r\n"));
  }

  @Test
  void theTitleCannotLeaveItsPlaceEither() throws IOException {
    Files.createDirectory(directory.resolve("<i>{introduction}"));
    String page = get("/%3Ci%3E%7Bintroduction%7D/");
    assertTrue(page.contains("<h1>Index of /&lt;i&gt;{introduction}/</h1>"), page);
  }

  @Test
  void whatIsNotServedIsNotListed() throws Exception {
    Files.writeString(temporary.resolve("secret"), "not for you");
    Files.createSymbolicLink(directory.resolve("outside"), temporary.resolve("secret"));
    Files.createSymbolicLink(directory.resolve("up"), temporary);
    Files.createSymbolicLink(directory.resolve("dangling"), Path.of("nowhere"));
    Process mkfifo = new ProcessBuilder("mkfifo", directory.resolve("fifo").toString()).start();
    assertEquals(0, mkfifo.waitFor());
    file("real");
    Files.createSymbolicLink(directory.resolve("inside"), Path.of("real"));
    assertEquals(List.of("inside inside", "real real"), links(get("/")));
    assertTrue(get("/up/").startsWith("HTTP/1.1 404 "));
  }

  @Test
  void aSubdirectoryLinksUpAndNeedsItsSlash() throws IOException {
    Files.createDirectory(directory.resolve("a b"));
    assertEquals(List.of("../ ../"), links(get("/a%20b/")));
    assertTrue(get("/a%20b").contains("\r\nLocation: /a%20b/\r\n"));
  }

  @Test
  void anIndexPageWins() throws IOException {
    Files.createDirectory(directory.resolve("sub"));
    file("sub/index.html");
    assertTrue(get("/sub/").endsWith("\r\n\r\nsub/index.html"));
    file("index.html");
    assertTrue(get("/").endsWith("\r\n\r\nindex.html"));
    assertTrue(get("/tapstack").contains("ESTABLISHED"));
  }

  @Test
  void aDirectoryWithoutAnEndIsCutAndSaysSo() throws IOException {
    for (int i = 0; i <= MAX_ENTRIES; i++) {
      Files.createFile(directory.resolve("file" + i));
    }
    String page = get("/");
    assertTrue(page.contains("Only 200 entries of this directory are shown"), page);
    assertEquals(MAX_ENTRIES, links(page).size());
    Files.delete(directory.resolve("file0"));
    assertTrue(get("/").contains("<p>200 entries</p>"));
  }

  @Test
  void othersHaveTheirTurnsWhileADirectoryIsRead() throws IOException {
    for (int i = 0; i < 150; i++) {
      Files.createFile(directory.resolve("file" + i));
    }
    long before = context.tasksRun();
    get("/");
    assertTrue(context.tasksRun() - before >= 150 / 32 + 150 / 64, "to read it, and to write it");
  }

  @Test
  void listingsAtATimeAreBounded() throws IOException {
    for (int i = 0; i < 150; i++) {
      Files.createFile(directory.resolve("file" + i));
    }
    List<FakeConnection> readers = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      readers.add(context.client(80, 4096, 4096).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    }
    assertTrue(get("/").startsWith("HTTP/1.1 503 "));
    readers.get(0).reset();
    assertTrue(get("/").startsWith("HTTP/1.1 200 "));
    readers.forEach(FakeConnection::readAll);
    assertTrue(get("/").startsWith("HTTP/1.1 200 "));
  }
}
