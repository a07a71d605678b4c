package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.it.Content;
import dev.tapstack.it.Pcap4jOracle;
import dev.tapstack.wire.Arp;
import dev.tapstack.wire.Ethernet;
import dev.tapstack.wire.PcapReader;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.Network;
import org.testcontainers.lifecycle.Startables;

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

  /** Each has what is on its own side. */
  @Test
  void aGatewayHasACaptureOfEachSide() throws IOException {
    Path capture = directory.resolve("gateway.pcap");
    try (Network inside = Networks.bridge();
        Network outside = Networks.bridge();
        TapStackContainer gateway =
            TapStackContainer.gateway(
                    "--inside=" + Networks.subnet(inside), "--outside=" + Networks.subnet(outside))
                .withNetwork(inside)
                .withFurtherNetwork(outside)
                .withCapture(capture);
        Peer alice = new Peer(inside);
        Peer bob = new Peer(outside)) {
      Startables.deepStart(gateway, alice, bob).join();
      alice.ok("ping -n -c 1 -W 20 " + gateway.address(inside));
      bob.run("ping -n -c 1 -W 1 " + gateway.address(outside)); // the outside need not answer
      gateway.saveCapture();
      Set<String> hosts = Set.of(alice.address(), bob.address());
      assertEquals(Set.of(alice.address()), arpSenders("gateway-inside.pcap", hosts));
      assertEquals(Set.of(bob.address()), arpSenders("gateway-outside.pcap", hosts));
    }
  }

  /** Which of {@code hosts} have sent ARP. */
  private Set<String> arpSenders(String name, Set<String> hosts) throws IOException {
    Set<String> senders = new TreeSet<>();
    try (PcapReader reader = new PcapReader(Files.newInputStream(directory.resolve(name)))) {
      while (reader.next()) {
        ByteBuf frame = reader.frame();
        if (Ethernet.type(frame, 0) == Ethernet.TYPE_ARP) {
          senders.add(Ipv4Address.of(Arp.senderIp(frame, Ethernet.HEADER_LENGTH)).toString());
        }
      }
    }
    senders.retainAll(hosts);
    return senders;
  }

  private static MacAddress mac(TapStackContainer stack) {
    Matcher mac = Pattern.compile("MAC (..(:..){5})").matcher(stack.getLogs());
    assertTrue(mac.find(), "no MAC in the ready line");
    return MacAddress.parse(mac.group(1));
  }
}
