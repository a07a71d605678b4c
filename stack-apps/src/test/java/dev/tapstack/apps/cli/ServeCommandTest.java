package dev.tapstack.apps.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What is written on the command line is what is served, or is refused in one line. */
class ServeCommandTest {
  private static ServeConfig parse(String... more) {
    CommandLine commandLine = Tapstack.commandLine();
    CommandLine.ParseResult parsed = commandLine.parseArgs(words(more));
    ServeCommand serve = (ServeCommand) parsed.subcommand().commandSpec().userObject();
    return serve.config();
  }

  private static String[] words(String... more) {
    List<String> words =
        new ArrayList<>(List.of("serve", "--tap", "tap0", "--address", "192.168.77.2/24"));
    words.addAll(List.of(more));
    return words.toArray(String[]::new);
  }

  /** What is said of wrong usage; status 2. */
  private static String refusal(String... words) {
    StringWriter errors = new StringWriter();
    CommandLine commandLine = Tapstack.commandLine().setErr(new PrintWriter(errors, true));
    assertEquals(2, commandLine.execute(words));
    String said = errors.toString();
    assertEquals(1, said.lines().count(), said);
    return said.strip();
  }

  @Test
  void theShortestFormServesTheUsual() {
    ServeConfig config = parse();
    assertEquals("tap0", config.host().tap().toString());
    assertEquals(IpPrefix.parse("192.168.77.2/24"), config.host().address());
    assertEquals("http 80, echo 7, discard 9, chargen 19", config.services().toString());
    assertEquals(parse().host().stackMac(), config.host().stackMac());
    assertEquals(2, config.host().stackMac().bits() >>> 40 & 3, "locally administered, unicast");
    assertEquals(0, config.host().mtu());
    assertEquals(-1, config.readyFd());
    assertEquals(0, config.host().verbosity());
    assertFalse(config.host().probes());
    assertFalse(parse("--no-probe").host().probes());
  }

  @Test
  void everyOptionIsTaken() {
    ServeConfig config =
        parse(
            ("--host-address 192.168.77.1/24 --gateway 192.168.77.3 --mac 02:00:00:00:00:07"
                    + " --mtu 9000 --http 80 --http 8080=/tmp --echo --discard 999 --daytime --pcap -"
                    + " --ready-fd 3 --stats 5 --no-offload --probe -vv")
                .split(" "));
    assertEquals(IpPrefix.parse("192.168.77.1/24"), config.host().hostAddress());
    assertEquals(Ipv4Address.parse("192.168.77.3"), config.host().gateway());
    assertEquals(MacAddress.parse("02:00:00:00:00:07"), config.host().stackMac());
    assertEquals(9000, config.host().mtu());
    assertEquals(
        "http 80, http 8080=/tmp, echo 7, discard 999, daytime 13", config.services().toString());
    assertTrue(config.host().capturesToStandardOutput());
    assertEquals(3, config.readyFd());
    assertEquals(5, config.statsSeconds());
    assertEquals(2, config.host().verbosity());
    assertTrue(config.host().probes());
  }

  @Test
  void listingsNeedADirectory() {
    assertTrue(parse("--http", "80=/tmp", "--list").services().list());
    assertTrue(refusal(words("--http", "80", "--list")).contains("--http PORT=DIR"));
  }

  @Test
  void aServiceThatIsAskedForIsTheOnlyOne() {
    assertEquals("chargen 19", parse("--chargen").services().toString());
  }

  @Test
  void theNamespaceFollowsTheName() {
    CommandLine.ParseResult parsed =
        Tapstack.commandLine()
            .parseArgs("serve", "--tap", "tap0@blue", "--address", "192.168.77.2/24");
    ServeConfig config = ((ServeCommand) parsed.subcommand().commandSpec().userObject()).config();
    assertEquals("tap0", config.host().tap().name());
    assertFalse(config.host().tap().namespace().isCurrent());
    assertEquals("tap0@blue", config.host().tap().toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--mac 01:00:00:00:00:07 | the first octet must be even",
        "--mac 2 | write it as 02:00:00:00:00:01",
        "--host-address 10.0.0.1/24 | is not in the subnet of --address 192.168.77.2/24",
        "--host-address 192.168.77.2/24 | is the stack's own",
        "--host-address 192.168.77.1/24 --bridge br0 | with 'ip address add 192.168.77.1/24 dev br0'",
        "--host-address 192.168.77.1 | has no prefix length: write it as 192.0.2.1/24",
        "--gateway 10.0.0.1 | is no neighbour",
        "--gateway x | is not an IPv4 address",
        "--http 0 | is not a port: write 1 to 65535",
        "--http 80=/no/such/directory | is not a directory",
        "--echo 65536 | is not a port",
        "--stats 86401 | --stats 86401: write 1 to 86400 seconds",
        "--http 7 --echo | port 7 is given to two services",
        "--no-such-option | Unknown option: '--no-such-option'",
        "--mtu many | 'many' is not an int",
      })
  void whatCannotBeIsRefusedInOneLine(String options, String expected) {
    String said = refusal(words(options.split(" ")));
    assertTrue(said.startsWith("tapstack serve: "), said);
    assertTrue(said.contains(expected), said);
    assertTrue(said.endsWith("(see tapstack serve --help)"), said);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "192.168.77.0/24",
        "192.168.77.255/24",
        "127.0.0.2/8",
        "0.1.2.3/24",
        "224.0.0.1/24",
        "2001:db8::1/64",
        "192.168.77.2",
        "192.168.77.2/33",
        "host/24"
      })
  void anAddressThatNoHostCanHaveIsRefused(String address) {
    String said = refusal("serve", "--tap", "tap0", "--address", address);
    assertTrue(said.startsWith("tapstack serve: Invalid value for option '--address'"), said);
  }

  @Test
  void aPairOfAddressesHasNoBroadcast() {
    assertEquals(0, CommandLine.ExitCode.OK);
    CommandLine.ParseResult parsed =
        Tapstack.commandLine().parseArgs("serve", "--tap", "t", "--address", "10.0.0.0/31");
    ServeConfig config = ((ServeCommand) parsed.subcommand().commandSpec().userObject()).config();
    assertEquals("10.0.0.0/31", config.host().address().toString());
  }

  @Test
  void aNameThatNoInterfaceCanHaveIsRefused() {
    String said = refusal("serve", "--tap", "abcdefghijklmnop", "--address", "192.168.77.2/24");
    assertTrue(said.contains("has 16 bytes: choose one of 1 to 15"), said);
  }

  @Test
  void whatIsMissingIsNamed() {
    String said = refusal("serve");
    assertTrue(said.contains("--tap"), said);
    assertTrue(
        refusal("serve", "--tap", "t").contains("Missing required option: '--address=CIDR'"));
    assertTrue(
        refusal().contains("a command is needed (serve, gateway, nc, get, ping, faults, decode, "));
  }
}
