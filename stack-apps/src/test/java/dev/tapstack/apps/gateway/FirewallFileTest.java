package dev.tapstack.apps.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.conntrack.FlowState;
import dev.tapstack.filter.AccessList;
import dev.tapstack.filter.Action;
import dev.tapstack.filter.FirewallRules;
import dev.tapstack.filter.Match;
import dev.tapstack.filter.Rule;
import dev.tapstack.filter.SecurityGroup;
import dev.tapstack.ip.HookPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a file of rules says, and how each mistake in one is refused. */
class FirewallFileTest {
  private static final List<String> INTERFACES = List.of("lo", "wan0", "lan0");

  private static FirewallRules parse(String text) throws ConfigException {
    return FirewallFile.parse(ConfigFile.parse("fw.yaml", text), INTERFACES);
  }

  private static String refusal(String text) {
    String message = assertThrows(ConfigException.class, () -> parse(text)).getMessage();
    assertTrue(message.matches("[ -~]+"), message);
    return message;
  }

  /** A group with one rule, in line 4. */
  private static String groupWith(String rule) {
    return "security-groups:\n- name: a\n  interfaces: [wan0]\n  in: [" + rule + "]\n";
  }

  private static Rule ruleOf(String rule) throws ConfigException {
    return parse(groupWith(rule)).groups().get(0).in().get(0);
  }

  @Test
  void aGroupHasInterfacesHostsAndRulesForBothDirections() throws ConfigException {
    Rule web =
        new Rule(
            1,
            List.of(new Match.Protocol(6), new Match.DestinationPort(80, 80)),
            new Action.Allow());
    SecurityGroup expected =
        new SecurityGroup(
            "web",
            List.of("wan0"),
            List.of(IpAddress.parse("192.168.1.2")),
            List.of(web, new Rule(2, List.of(), new Action.Log("rest"))),
            List.of());
    assertEquals(
        new FirewallRules(List.of(expected), List.of()),
        parse(
            """
            security-groups:
              - name: web
                interfaces: [wan0]
                hosts:
                  - 192.168.1.2
                in:
                  - {action: allow, protocol: tcp, to-port: 80}
                  - action: log
                    label: rest
                out: []
            """));
  }

  @Test
  void withoutRulesForADirectionAGroupLetsNothingInAndEverythingOut() throws ConfigException {
    SecurityGroup group = parse("security-groups: [{name: a, interfaces: [wan0]}]").groups().get(0);
    assertEquals(List.of(), group.in());
    assertEquals(null, group.out());
  }

  @Test
  void anAccessListHasNumbers() throws ConfigException {
    assertEquals(
        new AccessList(
            "acl",
            List.of("wan0", "lan0"),
            null,
            List.of(
                new Rule(10, List.of(), new Action.Drop()),
                new Rule(65_535, List.of(), new Action.Allow()))),
        parse(
                """
                access-lists:
                  - name: acl
                    interfaces: [wan0, lan0]
                    out:
                      - {number: 10, action: drop}
                      - {number: 65535, action: allow}
                """)
            .lists()
            .get(0));
  }

  @Test
  void everyMatchHasAField() throws ConfigException {
    assertEquals(
        List.of(
            new Match.Protocol(17),
            new Match.Source(IpPrefix.parse("10.0.0.0/8")),
            new Match.Destination(IpPrefix.parse("192.0.2.1/32")),
            new Match.SourcePort(1, 1),
            new Match.DestinationPort(1024, 65_535),
            new Match.InInterface("wan0"),
            new Match.OutInterface("lan0"),
            new Match.Way(HookPoint.FORWARD),
            new Match.State(List.of(FlowState.INVALID)),
            new Match.Translated()),
        ruleOf(
                "{action: drop, protocol: udp, from: 10.0.0.0/8, to: 192.0.2.1, from-port: 1,"
                    + " to-port: 1024-65535, in-interface: wan0, out-interface: lan0,"
                    + " way: through, state: invalid, translated: true}")
            .matches());
  }

  @ParameterizedTest
  @CsvSource({"echo-request,8,-1", "3,3,-1", "3/4,3,4", "time-exceeded,11,-1"})
  void icmpTypesHaveNamesOrNumbers(String text, int type, int code) throws ConfigException {
    assertEquals(
        List.of(new Match.Protocol(1), new Match.IcmpType(type, code)),
        ruleOf("{action: allow, protocol: icmp, icmp-type: " + text + "}").matches());
  }

