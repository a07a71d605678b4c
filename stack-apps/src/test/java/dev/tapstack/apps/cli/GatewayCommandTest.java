package dev.tapstack.apps.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.nat.NatConfig;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What is written on the command line is the gateway that is run, or is refused in one line. */
class GatewayCommandTest {
  static final String TWO_SIDES =
      "--inside lan0@alice=192.168.1.1/24 --outside wan0@bob=203.0.113.1/24";

  private static String[] words(String options) {
    return Stream.concat(Stream.of("gateway"), Stream.of(options.split(" ")))
        .toArray(String[]::new);
  }

  static GatewayConfig parse(String options) {
    CommandLine.ParseResult parsed = Tapstack.commandLine().parseArgs(words(options));
    return ((GatewayCommand) parsed.subcommand().commandSpec().userObject()).config();
  }

  @Test
  void theShortestFormHasTwoSides() {
    GatewayConfig config = parse(TWO_SIDES);
    assertEquals(
        List.of("inside lan0@alice=192.168.1.1/24", "outside wan0@bob=203.0.113.1/24"),
        config.sides().stream().map(GatewayConfig.Side::toString).toList());
    assertNull(config.gateway());
    assertNull(config.sides().get(0).hostAddress());
  }

  @Test
  void aTapThatIsNamedAgainHasSeveralAddresses() {
    GatewayConfig config = parse(TWO_SIDES + " --outside wan0@bob=198.51.100.1/24");
    assertEquals(2, config.sides().size());
    assertEquals(
        List.of(IpPrefix.parse("203.0.113.1/24"), IpPrefix.parse("198.51.100.1/24")),
        config.sides().get(1).addresses());
  }

  @Test
  void furtherOutsideAddressesJoinTheSubnetThatTheyAreIn() {
    GatewayConfig config =
        parse(
            TWO_SIDES
                + " --outside wan1=198.51.100.1/24 --outside-address 203.0.113.10-203.0.113.12"
                + " --outside-address 198.51.100.7 --outside-address 192.0.2.5");
    assertEquals(
        List.of(
            "inside lan0@alice=192.168.1.1/24",
            "outside wan0@bob=203.0.113.1/24,203.0.113.10/24,203.0.113.11/24,203.0.113.12/24,"
                + "192.0.2.5/32",
            "outside wan1=198.51.100.1/24,198.51.100.7/24"),
        config.sides().stream().map(GatewayConfig.Side::toString).toList());
  }

  @Test
  void aOneToOneAddressIsTheGatewaysToo() {
    GatewayConfig config =
        parse(
            TWO_SIDES
                + " --outside-address 203.0.113.10 --one-to-one 203.0.113.10=192.168.1.3"
                + " --one-to-one 203.0.113.11=192.168.1.4");
    assertEquals(
        "outside wan0@bob=203.0.113.1/24,203.0.113.10/24,203.0.113.11/24",
        config.sides().get(1).toString());
    assertEquals(
        List.of(
            new NatConfig.OneToOne(IpAddress.parse("203.0.113.10"), IpAddress.parse("192.168.1.3")),
            new NatConfig.OneToOne(
                IpAddress.parse("203.0.113.11"), IpAddress.parse("192.168.1.4"))),
        config.nat().oneToOne());
  }

  @Test
  void aForwardIsOfOnePortOrARangeOfAllAddressesOrOfOne() {
    GatewayConfig config =
        parse(
            TWO_SIDES
                + " --outside-address 203.0.113.10 --forward tcp:8080=192.168.1.2:80"
                + " --forward udp:203.0.113.10:5000-5009=192.168.1.3:6000");
    assertEquals(
        List.of(
            new NatConfig.Forward(6, null, 8080, 8080, Endpoint.parse("192.168.1.2:80")),
            new NatConfig.Forward(
                17,
                IpAddress.parse("203.0.113.10"),
                5000,
                5009,
                Endpoint.parse("192.168.1.3:6000"))),
        config.nat().forwards());
  }

