package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.testkit.V4;
import dev.tapstack.wire.Ethernet;
import dev.tapstack.wire.PcapReader;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One host floods the gateway, another is not harmed; a scan from outside finds the forward. */
@Privileged
class GatewayUnderAttackIT {
  /** New flows of each protocol: all together more than one host may have. */
  private static final int FLOOD = 100_000;

  /** As {@code ConntrackConfig} has it for one host. */
  private static final int MOST_FLOWS = 100_000;

  /** Source ports of the flood: fewer than an outside address has, as others need some too. */
  private static final int FLOOD_PORTS = 40_000;

  /** A host that nobody has, and whose answers so go nowhere. */
  private static final String MALLORY = "192.168.1.66";

  private static final long MALLORYS_MAC = 0x0200_0000_0066L;

  @TempDir private Path directory;

  @Test
  void aFloodOfNewFlowsFromOneHostStopsNoOther() throws IOException {
    try (GatewayUnderTest gateway = new GatewayUnderTest();
        Nginx bob = new Nginx(gateway.outside(), directory);
        StreamedCommand server = StreamedCommand.startOpen(gateway.outside(), words("nc -l 7"));
        PacketSocket lan = new PacketSocket(gateway.inside(), "lan0")) {
      // What bob would answer is not what is looked at.
      gateway.outside().run(words("iptables -A INPUT -p udp -j DROP")).ok();
      gateway.outside().run(words("iptables -A INPUT -p tcp --dport 1000: -j DROP")).ok();
      long mac = gateway.insideMac().bits();
      try (StreamedCommand before =
          StreamedCommand.startOpen(gateway.inside(), words("nc -N 203.0.113.2 7"))) {
        StringBuilder sent = new StringBuilder();
        for (int i = 0; i < FLOOD; i++) {
          if (i % (FLOOD / 4) == 0) {
            assertAliceIsServed(gateway);
            sent.append("still here ").append(i).append('\n');
            before.type("still here " + i + "\n");
          }
          int from = 1024 + i % FLOOD_PORTS;
          int to = 1000 + i / FLOOD_PORTS;
          lan.send(frame(mac, syn(MALLORY, from, GatewayUnderTest.BOB, to)));
          byte[] udp = V4.of(MALLORY, GatewayUnderTest.BOB).udp(from, to, new byte[8]).bytes();
          lan.send(frame(mac, udp));
        }
        assertAliceIsServed(gateway);
        before.type("and at the end\n");
        before.endInput();
        server.await(Command.DEADLINE).assertIs(Content.text(sent + "and at the end\n"));
      }
      CounterSummary summary = CounterSummary.atTheEndOf(gateway);
      assertTrue(summary.of("conntrack", "confirmed") >= FLOOD, summary.toString());
      assertTrue(summary.of("conntrack", "flows") <= MOST_FLOWS + 100, summary.toString());
    }
  }

  private static void assertAliceIsServed(GatewayUnderTest gateway) {
    String curl = "curl -sS --fail -m 20 http://203.0.113.2/ready";
    assertEquals("ready\n", gateway.inside().run(words(curl)).ok().output());
  }

