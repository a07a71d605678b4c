package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.wire.Arp;
import dev.tapstack.wire.Ethernet;
import dev.tapstack.wire.Icmp4;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.PcapReader;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a gateway makes of frames, from both sides, that nobody would send who means well. */
@Privileged
class HostileGatewayIT {
  /** At least one drop of each layer. */
  private static final List<String> KINDS =
      List.of(
          "ethernet-not-for-us",
          "arp-malformed",
          "ip-bad-version",
          "ip-bad-checksum",
          "ip-martian-source",
          "conntrack-malformed",
          "conntrack-no-flow",
          "conntrack-unrelated",
          "nat-unsolicited");

  private static final int FRAMES_OF_EACH_KIND = 20_000;

  /** Of each round, the same in all: so that the last knows the same flows as the one before. */
  private static final long SEED = 1;

  /** All but the last warm up. */
  private static final int ROUNDS = 3;

  private static final int INSIDE_NETWORK = Ipv4Address.parse("192.168.0.0").intBits() >>> 16;

  @TempDir private Path directory;

  @Test
  void theyAreDroppedByNameAndLeaveNothingBehindAndNoInsideAddressGoesOut() throws Exception {
    Path outside = directory.resolve("outside.pcap");
    try (GatewayUnderTest gateway =
            GatewayUnderTest.startedBy(
                MemoryUse.measuredProgram(),
                "--forward",
                "tcp:8080=192.168.1.2:80",
                "--pcap-outside",
                outside.toString());
        Nginx alice = new Nginx(gateway.inside(), newDirectory("alice"));
        Nginx bob = new Nginx(gateway.outside(), newDirectory("bob"));
        PacketSocket lan = new PacketSocket(gateway.inside(), "lan0");
        PacketSocket wan = new PacketSocket(gateway.outside(), "wan0")) {
      long insideMac = gateway.insideMac().bits();
      long outsideMac = gateway.outsideMac().bits();
      MemoryUse before = null;
      for (int round = 1; round <= ROUNDS; round++) {
        System.out.println("hostile frames with seed " + SEED);
        send(
            lan,
            new HostileFrames(
                SEED,
                insideMac,
                "192.168.1.0",
                GatewayUnderTest.BOB,
                GatewayUnderTest.BOB,
                GatewayUnderTest.INSIDE,
                GatewayUnderTest.OUTSIDE));
        assertPasses(gateway);
        send(
            wan,
            new HostileFrames(
                SEED + 1,
                outsideMac,
                "203.0.113.0",
                GatewayUnderTest.OUTSIDE,
                GatewayUnderTest.OUTSIDE,
                GatewayUnderTest.ALICE,
                GatewayUnderTest.INSIDE));
        assertPasses(gateway);
        MemoryUse after = MemoryUse.of(gateway.gateway());
        if (round == ROUNDS) {
          after.assertNotMuchMoreThan(before);
        }
        before = after;
      }
      // What somebody must be told: an ARP packet that claims the gateway's address.
      CounterSummary summary =
          CounterSummary.ofEnded(gateway.stop(), "WARN ArpProtocol .* claims .*");
      long sent = 4L * FRAMES_OF_EACH_KIND * ROUNDS;
      assertTrue(summary.of("packets", "polled") >= sent, summary.toString());
      summary.assertDropped(KINDS);
      assertNoInsideAddress(outside, outsideMac);
    }
  }

  private Path newDirectory(String name) throws IOException {
    return Files.createDirectory(directory.resolve(name));
  }

  private static void send(PacketSocket socket, HostileFrames frames) {
    for (int i = 0; i < FRAMES_OF_EACH_KIND; i++) {
      socket.send(frames.random());
      socket.send(frames.mutated());
    }
  }

  private static void assertPasses(GatewayUnderTest gateway) {
    // ARP packets among them may have given the kernels' addresses to somebody else.
    gateway.insideMac();
    gateway.outsideMac();
    String out = "curl -sS --fail -m 30 http://203.0.113.2/ready";
    assertEquals("ready\n", gateway.inside().run(words(out)).ok().output());
    String in = "curl -sS --fail -m 30 http://203.0.113.1:8080/ready";
    assertEquals("ready\n", gateway.outside().run(words(in)).ok().output());
  }

  /** Of what the gateway sent outside, also in what its errors quote and in ARP. */
  private static void assertNoInsideAddress(Path pcap, long gatewayMac) throws IOException {
    int sent = 0;
    try (PcapReader reader = new PcapReader(Files.newInputStream(pcap))) {
      while (reader.next()) {
        ByteBuf frame = reader.frame();
        if (Ethernet.source(frame, 0) == gatewayMac) {
          sent++;
          assertFalse(
              hasInsideAddress(frame, reader.length()),
              () -> "frame " + reader.count() + ": " + reader.dissect().line());
        }
      }
    }
    assertTrue(sent > FRAMES_OF_EACH_KIND / 10, "too few to tell: " + sent);
  }

  private static boolean hasInsideAddress(ByteBuf frame, int length) {
    int network = Ethernet.HEADER_LENGTH;
    if (Ethernet.type(frame, 0) == Ethernet.TYPE_ARP) {
      return isInside(Arp.senderIp(frame, network)) || isInside(Arp.targetIp(frame, network));
    }
    if (Ethernet.type(frame, 0) != Ethernet.TYPE_IPV4) {
      return false;
    }
    if (hasInsideEnd(frame, network)) {
      return true;
    }
    int transport = network + Ipv4.headerLength(frame, network);
    int quote = transport + Icmp4.HEADER_LENGTH;
    return Ipv4.protocol(frame, network) == Ipv4.PROTOCOL_ICMP
        && Ipv4.fragmentOffset(frame, network) == 0
        && length >= quote + Ipv4.HEADER_LENGTH
        && Icmp4.isError(Icmp4.type(frame, transport))
        && hasInsideEnd(frame, quote);
  }

  private static boolean hasInsideEnd(ByteBuf frame, int network) {
    return isInside(Ipv4.source(frame, network)) || isInside(Ipv4.destination(frame, network));
  }

  private static boolean isInside(int address) {
    return address >>> 16 == INSIDE_NETWORK;
  }
}
