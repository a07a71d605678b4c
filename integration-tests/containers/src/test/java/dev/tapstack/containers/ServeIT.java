package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.it.Command;
import dev.tapstack.it.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.lifecycle.TestDescription;

/** A container's address is the stack's. */
@DockerRequired
class ServeIT {
  @Test
  void aContainerGetsAPageFromTheStackInAnother() throws Exception {
    try (Network network = Networks.bridge();
        TapStackContainer stack = TapStackContainer.serve().withNetwork(network);
        GenericContainer<?> peer = PeerImage.container().withNetwork(network)) {
      stack.start();
      peer.start();
      ExecResult result =
          peer.execInContainer(
              "curl", "-sS", "--fail", "-m", "20", "http://" + stack.address() + "/");
      assertEquals(0, result.getExitCode(), result.getStderr());
      assertTrue(result.getStdout().contains("TapStack"), result.getStdout());
      assertTrue(stack.command("drops").startsWith("Reason"));
    }
  }

  @Test
  void aCaptureIsKeptWhenTheTestFails(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("failed.pcap");
    TestDescription test =
        new TestDescription() {
          @Override
          public String getTestId() {
            return "an example (no test failed here)";
          }

          @Override
          public String getFilesystemFriendlyName() {
            return "example";
          }
        };
    try (TapStackContainer stack = TapStackContainer.serve().withCapture(file)) {
      stack.start(); // its announcements are captured
      stack.afterTest(test, Optional.empty());
      assertFalse(Files.exists(file));
      stack.afterTest(test, Optional.of(new AssertionError("failed")));
      Outcome decoded = Command.run(Command.DEADLINE, decode(file));
      assertTrue(decoded.ok().output().contains(stack.address()), decoded.output());
    }
  }

  private static List<String> decode(Path file) {
    String tapstack = System.getProperty("tapstack.root") + "/scripts/tapstack";
    return List.of(tapstack, "decode", file.toString());
  }
}
