package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tapstack gateway} as a plain router between two kernels (RFC 1812). */
@Privileged
class RouterIT {
  private static GatewayUnderTest router;

  @BeforeAll
  static void start() {
    router = new GatewayUnderTest("--no-nat");
    router.outside().run(words("ip route add 192.168.1.0/24 via 203.0.113.1")).ok();
  }

  @AfterAll
  static void end() {
    try (GatewayUnderTest ended = router) {
      Outcome outcome = ended.stop();
      assertEquals(0, outcome.status());
      assertEquals("", outcome.errors());
      assertTrue(
          outcome.output().matches("(?s).*packets: .*forwarded [1-9]\\d{3,}.*"), outcome.output());
    }
  }

  @Test
  void pingPassesBothWaysAndLosesAHop() {
    String out = router.inside().run(words("ping -c 2 -i 0.2 203.0.113.2")).ok().output();
    assertTrue(out.contains(" ttl=63 "), out);
    String in = router.outside().run(words("ping -c 2 -i 0.2 192.168.1.2")).ok().output();
    assertTrue(in.contains(" ttl=63 "), in);
  }

  @Test
  void fragmentsPass() {
    String out = router.inside().run(words("ping -c 2 -i 0.2 -s 5000 203.0.113.2")).ok().output();
    assertTrue(out.contains("5008 bytes from"), out);
  }

  @Test
  void tracerouteAndTracepathSeeTheRouter() {
    String trace = router.inside().run(words("traceroute -n -q 1 203.0.113.2")).ok().output();
    assertTrue(trace.contains("\n 1  192.168.1.1 "), trace);
    assertTrue(trace.contains("\n 2  203.0.113.2 "), trace);
    String back = router.outside().run(words("traceroute -n -q 1 192.168.1.2")).ok().output();
    assertTrue(back.contains("\n 1  203.0.113.1 "), back);
    String path = router.inside().run(words("tracepath -n 203.0.113.2")).ok().output();
    assertTrue(path.contains("pmtu 1500 hops 2 back 2"), path);
  }

  @Test
  void aNetworkThatNobodyKnowsIsUnreachable() {
    Outcome outcome = router.inside().run(words("ping -c 1 -W 5 198.51.100.1"));
    assertTrue(
        outcome.output().contains("From 192.168.1.1 icmp_seq=1 Destination Net Unreachable"),
        outcome.output());
  }

  @Test
  void aHostThatIsNotThereIsUnreachable() {
    Outcome outcome = router.inside().run(words("ping -c 1 -W 10 203.0.113.77"));
    assertTrue(
        outcome.output().contains("From 192.168.1.1 icmp_seq=1 Destination Host Unreachable"),
        outcome.output());
  }

  @Test
  void everyByteOfAPagePasses(@TempDir Path directory) throws IOException {
    Content content = Content.random(11, 100_000_000);
    try (OutputStream out = Files.newOutputStream(directory.resolve("content"))) {
      content.writeTo(out);
    }
    try (Nginx nginx = new Nginx(router.outside(), directory)) {
      StreamedCommand.run(
              router.inside(),
              Command.DEADLINE,
              words("curl -sS --fail http://203.0.113.2/content"))
          .assertIs(content);
    }
  }
}
