package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.it.Command;
import dev.tapstack.wire.PcapReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A test that fails leaves what was captured, and nothing else. */
@DockerRequired
class FailedTestIT {
  /** The system property with the capture's file. */
  static final String CAPTURE = "tapstack.capture";

  @TempDir Path directory;

  @Test
  void itsContainersAndNetworksAreGoneAndItsCaptureIsKept() throws IOException {
    Path capture = directory.resolve("kept.pcap");
    List<String> words =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-D" + CAPTURE + "=" + capture,
            "-D"
                + TapStackContainer.IMAGE_PROPERTY
                + "="
                + System.getProperty(TapStackContainer.IMAGE_PROPERTY),
            "-cp",
            System.getProperty("java.class.path"),
            FailingTests.class.getName());
    try (Command tests = Command.start(words)) {
      String said = tests.await(Command.DEADLINE.multipliedBy(3)).ok().toString();
      assertTrue(
          Pattern.compile("failed with container [0-9a-f]{64} in [0-9a-f]{64}")
              .matcher(said)
              .find(),
          said);
      assertTrue(said.contains("Unknown option: '--no-such-option'"), said);
      String label = "label=" + Ownership.PID_LABEL + "=" + tests.process().pid();
      assertEquals("", Docker.run("ps", "-aq", "--filter", label).ok().output());
      assertEquals("", Docker.run("network", "ls", "-q", "--filter", label).ok().output());
    }
    try (PcapReader reader = new PcapReader(Files.newInputStream(capture))) {
      assertTrue(reader.next(), "an empty capture");
    }
  }
}
