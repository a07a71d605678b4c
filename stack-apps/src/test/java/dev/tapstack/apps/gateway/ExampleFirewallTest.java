package dev.tapstack.apps.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.conntrack.Conntrack;
import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.filter.Firewall;
import dev.tapstack.link.NetInterface;
import dev.tapstack.loop.Rng;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.TcpCodec;
import dev.tapstack.testkit.V4;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The example of a firewall file does in a router what its comments say. */
class ExampleFirewallTest {
  private static final String SERVER = "192.168.1.2";
  private static final String PRINTER = "192.168.1.9";
  private static final String OUTSIDE = "203.0.113.9";

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private final List<String> log = new ArrayList<>();
  private IpHost host;
  private NetInterface wan;
  private NetInterface lan;

  @BeforeEach
  void start() throws ConfigException, URISyntaxException {
    host = new IpHost(harness);
    wan = host.attach("wan0", "203.0.113.1/24");
    lan = host.attach("lan0", "192.168.1.1/24");
    host.ip().forwarding(true);
    Conntrack conntrack =
        harness.closeAfterTest(
            new Conntrack(
                harness.loop(), host.ip(), Rng.seeded(1, "example"), ConntrackConfig.DEFAULTS));
    conntrack.install();
    Firewall firewall = new Firewall(host.ip(), harness.loop(), log::add);
    firewall.install();
    Path example = Path.of(Objects.requireNonNull(getClass().getResource("firewall.yaml")).toURI());
    firewall.replace(FirewallFile.read(example, List.of("eth", "wan0", "lan0")));
  }

  private static byte[] syn(String from, String to, int port) {
    ByteBuffer tcp = ByteBuffer.allocate(20);
    tcp.putShort((short) 4000).putShort((short) port).putInt(1).putInt(0).putShort((short) 0x5002);
    return TcpCodec.withChecksum(V4.of(from, to).protocol(V4.TCP).payload(tcp.array()).bytes());
  }

  private static byte[] udp(String from, String to, int port) {
    return V4.of(from, to).udp(4000, port, new byte[4]).bytes();
  }

  /** How many packets leave by lan0 when that one arrives by wan0. */
  private int comesIn(byte[] packet) {
    host.receive(wan, packet, 0);
    return host.sentBy(lan).size();
  }

  /** How many packets leave by wan0 when that one arrives by lan0. */
  private int goesOut(byte[] packet) {
    host.receive(lan, packet, 0);
    return host.sentBy(wan).size();
  }

  @Test
  void fromOutsideComesWhatIsNamed() {
    assertEquals(1, comesIn(syn(OUTSIDE, SERVER, 80)));
    assertEquals(0, comesIn(syn(OUTSIDE, SERVER, 81)));
    assertEquals(0, comesIn(syn(OUTSIDE, "192.168.1.3", 80)));
    assertEquals(1, comesIn(udp("198.51.100.7", "192.168.1.3", 27_015)));
    assertEquals(0, comesIn(udp(OUTSIDE, "192.168.1.3", 27_015)));
    assertEquals(
        List.of(
            "refused list=outside in=wan0 out=lan0 tcp 203.0.113.9:4000 > 192.168.1.2:81 bytes=40",
            "refused list=outside in=wan0 out=lan0 tcp 203.0.113.9:4000 > 192.168.1.3:80 bytes=40",
            "refused list=outside in=wan0 out=lan0 udp 203.0.113.9:4000 > 192.168.1.3:27015"
                + " bytes=32"),
        log);
  }

  @Test
  void identIsRejectedAndTheRestIsSilent() {
    assertEquals(0, comesIn(syn(OUTSIDE, SERVER, 113)));
    List<IpHost.Sent> answers = host.sentBy(wan);
    assertEquals(1, answers.size());
    assertEquals(0x14, answers.get(0).bytes()[33], "RST and ACK");
    assertEquals(0, comesIn(syn(OUTSIDE, SERVER, 22)));
    assertEquals(List.of(), host.sentBy(wan));
  }

  @Test
  void newPingsAreLimited() {
    for (int i = 0; i < 20; i++) {
      host.receive(wan, V4.of(OUTSIDE, "203.0.113.1").icmp(8, 0, i << 16, new byte[8]).bytes(), 0);
    }
    assertEquals(10, host.sentBy(wan).size());
  }

  @Test
  void thePrinterSpeaksToTheLanAlone() {
    assertEquals(0, comesIn(syn(OUTSIDE, PRINTER, 631)));
    assertEquals(0, goesOut(syn(PRINTER, OUTSIDE, 443)));
    assertEquals(1, goesOut(syn(SERVER, OUTSIDE, 443)));
  }

  @Test
  void theLanSendsNoMailAndNoForgedAddress() {
    assertEquals(0, goesOut(syn(SERVER, OUTSIDE, 25)));
    assertTrue(host.sentBy(lan).size() == 1, "told by a RST");
    assertEquals(0, goesOut(udp(SERVER, OUTSIDE, 137)));
    assertEquals(0, goesOut(udp("172.16.0.9", OUTSIDE, 53)));
    assertEquals(1, goesOut(udp(SERVER, OUTSIDE, 53)));
  }
}