  @Test
  void theMssIsClampedUnlessThatIsSwitchedOff() {
    assertTrue(parse(TWO_SIDES).clampsMss());
    assertTrue(parse(TWO_SIDES + " --mss-clamp").clampsMss());
    assertFalse(parse(TWO_SIDES + " --no-mss-clamp").clampsMss());
  }

  @Test
  void natsOptionsAreNats() {
    NatConfig byDefault = parse(TWO_SIDES).nat();
    assertTrue(byDefault.keepsUdpParity());
    assertEquals(NatConfig.ALL_PORTS, byDefault.maxPortsPerHost());
    assertNull(byDefault.blocks());
    NatConfig config =
        parse(
                TWO_SIDES
                    + " --no-udp-parity --ports-per-host 500 --block-ports 192.168.1.0/24=252"
                    + " --syn-error --filtering endpoint-independent"
                    + " --no-nat-to 198.51.100.0/24 --no-nat-to 10.0.0.0/8")
            .nat();
    assertEquals(
        List.of(IpPrefix.parse("198.51.100.0/24"), IpPrefix.parse("10.0.0.0/8")),
        config.untranslated());
    assertFalse(config.keepsUdpParity());
    assertEquals(500, config.maxPortsPerHost());
    assertEquals(new NatConfig.Blocks(IpPrefix.parse("192.168.1.0/24"), 252), config.blocks());
    assertTrue(config.answersSyns());
    assertEquals(NatConfig.Filtering.ENDPOINT_INDEPENDENT, config.filtering());
    assertNull(parse(TWO_SIDES + " --no-nat").nat());
  }

  @Test
  void timersAndLimitsAreConntracks() {
    assertEquals(ConntrackConfig.DEFAULTS, parse(TWO_SIDES).tracking());
    ConntrackConfig config =
        parse(
                TWO_SIDES
                    + " --timeout tcp-established=1h --timeout udp=2m30s --timeout icmp=7s"
                    + " --timeout tcp-transitory=90s --timeout other=5m --divide-timeouts 60"
                    + " --udp-refresh-inbound --max-flows 9999 --flows-per-host 77")
            .tracking();
    assertEquals(
        new ConntrackConfig(
            List.of(
                Duration.ofHours(1),
                Duration.ofSeconds(90),
                Duration.ofSeconds(150),
                Duration.ofSeconds(7),
                Duration.ofMinutes(5)),
            60,
            true,
            9_999,
            77),
        config);
  }

  @Test
  void hostAddressesBelongToTheSideWhoseSubnetTheyAreIn() {
    GatewayConfig config =
        parse(
            TWO_SIDES
                + " --inside dmz0=10.0.0.1/8 --inside-host 10.0.0.2/8 --inside-host"
                + " 192.168.1.2/24 --outside-host 203.0.113.2/24 --pcap-inside a --pcap-outside b");
    assertEquals(
        List.of("192.168.1.2/24", "10.0.0.2/8", "203.0.113.2/24"),
        config.sides().stream().map(side -> String.valueOf(side.hostAddress())).toList());
    assertEquals("a", config.sides().get(0).pcap());
    assertNull(config.sides().get(1).pcap());
    assertEquals("b", config.sides().get(2).pcap());
  }

