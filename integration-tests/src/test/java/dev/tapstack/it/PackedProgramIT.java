package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;

/** The packed program itself: it starts on the class path, without a warning. */
class PackedProgramIT {
  private static final Path JAR = Path.of(System.getProperty("tapstack.jar"));

  private record Outcome(int status, String output, String errors) {}

  @Test
  void versionIsTheManifestsAndNothingElseIsPrinted() throws Exception {
    Outcome outcome = run("--version");
    assertEquals(0, outcome.status);
    assertEquals("tapstack " + manifestVersion(), outcome.output.strip());
    assertEquals("", outcome.errors);
  }

  @Test
  void wrongUsageIsStatusTwoAndNamesTheMistake() throws Exception {
    Outcome outcome = run("--no-such-option");
    assertEquals(2, outcome.status);
    assertEquals("", outcome.output);
    assertTrue(outcome.errors.contains("--no-such-option"), outcome.errors);
  }

  @Test
  void holdsNoModuleDescriptors() throws Exception {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      assertEquals(
          List.of(),
          jar.stream().filter(entry -> entry.getName().endsWith("module-info.class")).toList());
    }
  }

  private static String manifestVersion() throws IOException {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      return jar.getManifest().getMainAttributes().getValue("Implementation-Version");
    }
  }

  private static Outcome run(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-jar", JAR.toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).start();
    // Both outputs are far smaller than a pipe's buffer.
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), output, errors);
  }
}
