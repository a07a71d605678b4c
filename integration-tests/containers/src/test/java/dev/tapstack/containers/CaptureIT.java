package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.MacAddress;
import dev.tapstack.it.Content;
import dev.tapstack.it.Pcap4jOracle;
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.Network;

/** What the stack in a container captured of a session with a kernel, as Pcap4J reads it. */
@DockerRequired
class CaptureIT {
  private static final long BYTES = 3_000_000;

  /** As many full segments of the download alone, without an ACK of the kernel's. */
  private static final int MINIMUM_FRAMES = (int) (BYTES / 1460);

  @TempDir Path directory;

  @Test
  void bothReadersAgreeOnEveryFrameAndEveryChecksumOfOursIsRight() throws IOException {
    Path capture = directory.resolve("session.pcap");
    try (Network network = Networks.bridge();
        TapStackContainer stack =
            TapStackContainer.serve().withNetwork(network).withCapture(capture);
        Peer peer = new Peer(network)) {
      stack.start();
      peer.start();
      String address = stack.address();
      String url = "http://" + address;
      String sum = peer.ok("curl -sS --fail " + url + "/bytes/" + BYTES + " | sha256sum");
      assertEquals(Content.pattern(BYTES).sha256(), sum.split(" ")[0]);
      peer.ok("head -c 500000 /dev/urandom | curl -sS --fail -T - " + url + "/sink");
      for (String size : new String[] {"0", "1472", "20000"}) {
        peer.ok("ping -n -c 2 -i 0.2 -s " + size + " " + address);
      }
      String datagram = Content.pattern(5000).sha256();
      assertEquals(datagram, peer.ok("printf %s " + datagram + " | nc -u -W 1 " + address + " 7"));
      peer.ok("traceroute -n -m 2 " + address); // to closed ports
      peer.run("curl -sS " + url + ":81/"); // and to one of TCP's
      stack.saveCapture();

      Pcap4jOracle.Report report = Pcap4jOracle.check(capture, MINIMUM_FRAMES, mac(stack));
      assertTrue(report.sentByUs() > MINIMUM_FRAMES, report.toString());
      for (String kind : new String[] {"ARP", "ICMP", "UDP", "TCP", "HTTP"}) {
        assertTrue(report.kinds().getOrDefault(kind, 0) > 0, "no " + kind + ": " + report);
      }
    }
  }

  private static MacAddress mac(TapStackContainer stack) {
    Matcher mac = Pattern.compile("MAC (..(:..){5})").matcher(stack.getLogs());
    assertTrue(mac.find(), "no MAC in the ready line");
    return MacAddress.parse(mac.group(1));
  }
}
