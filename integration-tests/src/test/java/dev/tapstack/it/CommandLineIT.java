package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the packed program says when it only talks: help, versions, mistakes, captures. */
class CommandLineIT {
  @TempDir private Path directory;

  private static Outcome run(String... arguments) {
    return Command.run(Command.DEADLINE, Command.tapstack(arguments));
  }

  private static void assertFails(int status, String message, Outcome outcome) {
    assertEquals(message, outcome.errors().strip());
    assertEquals("", outcome.output());
    assertEquals(status, outcome.status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "serve",
        "gateway",
        "nc",
        "get",
        "ping",
        "decode",
        "doctor",
        "ss",
        "route",
        "arp",
        "conntrack",
        "nat",
        "drops",
        "capture"
      })
  void helpHasExamples(String command) {
    Outcome outcome = command.isEmpty() ? run("--help") : run(command, "--help");
    assertEquals(0, outcome.status());
    assertEquals("", outcome.errors());
    assertTrue(outcome.output().contains("Examples:"), outcome.output());
    assertTrue(outcome.output().contains("tapstack " + command), outcome.output());
    assertTrue(
        outcome.output().lines().allMatch(line -> line.length() <= 100), "lines to be copied");
  }

  @Test
  void eachCommandKnowsTheVersion() {
    assertEquals(run("--version"), run("serve", "--version"));
  }

  @Test
  void mistakesAreStatusTwoAndOneLine() {
    assertFails(
        2,
        "tapstack: a command is needed (serve, gateway, nc, get, ping, faults, decode, doctor, ss,"
            + " route, arp, conntrack, nat, firewall, drops, capture) (see tapstack --help)",
        run());
    assertFails(
        2,
        "tapstack serve: Invalid value for option '--http' (PORT[=DIR]): '99999' is not a port:"
            + " write 1 to 65535 (see tapstack serve --help)",
        run("serve", "--tap", "tap0", "--address", "192.168.77.2/24", "--http", "99999"));
  }

  @Test
  void whatCannotBeDecodedIsStatusOneAndOneLine() throws IOException {
    assertFails(1, "tapstack decode: no-such.pcap: no such file", run("decode", "no-such.pcap"));
    assertFails(
        1,
        "tapstack decode: " + directory + ": is a directory: name a .pcap file",
        run("decode", directory.toString()));
    Path text = Files.writeString(directory.resolve("text.pcap"), "x".repeat(100));
    assertFails(
        1,
        "tapstack decode: " + text + ": no pcap file: it begins with 0x78787878",
        run("decode", text.toString()));
  }

  @Test
  void withoutThePrivilegeTheMessageNamesTheRemedy() {
    List<String> words =
        new ArrayList<>(List.of("setpriv", "--bounding-set=-net_admin", "--inh-caps=-all"));
    words.addAll(Command.tapstack("serve", "--tap", "tsnone0", "--address", "10.77.0.2/24"));
    Outcome outcome = Command.run(Command.DEADLINE, words);
    assertEquals(1, outcome.status(), outcome.errors());
    String message = "permission denied: run as root or give CAP_NET_ADMIN";
    assertTrue(outcome.errors().strip().endsWith(message), outcome.errors());
    assertEquals(1, outcome.errors().lines().count(), outcome.errors());
  }
}
