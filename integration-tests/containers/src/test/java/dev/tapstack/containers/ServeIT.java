package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;

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
}
