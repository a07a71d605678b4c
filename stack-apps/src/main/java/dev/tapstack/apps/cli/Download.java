package dev.tapstack.apps.cli;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.apps.http.HttpGet;
import dev.tapstack.loop.Timer;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code tapstack get}: one GET, its content to a file or standard output, written by a thread.
 *
 * <p>The file is opened when the first content of a good response is there, so that a failure
 * before that leaves it as it was. The loop's thread only.
 */
final class Download implements HttpGet.Sink {
  private static final long PROGRESS_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final Host host;
  private final String url;
  private final @Nullable String file;
  private final boolean showsProgress = isTerminal();
  private final Timer progress = new Timer(this::showProgress);
  private final ChannelWriter out;
  private @Nullable HttpGet get;
  private @Nullable ByteBuf filling;
  private @Nullable String failure;
  private long length = -1;
  private long bytes;
  private long startNanos;
  private boolean isGood;
  private boolean isEnded;

  /**
   * @param file where the content goes, or null for standard output
   */
  Download(Host host, String url, @Nullable String file) {
    this.host = host;
    this.url = url;
    this.file = file;
    out = new ChannelWriter("output", this::open, host.stack()::execute, this::outputChanged);
  }

  private WritableByteChannel open() throws IOException {
    return file == null
        ? ChannelWriter.standardOutput()
        : FileChannel.open(
            Path.of(file),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
  }

  private static boolean isTerminal() {
    try {
      String name = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return name.startsWith("/dev/pts/") || name.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Runs to the end of the content.
   *
   * @return 0
   * @throws CommandException if not all of it is there
   */
  int run(Endpoint server, String authority, String target) {
    get = new HttpGet(authority, target, this);
    failure = "interrupted"; // unless it ends before a signal comes
    try {
      host.stack().connect(null, server, Host.CLIENT_TCP, get);
    } catch (IllegalStateException e) {
      throw new CommandException(url + ": " + e.getMessage(), e);
    }
    host.stopOnSignal();
    startNanos = host.loop().clock().nowNanos();
    host.run();
    out.close();
    if (showsProgress && isGood) {
      System.err.println(line() + "   ");
    }
    if (failure != null) {
      throw new CommandException(url + ": " + failure);
    }
    return 0;
  }

  // The response.

  @Override
  public void head(int status, String reason, long contentLength, @Nullable String location) {
    isGood = status >= 200 && status <= 299;
    if (!isGood) {
      String moved =
          status >= 300 && status <= 399 && location != null
              ? ": redirects are not followed: it is at " + location
              : "";
      finish(status + " " + reason + moved);
      return;
    }
    length = contentLength;
    if (showsProgress) {
      showProgress(host.loop().nowNanos());
    }
  }

  @Override
  public int content(ByteBuf from, int index, int count) {
    if (isEnded) {
      return count; // of a response that is not wanted
    }
    int taken = 0;
    while (taken < count) {
      ByteBuf buffer = filling != null ? filling : out.buffer();
      filling = buffer;
      if (buffer == null) {
        break;
      }
      int step = Math.min(count - taken, buffer.writableBytes());
      buffer.writeBytes(from, index + taken, step);
      taken += step;
      if (!buffer.isWritable()) {
        shown();
      }
    }
    bytes += taken;
    return taken;
  }

  @Override
  public void shown() {
    ByteBuf buffer = filling;
    if (buffer != null && buffer.isReadable()) {
      filling = null;
      out.write(buffer);
    }
  }

  @Override
  public void ended(@Nullable String why) {
    finish(why);
  }

  private void finish(@Nullable String why) {
    if (isEnded) {
      return;
    }
    isEnded = true;
    failure = why;
    if (isGood) {
      out.end(); // what has come is kept, also of a transfer that was cut
    } else {
      host.loop().stop();
    }
  }

  private void outputChanged() {
    IOException failed = out.failure();
    if (failed != null) {
      failure = (file == null ? "standard output" : file) + ": cannot be written: " + failed;
      host.loop().stop();
    } else if (out.isEnded()) {
      host.loop().stop();
    } else if (get != null) {
      get.resume();
    }
  }

  // Progress.

  private void showProgress(long nowNanos) {
    System.err.print(line() + "   \r");
    host.stack().arm(progress, PROGRESS_NANOS);
  }

  private String line() {
    double seconds = Math.max(1, host.loop().clock().nowNanos() - startNanos) / 1e9;
    String of = length < 0 ? "" : String.format(Locale.ROOT, " of %,d", length);
    return String.format(Locale.ROOT, "%,d%s bytes, %.1f MB/s", bytes, of, bytes / seconds / 1e6);
  }
}
