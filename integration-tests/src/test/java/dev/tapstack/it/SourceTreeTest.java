package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Limits on the source tree as a whole. */
class SourceTreeTest {
  private static final int MAX_LINES = 600;
  private static final String THIS_FILE =
      "integration-tests/src/test/java/dev/tapstack/it/SourceTreeTest.java";

  private final Path root =
      Path.of(System.getProperty("tapstack.root")).toAbsolutePath().normalize();

  @Test
  void noFileIsTooLongToRead() throws IOException {
    List<Path> files = javaFiles();
    assertTrue(files.contains(root.resolve(THIS_FILE)), "wrong root");
    List<String> tooLong =
        files.stream()
            .filter(file -> lines(file) > MAX_LINES)
            .map(file -> root.relativize(file) + ": " + lines(file) + " lines")
            .toList();
    assertEquals(List.of(), tooLong, "files of more than " + MAX_LINES + " lines: split them");
  }

  private List<Path> javaFiles() throws IOException {
    try (Stream<Path> tree = Files.walk(root)) {
      return tree.filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.toString().contains("/target/"))
          .toList();
    }
  }

  private static long lines(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
