package dev.tapstack.apps.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tapstack firewall}: the rules of a running gateway, and what each has matched. */
@Command(
    name = "firewall",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Shows the rules of a running gateway with what they matched, or has them read again.",
    description = {
      ControlOptions.WHICH,
      "Bytes count from the IP header on; counts begin anew with each reload. 'answers' is what"
          + " passes a group without a rule, 'otherwise' what no rule has matched."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tapstack firewall",
      "  After the file was changed; if it is wrong, the old rules stay and the status is 1:",
      "    tapstack firewall --reload",
      "  Rules that have matched nothing:",
      "    tapstack firewall --json | jq -c '.[] | select(.packets == 0)'"
    })
final class FirewallCommand implements Callable<Integer> {
  @Option(
      names = "--reload",
      description =
          "Has the gateway read its file of rules again. Answered flows go on where security groups"
              + " judge; access lists judge each packet by the new rules.")
  private boolean isReload;

  @Mixin private ControlOptions control;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  FirewallCommand() {}

  @Override
  public Integer call() {
    List<Map<String, Object>> rows =
        control.target().rows(isReload ? GatewayViews.FIREWALL_RELOAD : GatewayViews.FIREWALL);
    control.show(rows, isReload ? FirewallCommand::reloaded : FirewallCommand::table);
    return 0;
  }

  private static List<String> reloaded(List<Map<String, Object>> rows) {
    return rows.stream()
        .map(row -> row.get("file") + ": " + row.get("rules") + " rules are in force")
        .toList();
  }

  /** The rows as a table, each rule in the words of its file. */
  static List<String> table(List<Map<String, Object>> rows) {
    TextTable table = new TextTable("List", "Dir", "Rule", ">Packets", ">Bytes", "Action");
    for (Map<String, Object> row : rows) {
      Map<String, Object> rule = new LinkedHashMap<>(row);
      table.line(
          rule.remove("list"),
          rule.remove("direction"),
          rule.remove("rule"),
          rule.remove("packets"),
          rule.remove("bytes"),
          rule.remove("action") + fields(rule));
    }
    return table.lines();
  }

  private static String fields(Map<String, Object> rule) {
    return rule.entrySet().stream()
        .map(field -> " " + field.getKey() + "=" + field.getValue())
        .collect(Collectors.joining());
  }
}
