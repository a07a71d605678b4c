package dev.tapstack.apps.http.site;

import dev.tapstack.apps.http.BodyProducer;
import dev.tapstack.apps.http.ResponseBody;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Locale;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory as a page: what {@link StaticFiles} would serve of it and nothing else, directories
 * first, by name.
 *
 * <p>Theory of operation. The directory is read a few entries in a turn of the loop, into a sorted
 * set, and the page is made a few rows in a turn, so that a large directory delays others no more
 * than a large file does. Beyond a number of entries nothing is read, and the page says so. The
 * loop's thread only.
 */
final class DirectoryListing implements BodyProducer {
  /** Read in a turn, a system call each: some 100 microseconds while the kernel has them cached. */
  private static final int ENTRIES_A_TURN = 32;

  /** Made in a turn: some 10 KB, a few tens of microseconds. */
  private static final int ROWS_A_TURN = 64;

  private static final Logger LOG = LoggerFactory.getLogger(DirectoryListing.class);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

  private record Entry(String name, boolean isDirectory, long size, Instant modified) {
    /** As it is shown and linked to. */
    String shown() {
      return isDirectory ? name + "/" : name;
    }
  }

  private static final Comparator<Entry> ORDER =
      Comparator.comparing((Entry entry) -> !entry.isDirectory).thenComparing(Entry::name);

  private final Path root;
  private final Path directory;
  private final int maxEntries;
  private final String title;
  private final DirectoryStream<Path> stream;
  private final Iterator<Path> files;
  private final Runnable onEnded;
  private final TreeSet<Entry> entries = new TreeSet<>(ORDER);
  private final ByteBuf page = Unpooled.buffer();
  private boolean isRead;
  private boolean isWhole = true;
  private boolean isRendered;

  /**
   * Opens a directory to be listed.
   *
   * @param root what must not be left; a real path
   * @param directory {@code root} or below; a real path
   * @param requestPath how the client calls it
   * @param maxEntries how many are shown
   * @param onEnded called when the listing is over
   * @throws IOException if it cannot be read
   */
  DirectoryListing(Path root, Path directory, String requestPath, int maxEntries, Runnable onEnded)
      throws IOException {
    this.root = root;
    this.directory = directory;
    this.maxEntries = maxEntries;
    this.title = "Index of " + requestPath;
    this.onEnded = onEnded;
    stream = Files.newDirectoryStream(directory);
    files = stream.iterator();
  }

  @Override
  public void produce(ResponseBody body) {
    if (!isRead) {
      readSome();
    } else if (!page.isReadable() && !isRendered) {
      renderSome();
    }
    if (page.isReadable()) {
      body.write(page);
      if (page.isReadable()) {
        return; // called when there is room
      }
    }
    if (isRendered) {
      body.end();
    } else {
      body.again();
    }
  }

  private void readSome() {
    try {
      for (int i = 0; i < ENTRIES_A_TURN && !isRead; i++) {
        boolean isFull = entries.size() == maxEntries;
        isRead = isFull || !files.hasNext();
        isWhole &= !isFull || !files.hasNext();
        if (!isRead) {
          read(files.next());
        }
      }
    } catch (DirectoryIteratorException e) {
      LOG.warn("a directory that is being listed cannot be read", e);
      isRead = true;
      isWhole = false;
    }
    if (isRead) {
      begin();
    }
  }

  /** Notes a file that would be served; one that is gone meanwhile, or is not for us, is none. */
  private void read(Path file) {
    try {
      BasicFileAttributes attributes =
          Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      boolean isInside = true;
      if (attributes.isSymbolicLink()) {
        Path real = file.toRealPath();
        isInside = real.startsWith(root);
        attributes =
            Files.readAttributes(real, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      }
      if (isInside && (attributes.isRegularFile() || attributes.isDirectory())) {
        entries.add(
            new Entry(
                file.getFileName().toString(),
                attributes.isDirectory(),
                attributes.size(),
                attributes.lastModifiedTime().toInstant()));
      }
    } catch (IOException e) {
      LOG.debug("not listed", e);
    }
  }

  private void begin() {
    String count = entries.size() == 1 ? "1 entry" : entries.size() + " entries";
    append(
        HtmlPage.before(
            title,
            isWhole ? count : "Only " + count + " of this directory are shown: it has more."));
    append("<section>\n<table>\n");
    if (!directory.equals(root)) {
      append("<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
    }
  }

  private void renderSome() {
    page.clear();
    Entry entry = entries.pollFirst();
    for (int i = 1; entry != null && i < ROWS_A_TURN; i++) {
      append(row(entry));
      entry = entries.pollFirst();
    }
    if (entry == null) {
      append("</table>\n</section>\n<p>Times are in UTC. ");
      append("<a href=\"" + Site.SELF + "\">Your connection</a></p>\n");
      append(HtmlPage.AFTER);
      isRendered = true;
    } else {
      append(row(entry));
    }
  }

  private static String row(Entry entry) {
    return "<tr><td><a href=\""
        + PercentCoding.encode(entry.shown())
        + "\">"
        + HtmlPage.escape(entry.shown())
        + "</a></td><td>"
        + (entry.isDirectory() ? "" : String.format(Locale.ROOT, "%,d", entry.size()))
        + "</td><td>"
        + TIME.format(entry.modified())
        + "</td></tr>\n";
  }

  private void append(String html) {
    page.writeBytes(html.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void ended(boolean complete) {
    onEnded.run();
    try {
      stream.close();
    } catch (IOException e) {
      LOG.warn("a directory that was listed cannot be closed", e);
    }
  }
}
