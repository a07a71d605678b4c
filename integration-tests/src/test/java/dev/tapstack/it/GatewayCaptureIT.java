package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every datagram of a session through the gateway, before and after, as Pcap4J reads it. */
@Privileged
class GatewayCaptureIT {
  /** 2 MB each way twice are 5,500 full segments at least. */
  private static final int MINIMUM = 5_500;

  private static final Content DOWN = Content.random(1, 2_000_000);

  /** Another host inside. */
  private static final String CAROL = "192.168.1.3";

  /** Both hosts use it as port, and as identifier of an echo: one of them cannot keep it. */
  private static final int SAME_PORT = 40_000;

  @TempDir private Path directory;

  @Test
  void eachIsTheSameOnBothSidesButForWhatATranslatorChanges() throws IOException {
    Path inside = directory.resolve("inside.pcap");
    Path outside = directory.resolve("outside.pcap");
    Path site = Files.createDirectory(directory.resolve("site"));
    try (OutputStream out = Files.newOutputStream(site.resolve("content"))) {
      DOWN.writeTo(out);
    }
    try (GatewayUnderTest gateway =
            new GatewayUnderTest(
                "--forward",
                "tcp:8080=192.168.1.2:80",
                "--pcap-inside",
                inside.toString(),
                "--pcap-outside",
                outside.toString());
        Nginx alice = new Nginx(gateway.inside(), Files.createDirectory(site.resolve("alice")));
        Nginx bob = new Nginx(gateway.outside(), site)) {
      echoesAndErrors(gateway);
      datagrams(gateway);
      transfers(gateway);
      samePorts(gateway);
      // From outside, to alice.
      gateway.outside().run(words("curl -sS --fail http://203.0.113.1:8080/ready")).ok();
      CounterSummary.atTheEndOf(gateway);
    }
    TranslationOracle.Report report = TranslationOracle.check(inside, outside);
    assertTrue(report.outbound() + report.inbound() >= MINIMUM, report.toString());
    for (String kind : new String[] {"1", "6", "17", "error"}) {
      assertTrue(report.kinds().getOrDefault(kind, 0) > 3, "no " + kind + ": " + report);
    }
    for (String protocol : new String[] {"1", "6", "17"}) {
      String port = protocol + "/%s:" + SAME_PORT;
      String outsideOfAlice = report.endpoints().get(port.formatted(GatewayUnderTest.ALICE));
      assertEquals(port.formatted(GatewayUnderTest.OUTSIDE), outsideOfAlice);
      assertNotEquals(outsideOfAlice, report.endpoints().get(port.formatted(CAROL)));
    }
    assertEquals("6/203.0.113.1:8080", report.endpoints().get("6/192.168.1.2:80"));
  }

  private static void echoesAndErrors(GatewayUnderTest gateway) {
    for (String options : new String[] {"-s 0", "-s 7", "-s 1472", "-s 5000", "-s 65507"}) {
      gateway.inside().run(words("ping -n -c 2 -i 0.05 " + options + " 203.0.113.2")).ok();
    }
    // Ports unreachable, with quotes; a closed port's RST.
    for (String method : new String[] {"-U", "-I", "-T -p 81"}) {
      gateway.inside().run(words("traceroute -n -w 5 -m 3 " + method + " 203.0.113.2")).ok();
    }
    gateway.inside().run(words("tracepath -n 203.0.113.2")).ok();
    for (String large : new String[] {"1472", "5000"}) {
      String[] ask = {"bash", "-c", "head -c " + large + " /dev/zero >/dev/udp/203.0.113.2/99"};
      gateway.inside().run(ask).ok();
    }
  }

  /**
   * One of many fragments each way. From a file: nc makes a datagram of each read, and a pipe gives
   * what its writer has put there so far.
   */
  private void datagrams(GatewayUnderTest gateway) throws IOException {
    Path random = directory.resolve("datagram");
    try (OutputStream out = Files.newOutputStream(random)) {
      Content.random(3, 16_000).writeTo(out);
    }
    String[] answer = {"bash", "-c", "nc -u -l -W 1 7 < " + random + " | wc -c"};
    try (Command bob = gateway.outside().start(answer)) {
      Command.awaitUntil(
          "bob listens",
          () -> gateway.outside().run(words("ss -Hlun sport = :7")).output().contains(":7"));
      String[] ask = {"bash", "-c", "nc -u -w 60 -W 1 203.0.113.2 7 < " + random + " | wc -c"};
      assertEquals("16000\n", gateway.inside().run(ask).ok().output());
      assertEquals("16000\n", bob.await(Command.DEADLINE).output());
    }
  }

  private static void samePorts(GatewayUnderTest gateway) {
    gateway.inside().run(words("ip address add " + CAROL + "/24 dev lan0")).ok();
    for (String host : new String[] {GatewayUnderTest.ALICE, CAROL}) {
      String from = "-s %s -p %d ".formatted(host, SAME_PORT);
      gateway.inside().run(words("nc -z " + from + "203.0.113.2 80")).ok();
      // Nobody listens: bob's error comes back to the one who asked.
      gateway.inside().run("bash", "-c", "echo x | nc -u -w 1 " + from + "203.0.113.2 99");
      String echo = "ping -n -c 1 -e %d -I %s 203.0.113.2".formatted(SAME_PORT, host);
      gateway.inside().run(words(echo)).ok();
    }
  }

  /** With and without timestamps, and with losses that make the kernels use SACK. */
  private static void transfers(GatewayUnderTest gateway) {
    String curl = "curl -sS --fail http://203.0.113.2/content";
    for (int timestamps = 0; timestamps <= 1; timestamps++) {
      gateway.inside().run(words("sysctl -w net.ipv4.tcp_timestamps=" + timestamps)).ok();
      StreamedCommand.run(gateway.inside(), Command.DEADLINE, words(curl)).assertIs(DOWN);
    }
    String lose = " INPUT -p tcp -m statistic --mode nth --packet 0 --every 50 -j DROP";
    gateway.inside().run(words("iptables -A" + lose)).ok();
    StreamedCommand.run(gateway.inside(), Command.DEADLINE, words(curl)).assertIs(DOWN);
    gateway.inside().run(words("iptables -D" + lose)).ok();
    gateway.outside().run(words("iptables -A" + lose)).ok();
    Content up = Content.random(2, 2_000_000);
    try (StreamedCommand bob =
        StreamedCommand.start(gateway.outside(), Content.text(""), words("nc -l 9000"))) {
      Command.awaitUntil(
          "bob listens",
          () -> gateway.outside().run(words("ss -Hltn")).output().contains(":9000 "));
      String[] nc = words("nc -N 203.0.113.2 9000");
      StreamedCommand.run(gateway.inside(), Command.DEADLINE, up, nc).assertIs(Content.text(""));
      bob.await(Command.DEADLINE).assertIs(up);
    }
    gateway.outside().run(words("iptables -D" + lose)).ok();
  }
}
