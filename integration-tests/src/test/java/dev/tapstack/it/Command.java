package dev.tapstack.it;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A command that a test started; its output goes to files, so that it never waits for a reader. */
public final class Command implements AutoCloseable {
  /** Long for any command that moves less than a gigabyte, even on a busy machine. */
  public static final Duration DEADLINE = Duration.ofSeconds(120);

  /** For a gigabyte and its checksum, likewise. */
  public static final Duration GIGABYTE_DEADLINE = Duration.ofMinutes(5);

  private static final long POLL_MILLIS = 10;

  private final List<String> words;
  private final Process process;
  private final Path output;
  private final Path errors;

  private Command(List<String> words, Process process, Path output, Path errors) {
    this.words = words;
    this.process = process;
    this.output = output;
    this.errors = errors;
  }

  /** Starts it, without input. */
  public static Command start(List<String> words) {
    try {
      Path output = Files.createTempFile("tapstack-it", ".out");
      Path errors = Files.createTempFile("tapstack-it", ".err");
      Process process =
          new ProcessBuilder(words)
              .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile())
              .start();
      return new Command(words, process, output, errors);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs it to its end. */
  public static Outcome run(Duration deadline, List<String> words) {
    try (Command command = start(words)) {
      return command.await(deadline);
    }
  }

  /**
   * The words that start the packed program, assertions on. SIGINT is heard also where the tests
   * run in a shell's background, which ignores it for all that they start.
   */
  public static List<String> program() {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return List.of(
        "env", "--default-signal=INT", java, "-ea", "-jar", System.getProperty("tapstack.jar"));
  }

  /** The words that start the packed program with these arguments, assertions on. */
  public static List<String> tapstack(String... arguments) {
    List<String> words = new ArrayList<>(program());
    words.addAll(List.of(arguments));
    return words;
  }

  public Process process() {
    return process;
  }

  /** Standard output so far. */
  public String output() {
    return read(output);
  }

  /** Standard error so far. */
  public String errors() {
    return read(errors);
  }

  /** Where standard output goes, for binary content. */
  public Path outputFile() {
    return output;
  }

  /** Waits for its end; fails the test, and ends the command, when the deadline passes first. */
  public Outcome await(Duration deadline) {
    try {
      if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(
            "still running after " + deadline + ": " + words + "\n" + output() + errors());
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return new Outcome(process.exitValue(), output(), errors());
  }

  /** Sends a signal, as kill(1) names it. */
  public void signal(String name) {
    run(DEADLINE, List.of("kill", "-" + name, Long.toString(process.pid()))).ok();
  }

  /** Waits until {@code condition} holds; fails the test when the deadline passes first. */
  public static void awaitUntil(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("not within " + DEADLINE + ": " + what);
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Ends the command and what it started, if it is still running, and removes its files. */
  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor();
      Files.deleteIfExists(output);
      Files.deleteIfExists(errors);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
