package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A command of the kernel's side that the test streams {@link Content} to and digests what comes
 * out of: neither is kept, so that it may be a gigabyte.
 */
final class StreamedCommand implements AutoCloseable {
  /**
   * What came out.
   *
   * @param status exit status
   * @param length bytes
   * @param sha256 in hexadecimal digits
   * @param errors what was written to standard error
   */
  record Result(int status, long length, String sha256, String errors) {
    /** Asserts that the command succeeded and that exactly {@code content} came out. */
    void assertIs(Content content) {
      assertEquals(0, status, errors);
      assertEquals(content.length(), length, errors);
      assertEquals(content.sha256(), sha256, "other bytes than were sent");
    }
  }

  private final Process process;
  private final CompletableFuture<Void> written;
  private final CompletableFuture<String> errors;
  private final CompletableFuture<Void> mayRead = new CompletableFuture<>();
  private final MessageDigest digest = Content.newDigest();
  private final CompletableFuture<Long> length;

  /**
   * Starts it.
   *
   * @param input what it gets and then the end of its input; null for an input that stays open
   * @param reads whether its output is read at once; otherwise when {@link #read} is called
   */
  private StreamedCommand(
      TestNamespace namespace, @Nullable Content input, boolean reads, String... words) {
    try {
      process = new ProcessBuilder(namespace.inside(words)).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    written =
        input == null
            ? CompletableFuture.completedFuture(null)
            : CompletableFuture.runAsync(() -> write(input), StreamedCommand::inThread);
    errors = CompletableFuture.supplyAsync(this::readErrors, StreamedCommand::inThread);
    length = mayRead.thenApplyAsync(unused -> digestOutput(), StreamedCommand::inThread);
    if (reads) {
      read();
    }
  }

  /** Starts a command that gets {@code input} and whose output is read as it comes. */
  static StreamedCommand start(TestNamespace namespace, Content input, String... words) {
    return new StreamedCommand(namespace, input, true, words);
  }

  /** Starts a command that gets {@code input} and whose output waits until {@link #read}. */
  static StreamedCommand startUnread(TestNamespace namespace, Content input, String... words) {
    return new StreamedCommand(namespace, input, false, words);
  }

  /** Starts a command whose input stays open, and empty, until {@link #type} and {@link #close}. */
  static StreamedCommand startOpen(TestNamespace namespace, String... words) {
    return new StreamedCommand(namespace, null, true, words);
  }

  /** Runs a command without input. */
  static Result run(TestNamespace namespace, Duration deadline, String... words) {
    return run(namespace, deadline, Content.text(""), words);
  }

  /** Runs a command with this input. */
  static Result run(TestNamespace namespace, Duration deadline, Content input, String... words) {
    try (StreamedCommand command = start(namespace, input, words)) {
      return command.await(deadline);
    }
  }

  private static void inThread(Runnable task) {
    Thread thread = new Thread(task, "streamed command");
    thread.setDaemon(true);
    thread.start();
  }

  Process process() {
    return process;
  }

  /** From now on the output is read. */
  void read() {
    mayRead.complete(null);
  }

  /** Writes to an input that stays open. */
  void type(String text) {
    write(Content.text(text), false);
  }

  /** Ends an input that stayed open. */
  void endInput() {
    write(Content.text(""), true);
  }

  private void write(Content input) {
    write(input, true);
  }

  private void write(Content input, boolean end) {
    try {
      OutputStream out = process.getOutputStream();
      input.writeTo(out);
      out.flush();
      if (end) {
        out.close();
      }
    } catch (IOException e) {
      // The command has ended: its status and its output tell.
    }
  }

  private String readErrors() {
    try (InputStream in = process.getErrorStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private long digestOutput() {
    byte[] bytes = new byte[1 << 16];
    long all = 0;
    try (InputStream in = process.getInputStream()) {
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        digest.update(bytes, 0, count);
        all += count;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  /** Waits for its end; fails the test when the deadline passes first. */
  Result await(Duration deadline) {
    try {
      if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("still running after " + deadline + ": " + process.info());
      }
      long millis = Command.DEADLINE.toMillis();
      written.get(millis, TimeUnit.MILLISECONDS);
      long all = length.get(millis, TimeUnit.MILLISECONDS);
      String said = errors.get(millis, TimeUnit.MILLISECONDS);
      return new Result(process.exitValue(), all, HexFormat.of().formatHex(digest.digest()), said);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Ends the command and what it started, if it is still running. */
  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    read();
  }
}
