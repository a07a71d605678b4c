package dev.tapstack.apps.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.apps.gateway.ConfigException;
import dev.tapstack.nat.NatConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a gateway's configuration file says counts as if it stood on the command line. */
class GatewayFileTest {
  private static final String WHOLE =
      """
      inside:
        - lan0@alice=192.168.1.1/24
        - dmz0=10.0.0.1/8
      outside: wan0@bob=203.0.113.1/24
      inside-host: 192.168.1.2/24
      outside-host: [203.0.113.2/24]
      gateway: 203.0.113.9
      route: 172.16.0.0/12=192.168.1.7
      forward: ["tcp:8080=192.168.1.2:80", "udp:5000-5009=192.168.1.2:5000"]
      filtering: endpoint-independent
      syn-error: true
      firewall: rules.yaml
      pcap-inside: in.pcap
      """;

  @TempDir private Path directory;

  private Path write(String text) throws IOException {
    return Files.writeString(directory.resolve("gw.yaml"), text);
  }

  private GatewayConfig parse(String text, String options) throws IOException {
    return GatewayCommandTest.parse(("--config " + write(text) + " " + options).strip());
  }

  @Test
  void theFileIsTheSameAsTheOptions() throws IOException {
    GatewayConfig byOptions =
        GatewayCommandTest.parse(
            "--inside lan0@alice=192.168.1.1/24 --inside dmz0=10.0.0.1/8"
                + " --outside wan0@bob=203.0.113.1/24 --inside-host 192.168.1.2/24"
                + " --outside-host 203.0.113.2/24 --gateway 203.0.113.9"
                + " --route 172.16.0.0/12=192.168.1.7 --forward tcp:8080=192.168.1.2:80"
                + " --forward udp:5000-5009=192.168.1.2:5000 --filtering endpoint-independent"
                + " --syn-error --firewall rules.yaml --pcap-inside in.pcap");
    GatewayConfig byFile = parse(WHOLE, "");
    assertEquals(sides(byOptions), sides(byFile));
    assertEquals(byOptions.gateway(), byFile.gateway());
    assertEquals(byOptions.routes(), byFile.routes());
    assertEquals(byOptions.translation(), byFile.translation());
    assertEquals(byOptions.firewall(), byFile.firewall());
  }

  @Test
  void natsBlocksAndConntracksTimersAreFieldsToo() throws IOException {
    String sides = "inside: lan0=192.168.1.1/24\noutside: wan0=203.0.113.1/24\n";
    GatewayConfig config =
        parse(
            sides
                + "outside-address: [203.0.113.2-203.0.113.3, 203.0.113.9]\n"
                + "block-ports: 192.168.1.0/24=756\nports-per-host: 700\nno-udp-parity: true\n"
                + "mss-clamp: false\ntimeout: [udp=2m, icmp=30s]\ndivide-timeouts: 60\n"
                + "udp-refresh-inbound: true\nflows-per-host: 900\n",
            "");
    GatewayConfig byOptions =
        GatewayCommandTest.parse(
            "--inside lan0=192.168.1.1/24 --outside wan0=203.0.113.1/24 --outside-address"
                + " 203.0.113.2-203.0.113.3 --outside-address 203.0.113.9 --block-ports"
                + " 192.168.1.0/24=756 --ports-per-host 700 --no-udp-parity --no-mss-clamp"
                + " --timeout udp=2m --timeout icmp=30s --divide-timeouts 60"
                + " --udp-refresh-inbound --flows-per-host 900");
    assertEquals(byOptions, config);
    assertEquals(900, config.tracking().maxFlowsPerHost());
  }

  private static List<String> sides(GatewayConfig config) {
    return config.sides().stream()
        .map(side -> side + " " + side.hostAddress() + " " + side.pcap())
        .toList();
  }

  @Test
  void anOptionCountsInsteadOfTheWholeField() throws IOException {
    GatewayConfig config =
        parse(
            WHOLE,
            "--gateway 203.0.113.8 --forward tcp:22=192.168.1.2:22 --filtering address-dependent"
                + " --firewall other.yaml");
    assertEquals(Ipv4Address.parse("203.0.113.8"), config.gateway());
    assertEquals(List.of(PortForward.parse("tcp:22=192.168.1.2:22")), forwards(config));
    assertEquals(NatConfig.Filtering.ADDRESS_DEPENDENT, config.translation().filtering());
    assertEquals("other.yaml", String.valueOf(config.firewall()));
    assertTrue(config.translation().answersSyns(), "what is in the file alone stays");
  }

