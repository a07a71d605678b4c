package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs every script of the resources, at three pairs of initial sequence numbers, so that each side
 * has each. With {@code -Dtapstack.script=NAME} only those whose name contains it.
 */
class SegmentScriptTest {
  private static final String ONLY = System.getProperty("tapstack.script", "");

  @TestFactory
  Stream<DynamicTest> scripts() throws IOException, URISyntaxException {
    URI root = SegmentScriptTest.class.getResource("/dev/tapstack/tcp/scripts").toURI();
    List<Path> files;
    try (Stream<Path> tree = Files.walk(Path.of(root))) {
      files = tree.filter(file -> file.toString().endsWith(".pkt")).sorted().toList();
    }
    assertFalse(files.isEmpty());
    return files.stream()
        .filter(file -> file.toString().contains(ONLY))
        .map(file ->
            dynamicTest(
                file.getParent().getFileName() + "/" + file.getFileName(),
                file.toUri(),
                () -> run(file)));
  }

  private static void run(Path file) {
    SegmentScript script;
    try {
      script = new SegmentScript(file.getFileName().toString(), Files.readAllLines(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int[] isns = TcpHost.ISNS;
    for (int i = 0; i < isns.length; i++) {
      script.run(isns[i], isns[(i + 1) % isns.length]);
    }
  }
}
