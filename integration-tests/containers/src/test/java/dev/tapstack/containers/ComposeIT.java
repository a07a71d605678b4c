package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code scripts/docker-compose.yml} does what the README shows. */
@DockerRequired
class ComposeIT {
  @TempDir private Path directory;

  @Test
  void theClientGoesThroughTheGateway() throws IOException {
    Compose compose = new Compose(directory);
    try (compose) {
      compose.up();
      assertShown(compose, "client", "curl http://10.77.2.3/", "10.77.2.2 asks 10.77.2.3\n");
      assertShown(compose, "web", "curl http://10.77.2.2:8080/", "10.77.2.3 asks 10.77.1.3\n");
      String trace = compose.exec("client", "traceroute -n -q 1 10.77.2.3");
      assertTrue(trace.contains("\n 1  10.77.1.2 "), trace);
      assertTrue(trace.contains("\n 2  10.77.2.3 "), trace);
      String mappings = compose.exec("gateway", "tapstack nat");
      assertTrue(mappings.matches("(?s).*tcp +10.77.1.3:80 +10.77.2.2:8080 +forward .*"), mappings);
    }
    assertEquals("", compose.leftovers());
  }

  private static void assertShown(Compose compose, String service, String line, String output)
      throws IOException {
    assertEquals(output, compose.exec(service, line));
    Path readme = Path.of(System.getProperty("tapstack.root"), "README.md");
    String command = "$ docker compose -f scripts/docker-compose.yml exec " + service + " " + line;
    assertTrue(Files.readString(readme).contains(command + "\n" + output), command);
  }
}