  @Test
  void routesLeadToNeighbours() {
    GatewayConfig config =
        parse(TWO_SIDES + " --gateway 203.0.113.9 --route 10.0.0.0/8=192.168.1.7");
    assertEquals(Ipv4Address.parse("203.0.113.9"), config.gateway());
    assertEquals(
        List.of(new StaticRoute(IpPrefix.parse("10.0.0.0/8"), Ipv4Address.parse("192.168.1.7"))),
        config.routes());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--inside lan0=192.168.1.1/24 | --outside is missing: give it, or --config",
        "--inside lan0 --outside wan0=203.0.113.1/24 | 'lan0' has no address: write it as NAME",
        "--inside a=10.0.0.1/8 --outside b=10.1.0.1/16 | overlaps",
        "--inside a=10.0.0.1/8 --outside a=192.168.1.1/24 | --outside a: the TAP is given twice",
        "--inside a=10.0.0.1/8 --outside b=192.168.1.1/24 --inside-host 172.16.0.1/16"
            + " | --inside-host 172.16.0.1/16 is in no subnet of an --inside",
        "--inside a=10.0.0.1/8 --outside b=192.168.1.1/24 --gateway 172.16.0.1"
            + " | 172.16.0.1 is no neighbour",
        "--inside a=10.0.0.1/8 --outside b=192.168.1.1/24 --route 172.16.0.0/12"
            + " | names no router: write it as 10.0.0.0/8=192.168.1.7",
        TWO_SIDES + " --bridge lan0 | is not TAP=NAME: write it as wan0=br0",
        TWO_SIDES + " --bridge dmz0=br0 | --bridge dmz0=br0: dmz0 is neither --inside nor",
        TWO_SIDES + " --outside-address 203.0.113.9-203.0.113.3 | give the lower first",
        TWO_SIDES + " --outside-address 203.0.0.0-203.0.113.3 | no range of 1 to 256 addresses",
        TWO_SIDES + " --outside-address 203.0.113.255 | first or last address of its subnet",
        TWO_SIDES + " --outside-address 192.168.1.9 | overlaps",
        TWO_SIDES
            + " --outside-host 203.0.113.2/24 --outside-address 203.0.113.2"
            + " | 203.0.113.2 is the kernel's on wan0@bob: the gateway needs another",
        TWO_SIDES + " --forward tcp:203.0.113.7:80=192.168.1.2:80 | --outside-address adds it",
        TWO_SIDES + " --forward tcp:8080-8070=192.168.1.2:80 | no range within 1 to 65535",
        TWO_SIDES + " --forward tcp:80-90=192.168.1.2:65530 | leaves 1 to 65535",
        TWO_SIDES + " --one-to-one 203.0.113.7 | write it as 203.0.113.3=192.168.1.3",
        TWO_SIDES + " --one-to-one 203.0.113.7=192.168.1.1 | is the gateway's own",
        TWO_SIDES
            + " --one-to-one 203.0.113.7=192.168.1.3 --one-to-one 203.0.113.8=192.168.1.3"
            + " | share an address",
        TWO_SIDES + " --no-nat --block-ports 10.0.0.0/24=9 | --block-ports is NAT's work",
        TWO_SIDES + " --no-nat --no-nat-to 10.0.0.0/8 | --no-nat-to is NAT's work",
        TWO_SIDES + " --block-ports 10.0.0.0=9 | has no prefix length",
        TWO_SIDES + " --block-ports 10.0.0.0/24 | write it as 100.64.0.0/20=1000",
        TWO_SIDES + " --timeout udp=1m | --timeout udp: not within 2m (RFC 4787 REQ-5)",
        TWO_SIDES + " --timeout icmp=0s | --timeout icmp: not within 1 ns to 240h",
        TWO_SIDES + " --timeout other=999999h | --timeout other: not within",
        TWO_SIDES + " --timeout tcp=5m | with one of tcp-established, tcp-transitory, udp",
        TWO_SIDES + " --timeout udp=five | 'five' is no time as 90s, 5m or 2h4m",
        TWO_SIDES + " --divide-timeouts 0 | divisor 0 is below 1",
        TWO_SIDES + " --flows-per-host 0 | is below 1",
        TWO_SIDES + " --no-nat-to 10.0.0.0 | has no prefix length",
        TWO_SIDES + " --no-nat --one-to-one 203.0.113.7=192.168.1.3 | leave out --no-nat",
      })
  void whatContradictsItselfIsRefused(String options, String message) {
    StringWriter errors = new StringWriter();
    CommandLine commandLine = Tapstack.commandLine().setErr(new PrintWriter(errors, true));
    assertEquals(2, commandLine.execute(words(options)));
    assertTrue(errors.toString().contains(message), errors.toString());
    assertEquals(1, errors.toString().lines().count(), errors.toString());
  }
}
