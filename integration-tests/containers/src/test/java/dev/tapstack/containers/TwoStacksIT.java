package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.it.Content;
import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Network;

/** A stack in a container talks to a stack in another: neither end is a kernel. */
@DockerRequired
class TwoStacksIT {
  private static final long LENGTH = 50_000_000;
  private static final Network NETWORK = Networks.bridge();
  private static final TapStackContainer SERVER = TapStackContainer.serve().withNetwork(NETWORK);

  @BeforeAll
  static void start() {
    SERVER.start();
  }

  @AfterAll
  static void end() {
    SERVER.stop();
    NETWORK.close();
  }

  private static TapStackContainer client(String subcommand, String... options) {
    return TapStackContainer.toTheEnd(subcommand, options).withNetwork(NETWORK);
  }

  @Test
  void aDownloadIsWholeAndNoKernelSawASegment() throws IOException, InterruptedException {
    String url = "http://" + SERVER.address() + "/bytes/" + LENGTH;
    try (TapStackContainer get = client("get", "-o", "received", url)) {
      get.start();
      MessageDigest digest = Content.newDigest();
      get.copyFileFromContainer(
          "/var/lib/tapstack/received",
          in -> in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest)));
      assertEquals(Content.pattern(LENGTH).sha256(), HexFormat.of().formatHex(digest.digest()));
    }
    assertEquals(0, kernelSegments(SERVER));
  }

  /** Segments that the kernel of the container's namespace received: "Tcp: ... InSegs ...". */
  private static long kernelSegments(TapStackContainer container)
      throws IOException, InterruptedException {
    List<String> tcp =
        container.execInContainer("grep", "^Tcp:", "/proc/net/snmp").getStdout().lines().toList();
    int column = List.of(tcp.get(0).split(" ")).indexOf("InSegs");
    return Long.parseLong(tcp.get(1).split(" ")[column]);
  }

  @Test
  void eachEchoComesBack() {
    try (TapStackContainer ping = client("ping", "-c", "3", "-s", "4000", SERVER.address())) {
      ping.start();
      assertTrue(ping.getLogs().contains("3 received"), ping.getLogs());
    }
  }
}
