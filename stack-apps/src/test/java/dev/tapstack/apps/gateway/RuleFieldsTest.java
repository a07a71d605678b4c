package dev.tapstack.apps.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.filter.Rule;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A rule is shown in the words from which it was read, and could be read from them again. */
class RuleFieldsTest {
  private static final List<String> INTERFACES = List.of("lo", "wan0", "lan0");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{action: allow}",
        "{action: drop, protocol: 47, from: 192.168.1.9, to: 10.0.0.0/8}",
        "{action: reject, protocol: tcp, from-port: 1024-65535, to-port: 25}",
        "{action: limit, per-second: 5, burst: 10, protocol: icmp, icmp-type: echo-request}",
        "{action: drop, protocol: icmp, icmp-type: 3/4}",
        "{action: drop, protocol: icmp, icmp-type: 40}",
        "{action: log, label: seen, in-interface: wan0, out-interface: lan0, way: through}",
        "{action: allow, protocol: udp, state: invalid, translated: true}",
      })
  void aRuleIsShownAsItIsWritten(String written) throws ConfigException {
    Rule rule = read(written);
    String shown =
        RuleFields.of(rule.matches(), rule.action()).entrySet().stream()
            .map(field -> field.getKey() + ": " + field.getValue())
            .collect(Collectors.joining(", ", "{", "}"));
    assertEquals(rule, read(shown));
    assertEquals(words(written), words(shown));
  }

  private static Rule read(String rule) throws ConfigException {
    return new RuleReader(INTERFACES).groupRule(ConfigFile.parse("rule", rule), 1);
  }

  /** The fields, whose order does not matter. */
  private static List<String> words(String rule) {
    return List.of(rule.replaceAll("[{}]", "").split(", ")).stream().sorted().toList();
  }
}
