package dev.tapstack.apps.http.site;

import dev.tapstack.apps.http.BodyProducer;
import dev.tapstack.apps.http.ByteRange;
import dev.tapstack.apps.http.EntityTag;
import dev.tapstack.apps.http.HttpDate;
import dev.tapstack.apps.http.HttpHandler;
import dev.tapstack.apps.http.HttpRequest;
import dev.tapstack.apps.http.HttpResponse;
import dev.tapstack.apps.http.HttpServer;
import dev.tapstack.apps.http.HttpStatus;
import dev.tapstack.apps.http.Preconditions;
import dev.tapstack.apps.http.ResponseBody;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a directory, for a prefix route: {@code get("/*", new StaticFiles(directory))}. A
 * directory in it is served by its index.html, or by a {@link #listing} if that was asked for. Only
 * regular files are served, and only those whose real path lies in the directory: neither dot
 * segments nor symbolic links lead out of it. With ETag and Last-Modified, conditional requests and
 * ranges (RFC 9110 8.8, 13, 14).
 *
 * <p>Files are read on the loop's thread, a chunk in a turn, so that a slow disk delays others by
 * one chunk. What makes links in the directory must be trusted: the path is looked at before the
 * file is opened. The loop's thread only.
 */
public final class StaticFiles implements HttpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(StaticFiles.class);

  /** What is read in a turn: a few tens of microseconds from the page cache. */
  private static final int CHUNK_BYTES = 64 << 10;

  /** Entries of a listing: some 1 MB; a browser shows that many rows without trouble. */
  private static final int MAX_ENTRIES = 5_000;

  /** Listings at a time, each with the memory of its entries. */
  private static final int MAX_LISTINGS = 32;

  private static final String INDEX = "index.html";

  private final Path root;
  private final InstantSource clock = InstantSource.system();
  private final ByteBuf chunk = Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(CHUNK_BYTES));
  private int maxEntries;
  private int listings;

  /**
   * Serves {@code directory}.
   *
   * @throws IOException if it is no directory that can be read
   */
  public StaticFiles(Path directory) throws IOException {
    root = directory.toRealPath();
    if (!Files.isDirectory(root) || !Files.isReadable(root)) {
      throw new IOException(directory + " is not a directory that can be read");
    }
  }

  /** Directories without an index.html are listed from now on. */
  public StaticFiles listing() {
    return listing(MAX_ENTRIES);
  }

  /** The same with so many entries at most. */
  StaticFiles listing(int entries) {
    maxEntries = entries;
    return this;
  }

  /** Whether the directory itself can be shown: it has an index.html, or is listed. */
  boolean hasFrontPage() {
    return maxEntries > 0 || Files.exists(root.resolve(INDEX));
  }

  @Override
  public void handle(HttpRequest request, HttpResponse response) {
    byte[] rest = request.pathRest().toString().getBytes(StandardCharsets.ISO_8859_1);
    String path = new String(rest, StandardCharsets.UTF_8);
    if (path.startsWith("/") || path.contains("//")) {
      HttpServer.notFound(response);
      return;
    }
    try {
      serve(root.resolve(path), request, response);
    } catch (AccessDeniedException e) {
      response.status(HttpStatus.FORBIDDEN).text(HttpStatus.FORBIDDEN + "\n");
    } catch (IOException | InvalidPathException e) {
      HttpServer.notFound(response);
    }
  }

  private void serve(Path path, HttpRequest request, HttpResponse response) throws IOException {
    Path real = path.toRealPath();
    String requestPath = request.path();
    boolean isDirectoryAsked = requestPath.endsWith("/");
    if (isInside(real) && Files.isDirectory(real)) {
      if (!isDirectoryAsked) {
        redirect(requestPath + "/", response);
        return;
      }
      if (maxEntries > 0 && !Files.exists(real.resolve(INDEX), LinkOption.NOFOLLOW_LINKS)) {
        list(real, requestPath, response);
        return;
      }
      real = real.resolve(INDEX).toRealPath();
      isDirectoryAsked = false;
    }
    BasicFileAttributes attributes =
        Files.readAttributes(real, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!isInside(real) || isDirectoryAsked || !attributes.isRegularFile()) {
      HttpServer.notFound(response);
      return;
    }
    serveFile(real, attributes, request, response);
  }

  private void list(Path directory, String requestPath, HttpResponse response) throws IOException {
    if (listings == MAX_LISTINGS) {
      response.status(HttpStatus.SERVICE_UNAVAILABLE).header("Retry-After", "1");
      response.text(HttpStatus.SERVICE_UNAVAILABLE + "\n");
      return;
    }
    DirectoryListing listing =
        new DirectoryListing(root, directory, requestPath, maxEntries, () -> listings--);
    listings++;
    response.type("text/html; charset=utf-8").header("Cache-Control", "no-cache").stream(listing);
  }

  /** A regular file of the directory: its representation, a part of it, or that it is the same. */
  private void serveFile(
      Path file, BasicFileAttributes attributes, HttpRequest request, HttpResponse response)
      throws IOException {
    long size = attributes.size();
    Instant modified = attributes.lastModifiedTime().toInstant().truncatedTo(ChronoUnit.SECONDS);
    EntityTag tag = tagOf(attributes);
    Preconditions.Outcome outcome = Preconditions.evaluate(request, tag, modified);
    if (outcome == Preconditions.Outcome.FAILED) {
      response.status(HttpStatus.PRECONDITION_FAILED).empty();
      return;
    }
    response.header("ETag", tag.toString()).header("Last-Modified", HttpDate.format(modified));
    if (outcome == Preconditions.Outcome.NOT_MODIFIED) {
      response.status(HttpStatus.NOT_MODIFIED).empty();
      return;
    }
    response.header("Accept-Ranges", "bytes");
    ByteRange range = ByteRange.of(request, size, tag, modified, clock.instant());
    if (range != null) {
      response.header("Content-Range", range.contentRange(size));
    }
    if (range == ByteRange.UNSATISFIABLE) {
      response.status(HttpStatus.RANGE_NOT_SATISFIABLE).empty();
      return;
    }
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    response.type(MediaTypes.of(file.toString()));
    if (range == null) {
      response.stream(size, new FileBody(channel, 0, size));
    } else {
      response.status(HttpStatus.PARTIAL_CONTENT);
      response.stream(range.length(), new FileBody(channel, range.from(), range.length()));
    }
  }

  /** Changes with the file's content: its size and its time to the nanosecond, in hexadecimal. */
  private static EntityTag tagOf(BasicFileAttributes attributes) {
    long nanos = attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS);
    return EntityTag.strong(Long.toHexString(attributes.size()) + "-" + Long.toHexString(nanos));
  }

  private boolean isInside(Path real) {
    return real.startsWith(root);
  }

  private static void redirect(String path, HttpResponse response) {
    String location = PercentCoding.encode(path);
    response.status(HttpStatus.MOVED_PERMANENTLY).header("Location", location).empty();
  }

  private final class FileBody implements BodyProducer {
    private final FileChannel channel;
    private final long end;
    private long position;

    FileBody(FileChannel channel, long from, long length) {
      this.channel = channel;
      this.position = from;
      this.end = from + length;
    }

    @Override
    public void produce(ResponseBody body) {
      int taken = 0;
      // Of at least one byte, so that a write without room asks for the call back.
      int wanted = (int) Math.min(end - position, Math.clamp(body.room(), 1, CHUNK_BYTES));
      if (wanted > 0) {
        if (!read(wanted)) {
          body.end(); // shorter than announced: resets the connection
          return;
        }
        taken = body.write(chunk);
        position += taken;
      }
      if (position == end) {
        body.end();
      } else if (taken == wanted) {
        body.again();
      }
    }

    /** Fills the chunk; false if the file has become shorter, or cannot be read. */
    private boolean read(int bytes) {
      chunk.clear();
      try {
        while (chunk.writerIndex() < bytes) {
          int at = chunk.writerIndex();
          if (chunk.writeBytes(channel, position + at, bytes - at) < 0) {
            return false;
          }
        }
        return true;
      } catch (IOException e) {
        LOG.warn("a file that is being served cannot be read", e);
        return false;
      }
    }

    @Override
    public void ended(boolean complete) {
      try {
        channel.close();
      } catch (IOException e) {
        LOG.warn("a file that was served cannot be closed", e);
      }
    }
  }
}
