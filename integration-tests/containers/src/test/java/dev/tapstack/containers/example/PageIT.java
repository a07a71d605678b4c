package dev.tapstack.containers.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.containers.DockerRequired;
import dev.tapstack.containers.TapStackContainer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;

/** The README shows it. */
@DockerRequired
@Testcontainers
class PageIT {
  @Container
  private final TapStackContainer stack =
      TapStackContainer.serve("--http", "80", "--echo")
          .withExposedPorts(80)
          .withCapture(Path.of("target/page.pcap")); // kept if the test fails

  @Test
  void aPageComesFromTheStackInTheContainer() throws Exception {
    URI uri = URI.create("http://" + stack.getHost() + ":" + stack.getMappedPort(80) + "/");
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> page =
          client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
      assertEquals(200, page.statusCode());
      assertTrue(page.body().contains(stack.address()), page.body());
    }
    assertTrue(stack.command("ss", "-l").contains(":80"));
  }
}
