package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.it.Command;
import dev.tapstack.it.Outcome;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;

/** {@code scripts/clean} removes the containers and networks of a test run that was killed. */
@DockerRequired
class LeftoversIT {
  @Test
  void removesWhatADeadProcessLeftAndNothingOfALivingOne() throws Exception {
    Process dead = new ProcessBuilder("true").start();
    dead.waitFor();
    Map<String, String> labels = Map.of(Ownership.PID_LABEL, Long.toString(dead.pid()));
    try (Network left =
            Network.builder()
                .createNetworkCmdModifier(command -> command.withLabels(labels))
                .build();
        Network kept = Networks.bridge();
        GenericContainer<?> ofTheDead = PeerImage.container().withLabels(labels).withNetwork(left);
        GenericContainer<?> ofTheLiving = PeerImage.container().withNetwork(kept)) {
      ofTheDead.start();
      ofTheLiving.start();
      Outcome clean =
          Command.run(
              Command.DEADLINE, List.of(System.getProperty("tapstack.root") + "/scripts/clean"));
      String said = clean.ok().output();
      assertTrue(
          said.contains("removed: container " + shortened(ofTheDead.getContainerId())), said);
      assertTrue(said.contains("removed: network " + shortened(left.getId())), said);
      assertEquals(1, Docker.run("container", "inspect", ofTheDead.getContainerId()).status());
      assertEquals(1, Docker.run("network", "inspect", left.getId()).status());
      Docker.run("container", "inspect", ofTheLiving.getContainerId()).ok();
      Docker.run("network", "inspect", kept.getId()).ok();
    }
  }

  private static String shortened(String id) {
    return id.substring(0, 12);
  }
}
