package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the README shows is what is there. */
class ReadmeTest {
  private static final Path ROOT = Path.of(System.getProperty("tapstack.root"));

  static final String README = read(ROOT.resolve("README.md"));

  /** The programs are those of {@code example/}, which {@code ReadmeIT} or the build runs. */
  @Test
  void showsTheProgramsThatAreRun() {
    List<String> programs =
        Stream.of("Hello", "Mirror", "Echo", "Shout", "LossyNetworkTest")
            .map(ReadmeTest::program)
            .toList();
    assertEquals(programs, blocks("java"));
  }

  private static String program(String name) {
    String example = "integration-tests/src/test/java/dev/tapstack/it/example/";
    String source = read(ROOT.resolve(example + name + ".java"));
    // The reader's program is in no package, and needs no word on our tests.
    return source
        .replaceFirst("package [^;]*;\\s+", "")
        .replaceFirst("(?s)/\\*\\*.*?\\*/\\s", "")
        .strip();
  }

  @Test
  void namesFilesThatAreThere() {
    Matcher link = Pattern.compile("]\\(([^)#:]+)\\)").matcher(README);
    List<String> missing = new ArrayList<>();
    int links = 0;
    while (link.find()) {
      links++;
      if (!Files.exists(ROOT.resolve(link.group(1)))) {
        missing.add(link.group(1));
      }
    }
    assertEquals(List.of(), missing);
    assertTrue(links >= 5, "the five files to read first, at least");
  }

  @Test
  void namesScriptsThatAreThere() {
    Matcher script = Pattern.compile("scripts/([a-z]+)").matcher(README);
    while (script.find()) {
      assertTrue(Files.isExecutable(ROOT.resolve(script.group())), script.group());
    }
  }

  @Test
  void hasNoEmptyPlace() {
    assertFalse(Pattern.compile("(?m)^@[A-Z]+@$").matcher(README).find());
  }

  private static List<String> blocks(String language) {
    return Pattern.compile("(?s)```" + language + "\n(.*?)```")
        .matcher(README)
        .results()
        .map(block -> block.group(1).strip())
        .toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
