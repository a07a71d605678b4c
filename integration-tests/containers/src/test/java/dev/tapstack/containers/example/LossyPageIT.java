package dev.tapstack.containers.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tapstack.containers.DockerRequired;
import dev.tapstack.containers.FaultyNetwork;
import dev.tapstack.containers.TapStackContainer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The README shows it. */
@DockerRequired
class LossyPageIT {
  @Test
  void thePageComesThroughLossAndNotThroughAPartition() throws Exception {
    try (FaultyNetwork network = new FaultyNetwork("--loss", "5%", "--delay", "50ms");
        TapStackContainer server = TapStackContainer.serve("--http", "80");
        HttpClient client = HttpClient.newHttpClient()) {
      server.withNetwork(network).withExposedPorts(80).start();
      HttpRequest page =
          HttpRequest.newBuilder()
              .uri(URI.create("http://" + server.getHost() + ":" + server.getMappedPort(80)))
              .timeout(Duration.ofSeconds(20))
              .build();
      assertEquals(200, status(client, page));

      network.partition(server);
      HttpRequest hasty =
          HttpRequest.newBuilder(page, (name, value) -> true)
              .timeout(Duration.ofSeconds(1))
              .build();
      assertThrows(HttpTimeoutException.class, () -> status(client, hasty));

      network.heal(server);
      network.set("--loss", "0%", "--rate", "10mbit");
      assertEquals(200, status(client, page));
    }
  }

  private static int status(HttpClient client, HttpRequest request) throws Exception {
    return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
  }
}
