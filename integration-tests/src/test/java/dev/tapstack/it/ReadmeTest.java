package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the README shows is what is there. */
class ReadmeTest {
  private static final Path ROOT = Path.of(System.getProperty("tapstack.root"));

  static final String README = read(ROOT.resolve("README.md"));

  private static final String EXAMPLES = "integration-tests/src/test/java/dev/tapstack/it/example/";

  private static final String CONTAINER_EXAMPLES =
      "integration-tests/containers/src/test/java/dev/tapstack/containers/example/";

  /** The programs are those of {@code example/}, which {@code ReadmeIT} or the build runs. */
  @Test
  void showsTheProgramsThatAreRun() {
    List<String> programs =
        Stream.of(
                CONTAINER_EXAMPLES + "PageIT",
                CONTAINER_EXAMPLES + "LossyPageIT",
                EXAMPLES + "Hello",
                EXAMPLES + "Mirror",
                EXAMPLES + "Echo",
                EXAMPLES + "Shout",
                EXAMPLES + "LossyNetworkTest")
            .map(ReadmeTest::program)
            .toList();
    assertEquals(programs, blocks("java"));
  }

  private static String program(String path) {
    String source = read(ROOT.resolve(path + ".java"));
    // The reader's program is in no package, and needs no word on our tests.
    return source
        .replaceFirst("package [^;]*;\\s+", "")
        .replaceFirst("(?s)/\\*\\*.*?\\*/\\s", "")
        .replaceAll("(?m)^(import .*\\.|@)DockerRequired;?\\n", "")
        .strip();
  }

  /** It is judged by a test of its own, and run between two kernels by {@code FirewallIT}. */
  @Test
  void showsTheRulesThatAreRun() {
    String rules = "stack-apps/src/test/resources/dev/tapstack/apps/gateway/firewall.yaml";
    assertTrue(blocks("yaml").contains(read(ROOT.resolve(rules)).strip()), rules);
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
    Matcher script = Pattern.compile("scripts/[a-z.-]*[a-z]").matcher(README);
    while (script.find()) {
      Path file = ROOT.resolve(script.group());
      boolean isProgram = script.group().indexOf('.') < 0;
      assertTrue(isProgram ? Files.isExecutable(file) : Files.exists(file), script.group());
    }
  }

  /** Each row of the RFC table names tests that are there, and that cite the RFC. */
  @Test
  void everyRfcIsShownByTests() throws IOException {
    Map<String, String> tests = testSources();
    Matcher row =
        Pattern.compile("(?m)^\\| (\\d[^|]*) \\|[^|]*\\| ([^|]*) \\|([^|]*)\\|$").matcher(README);
    int rows = 0;
    while (row.find()) {
      rows++;
      if (!row.group(2).startsWith("*not")) {
        assertShown(row.group(1).split(","), row.group(3), tests);
      }
    }
    assertTrue(rows > 20, "rows of the RFC table");
  }

  /** Each row of the NAT table names tests that cite that very requirement. */
  @Test
  void everyRequirementOfNatIsShownByTests() throws IOException {
    Map<String, String> tests = testSources();
    Matcher row =
        Pattern.compile("(?m)^\\| (\\d+) (REQ-\\d+|\\d[\\d.]*) \\|[^|]*\\| ([^|]*) \\|([^|]*)\\|$")
            .matcher(README);
    List<String> listed = new ArrayList<>();
    while (row.find()) {
      listed.add(row.group(1) + " " + row.group(2));
      if (!row.group(3).startsWith("*not")) {
        Pattern cited = citationOf(row.group(1), row.group(2));
        assertTrue(
            cited.matcher(sourcesOf(row.group(4), tests)).find(),
            listed.getLast() + " is cited in none of: " + row.group(4));
      }
    }
    Map.of("4787", 14, "5382", 10, "5508", 11, "6888", 15)
        .forEach((rfc, count) -> {
          for (int i = 1; i <= count; i++) {
            assertTrue(listed.contains(rfc + " REQ-" + i), "no row for " + rfc + " REQ-" + i);
          }
        });
    for (int section = 2; section <= 12; section++) {
      assertTrue(listed.contains("7857 " + section), "no row for 7857 " + section);
    }
  }

  /** As "RFC 4787 REQ-5, REQ-6", also across lines of a comment. */
  private static Pattern citationOf(String rfc, String requirement) {
    String space = "\\s+(\\*\\s)?";
    String others = "((REQ-)?[\\d.]+( [a-f]\\))*,?( and)?" + space + ")*";
    return Pattern.compile(
        "RFC " + rfc + space + others + Pattern.quote(requirement) + "(?!\\.?\\d)");
  }

  private static void assertShown(String[] rfcs, String shownBy, Map<String, String> tests) {
    String sources = sourcesOf(shownBy, tests);
    for (String rfc : rfcs) {
      String number = rfc.strip().split(" ")[0];
      assertTrue(
          Pattern.compile("RFCs?[ 0-9.,and*\\n]*\\b" + number + "\\b").matcher(sources).find(),
          "RFC " + number + " is cited in none of: " + shownBy);
    }
  }

  /** The text of all tests that are named. */
  private static String sourcesOf(String shownBy, Map<String, String> tests) {
    StringBuilder sources = new StringBuilder();
    Matcher name =
        Pattern.compile("\\b[A-Z]\\w+(Test|IT)\\b|(?<=[(, ])[a-z]+(?=[,)])").matcher(shownBy);
    while (name.find()) {
      assertTrue(tests.containsKey(name.group()), "no such test: " + name.group());
      sources.append(tests.get(name.group()));
    }
    return sources.toString();
  }

  /** The text of each test class by its name, and of each folder of segment scripts by its. */
  private static Map<String, String> testSources() throws IOException {
    Map<String, String> sources = new HashMap<>();
    try (Stream<Path> tree = Files.walk(ROOT)) {
      for (Path file : tree.filter(ReadmeTest::isTestSource).toList()) {
        String name = file.getFileName().toString();
        String key =
            name.endsWith(".java")
                ? name.replace(".java", "")
                : file.getParent().getFileName().toString();
        sources.merge(key, read(file), String::concat);
      }
    }
    return sources;
  }

  private static boolean isTestSource(Path file) {
    String path = file.toString();
    return path.contains("/src/test/") && (path.endsWith(".java") || path.endsWith(".pkt"));
  }

  @Test
  void hasNoEmptyPlace() {
    assertFalse(Pattern.compile("(?m)^@[A-Z]+@$").matcher(README).find());
  }

  /** The README's blocks in that language. */
  static List<String> blocks(String language) {
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