  private static List<PortForward> forwards(GatewayConfig config) {
    return config.translation().forwards();
  }

  @Test
  void rulesMayStandInTheFile() throws IOException, ConfigException {
    String text =
        """
        inside: lan0=192.168.1.1/24
        outside: wan0=203.0.113.1/24
        no-nat: true
        firewall:
          access-lists: [{name: lan, interfaces: [lan0], in: [{number: 1, action: allow}]}]
        """;
    GatewayConfig config = parse(text, "");
    assertNull(config.translation());
    RulesFile rules = config.firewall();
    assertEquals("--config", rules.option());
    List<String> interfaces = List.of("lo", "lan0", "wan0");
    assertEquals("lan", rules.read(interfaces, List.of()).lists().getFirst().name());
    Path file = write(text.replace("allow", "let"));
    assertEquals(
        file
            + ":5: firewall.access-lists[0].in[0].action: 'let' is unknown: write one of [allow,"
            + " drop, reject, log, limit]",
        assertThrows(ConfigException.class, () -> rules.read(interfaces, List.of())).getMessage());
    write("inside: lan0=192.168.1.1/24");
    assertThrows(ConfigException.class, () -> rules.read(interfaces, List.of()));
  }

  /** Every mistake is told with its line and field, and is no wrong usage. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "outside: b=203.0.113.1/24 | 3: outside: is there twice: leave one of the two",
        "colour: red | 3: colour: is unknown: the fields here are [inside, outside, ",
        "config: other.yaml | 3: config: is unknown",
        "help: true | 3: help: is unknown",
        "verbose: true | 3: verbose: is unknown",
        "gateway: 203.0.113 | 3: gateway: '203.0.113' is not an IPv4 address",
        "gateway: [203.0.113.9] | 3: gateway: is a section or a list: write one value",
        "no-nat: 1 | 3: no-nat: '1' is neither true nor false",
        "ready-fd: -1 | 3: ready-fd: '-1' is no whole number from 0",
        "forward: [tcp:1=10.0.0.2:1, udp] | 3: forward[1]: 'udp' is no forward",
        "forward: {tcp: 1} | 3: forward: is no list",
        "filtering: none | 3: filtering: 'none' is none of endpoint-independent",
        // What contradicts another field is told at the field that is named.
        "gateway: 172.16.0.1 | 3: gateway: --gateway: 172.16.0.1 is no neighbour",
        "route: 172.16.0.0/12=172.17.0.1 | 3: route: --route 172.16.0.0/12: 172.17.0.1 is no",
        "inside-host: [10.0.0.3/8, 172.16.0.1/16] | 3: inside-host[1]: --inside-host 172.16.0.1/16",
      })
  void whatIsWrongIsRefusedWhereItStands(String line, String message) throws IOException {
    String sides = "inside: a=10.0.0.1/8\noutside: b=203.0.113.1/24\n";
    assertRefused(1, "--config " + directory.resolve("gw.yaml") + ":" + message, sides + line, "");
  }

  @Test
  void sidesThatContradictEachOtherAreRefused() throws IOException {
    assertRefused(
        1,
        ":2: outside: --inside a=10.0.0.1/8 overlaps --outside b=10.1.0.1/16",
        "gateway: 10.0.0.2\noutside: b=10.1.0.1/16",
        "--inside a=10.0.0.1/8");
    assertRefused(2, "--outside is missing: give it, or --config", "inside: a=10.0.0.1/8", "");
    // The mistake is the command line's alone.
    assertRefused(2, "--gateway: 172.16.0.1 is no neighbour", WHOLE, "--gateway 172.16.0.1");
  }

  private void assertRefused(int status, String message, String text, String options)
      throws IOException {
    StringWriter errors = new StringWriter();
    String words = "gateway --config " + write(text) + " " + options;
    assertEquals(
        status,
        Tapstack.commandLine()
            .setErr(new PrintWriter(errors, true))
            .execute(words.strip().split(" ")));
    assertTrue(errors.toString().contains(message), errors.toString());
    assertEquals(1, errors.toString().lines().count(), errors.toString());
  }
}