  @ParameterizedTest
  @CsvSource({
    "{action: allow},allow",
    "{action: drop},drop",
    "{action: reject},reject",
    "'{action: log, label: x.1}',log x.1",
    "'{action: limit, per-second: 5, burst: 10}',limit 5/s burst 10",
  })
  void everyActionHasAWord(String rule, String action) throws ConfigException {
    assertEquals(action, ruleOf(rule).action().toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{action: permit}|.action: 'permit' is unknown: write one of [allow, drop, reject, log, limit]",
        "{protocol: tcp}|: lacks 'action': add it",
        "{action: allow, port: 80}"
            + "|.port: is unknown: the fields here are [action, protocol, from, from-port, to,"
            + " to-port, icmp-type, in-interface, out-interface, way, label, per-second, burst,"
            + " state, translated]",
        "{action: allow, action: drop}|.action: is there twice: leave one of the two",
        "{action: allow, protocol: tcpp}"
            + "|.protocol: 'tcpp' is no protocol: write one of [icmp, tcp, udp] or its number",
        "{action: allow, protocol: 256}|.protocol: '256' is no whole number from 0 to 255",
        "{action: allow, protocol: tcp, to-port: 65536}"
            + "|.to-port: '65536' is no port: write 0 to 65535, or a range with the lower port"
            + " first, as 1024-2047",
        "{action: allow, protocol: tcp, from-port: 9-8}"
            + "|.from-port: '9-8' is no port: write 0 to 65535, or a range with the lower port"
            + " first, as 1024-2047",
        "{action: allow, to-port: 80}"
            + "|: rule 1 has ports and another protocol than TCP or UDP: name one of these",
        "{action: allow, icmp-type: 8}"
            + "|: rule 1 has an ICMP type and another protocol: name ICMP",
        "{action: allow, protocol: icmp, icmp-type: 256}"
            + "|.icmp-type: ICMP type 256 is not within 0..255",
        "{action: allow, protocol: icmp, icmp-type: ping}"
            + "|.icmp-type: 'ping' is no ICMP type: write one of [echo-reply,"
            + " destination-unreachable, echo-request, time-exceeded, parameter-problem], its"
            + " number, or type and code as 3/4",
        "{action: allow, from: 10.0.0.300}"
            + "|.from: '10.0.0.300' is not an IPv4 address: write it as 192.0.2.1",
        "{action: allow, from: 10.0.0.1/8}|.from: 10.0.0.1/8 has host bits: write 10.0.0.0/8",
        "{action: allow, in-interface: wan1}"
            + "|.in-interface: there is no interface 'wan1': write one of [lo, wan0, lan0]",
        "{action: allow, way: in}"
            + "|.way: 'in' is unknown: write one of [to-gateway, through, from-gateway]",
        "{action: allow, state: established}"
            + "|.state: 'established' is unknown: write one of [new, invalid]",
        "{action: allow, translated: no}"
            + "|.translated: 'no' is not 'true': write that, or leave the field",
        "{action: log}|: lacks 'label': add it",
        "{action: log, label: a b}"
            + "|.label: label 'a b' is not 1 to 32 letters, digits, dots, dashes and underscores",
        "{action: allow, label: x}|.label: belongs to 'action: log' alone: leave it",
        "{action: drop, burst: 5}|.burst: belongs to 'action: limit' alone: leave it",
        "{action: limit, burst: 5}|: lacks 'per-second': add it",
        "{action: limit, per-second: 0, burst: 5}"
            + "|.per-second: '0' is no whole number from 1 to 1000000",
        "{action: limit, per-second: 1e3, burst: 5}"
            + "|.per-second: '1e3' is no whole number from 1 to 1000000",
        "{action: }|.action: has no value: write one behind the colon, or leave the field",
        "{action: [allow]}|.action: is a section or a list: write one value",
        "{action: &a allow}|.action: has an anchor or is an alias: write the value itself",
        "{action: !!java.lang.String allow}"
            + "|.action: has the tag tag:yaml.org,2002:java.lang.String: leave the tag",
        "{action: \"\\e[2J\"}"
            + "|.action: '?[2J' is unknown: write one of [allow, drop, reject, log, limit]",
        "allow"
            + "|: is no section: write fields as 'key: value', of [action, protocol, from,"
            + " from-port, to, to-port, icmp-type, in-interface, out-interface, way, label,"
            + " per-second, burst, state, translated]",
      })
  void aWrongRuleIsRefusedWhereItStands(String rule, String message) {
    assertEquals("fw.yaml:4: security-groups[0].in[0]" + message, refusal(groupWith(rule)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]|fw.yaml:1: is no section: write fields as 'key: value', of [security-groups,"
            + " access-lists]",
        "groups: []|fw.yaml:1: groups: is unknown: the fields here are [security-groups,"
            + " access-lists]",
        "access-lists: {}|fw.yaml:1: access-lists: is no list: write [a, b], or each on a line of"
            + " its own behind '- '",
        "security-groups: [{name: a}]|fw.yaml:1: security-groups[0]: is for nobody: add"
            + " 'interfaces' or 'hosts'",
        "security-groups: [{name: a b, interfaces: [wan0]}]|fw.yaml:1: security-groups[0]: name"
            + " 'a b' is not 1 to 32 letters, digits, dots, dashes and underscores",
        "security-groups: [{name: a, hosts: [wan0]}]|fw.yaml:1: security-groups[0].hosts[0]:"
            + " 'wan0' is not an IPv4 address: write it as 192.0.2.1",
        "security-groups: [{name: a, interfaces: [wan0, wan0]}]|fw.yaml:1:"
            + " security-groups[0].interfaces[1]: 'wan0' is there already: one group and one"
            + " access list for each",
        "access-lists: [{name: a, interfaces: [wan0]}]|fw.yaml:1: access-lists[0]: has no rules:"
            + " add 'in' or 'out'",
        "access-lists: [{name: a, in: []}]|fw.yaml:1: access-lists[0]: is for nobody: add"
            + " 'interfaces'",
        "access-lists: [{name: a, interfaces: [wan0], in: [{number: 2, action: drop}, {number: 2,"
            + " action: drop}]}]|fw.yaml:1: access-lists[0].in[1].number: 2 stands behind 2:"
            + " numbers grow from rule to rule",
        "access-lists: [{name: a, interfaces: [wan0], in: [{action: drop}]}]|fw.yaml:1:"
            + " access-lists[0].in[0]: lacks 'number': add it",
        "security-groups: [|fw.yaml:1: is not YAML: expected the node content, but found"
            + " '<stream end>'",
        "# nothing|fw.yaml: is empty: see the README",
      })
  void aWrongFileIsRefused(String text, String message) {
    assertEquals(message, refusal(text));
  }

  @Test
  void statesAreNotForAccessLists() {
    String text =
        "access-lists: [{name: a, interfaces: [wan0], in: [{number: 1, action: drop, state:"
            + " new}]}]";
    assertTrue(refusal(text).startsWith("fw.yaml:1: access-lists[0].in[0].state: is unknown"));
  }

  @Test
  void moreRulesThanThereIsRoomForAreRefused() throws ConfigException {
    StringBuilder text = new StringBuilder("security-groups:\n- name: a\n  interfaces: [wan0]\n");
    text.append("  in:\n").append("  - {action: drop}\n".repeat(4096));
    assertEquals(4096, parse(text.toString()).count());
    text.append("  - {action: drop}\n");
    assertEquals(
        "fw.yaml:1: 4097 rules are more than 4096: join rules by prefixes and port ranges",
        refusal(text.toString()));
  }

  @Test
  void deepNestingAndMoreThanOneDocumentAreRefused() {
    refusal("[".repeat(200_000));
    refusal("security-groups: []\n---\naccess-lists: []\n");
  }

  @Test
  void aFileThatCannotBeReadIsRefused(@TempDir Path directory) throws IOException {
    Path missing = directory.resolve("none.yaml");
    assertEquals(missing + ": cannot be read: there is no such file", refusalOf(missing));
    Path latin = Files.write(directory.resolve("latin.yaml"), new byte[] {'#', (byte) 0xe9});
    assertEquals(latin + ": is not UTF-8: save it as UTF-8", refusalOf(latin));
    Path large = Files.write(directory.resolve("large.yaml"), new byte[(1 << 20) + 1]);
    assertTrue(refusalOf(large).contains("1048577 bytes are more than 1048576"));
  }

  private static String refusalOf(Path file) {
    return assertThrows(ConfigException.class, () -> FirewallFile.read(file, INTERFACES))
        .getMessage();
  }
}