  /** All ports of TCP and UDP, all other protocols; what comes back is in the capture. */
  @Test
  void aScanFromOutsideFindsTheForwardAlone() throws IOException {
    Path capture = directory.resolve("outside.pcap");
    try (GatewayUnderTest gateway =
            new GatewayUnderTest(
                "--forward", "tcp:8080=192.168.1.2:80", "--pcap-outside", capture.toString());
        Nginx alice = new Nginx(gateway.inside(), directory);
        PacketSocket wan = new PacketSocket(gateway.outside(), "wan0")) {
      // A flow of alice's is there to be found too.
      String ask = "echo x | nc -u -w 1 -s 192.168.1.2 -p 40000 203.0.113.2 99";
      gateway.inside().run("bash", "-c", ask);
      long mac = gateway.outsideMac().bits();
      String scanner = "203.0.113.9";
      gateway.outside().run(words("ip address add " + scanner + "/24 dev wan0")).ok();
      for (int port = 0; port < 65_536; port++) {
        wan.send(frame(mac, syn(scanner, 40_000, GatewayUnderTest.OUTSIDE, port)));
        V4 udp = V4.of(scanner, GatewayUnderTest.OUTSIDE).udp(40_000, port, new byte[8]);
        wan.send(frame(mac, udp.bytes()));
      }
      for (int protocol = 2; protocol < 256; protocol++) {
        if (protocol != V4.TCP && protocol != V4.UDP) {
          V4 other = V4.of(scanner, GatewayUnderTest.OUTSIDE).protocol(protocol);
          wan.send(frame(mac, other.payload(new byte[20]).bytes()));
        }
      }
      gateway.outside().run(words("ping -c 1 -W 5 -I " + scanner + " 203.0.113.1")).ok();
      String flows = gateway.ask("conntrack").ok().output();
      // Refused packets leave no state: the forward's flow, alice's, and their errors' none.
      assertTrue(flows.lines().filter(line -> line.contains(scanner)).count() <= 2, flows);
      CounterSummary summary = CounterSummary.atTheEndOf(gateway);
      assertTrue(summary.of("drops", "nat-unsolicited") >= 2 * 65_000, summary.toString());
      assertEquals(Set.of("TCP 8080", "ICMP echo reply"), answers(capture, mac, scanner), flows);
    }
  }

  /** What the gateway sent to the scanner, each kind once. */
  private static Set<String> answers(Path capture, long mac, String scanner) throws IOException {
    Set<String> answers = new TreeSet<>();
    int destination = ByteBuffer.wrap(InetAddress.getByName(scanner).getAddress()).getInt();
    try (PcapReader reader = new PcapReader(Files.newInputStream(capture))) {
      while (reader.next()) {
        ByteBuffer frame = reader.frame().nioBuffer(0, reader.length());
        boolean isAnswer =
            Ethernet.source(reader.frame(), 0) == mac
                && Ethernet.type(reader.frame(), 0) == Ethernet.TYPE_IPV4
                && frame.getInt(30) == destination;
        if (isAnswer) {
          int transport = 14 + (frame.get(14) & 0xf) * 4;
          switch (frame.get(23)) {
            case V4.TCP -> answers.add("TCP " + (frame.getShort(transport) & 0xffff));
            case V4.ICMP ->
                answers.add(frame.get(transport) == 0 ? "ICMP echo reply" : "ICMP error");
            default -> answers.add(reader.dissect().line());
          }
        }
      }
    }
    return answers;
  }

  private static byte[] frame(long destination, byte[] packet) {
    ByteBuffer frame = ByteBuffer.allocate(Ethernet.HEADER_LENGTH + packet.length);
    frame.putShort((short) (destination >> 32)).putInt((int) destination);
    frame.putShort((short) (MALLORYS_MAC >> 32)).putInt((int) MALLORYS_MAC);
    return frame.putShort((short) Ethernet.TYPE_IPV4).put(packet).array();
  }

  /** An IPv4 packet with a SYN (RFC 9293 3.1). */
  private static byte[] syn(String source, int sourcePort, String destination, int port)
      throws IOException {
    ByteBuffer tcp = ByteBuffer.allocate(20);
    tcp.putShort((short) sourcePort).putShort((short) port).putInt(port * 7919).putInt(0);
    tcp.putShort((short) 0x5002).putShort((short) 65_535);
    ByteBuffer pseudo = ByteBuffer.allocate(12);
    pseudo.put(InetAddress.getByName(source).getAddress());
    pseudo.put(InetAddress.getByName(destination).getAddress());
    pseudo.putShort((short) V4.TCP).putShort((short) 20);
    tcp.putShort(16, (short) V4.checksum(V4.concat(pseudo.array(), tcp.array())));
    return V4.of(source, destination).protocol(V4.TCP).payload(tcp.array()).bytes();
  }
}
