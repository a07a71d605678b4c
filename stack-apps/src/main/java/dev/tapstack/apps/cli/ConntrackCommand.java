package dev.tapstack.apps.cli;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tapstack conntrack}: the flows of a running gateway, as {@code conntrack -L} has them. */
@Command(
    name = "conntrack",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Shows the flows of a running gateway, both sides of each; at most 10000.",
    description = ControlOptions.WHICH,
    footerHeading = "%nExamples:%n",
    footer = {
      "  tapstack conntrack",
      "  Who has sent how much:",
      "    tapstack conntrack --json | jq -r '.[] | \"\\(.src) \\(.bytes)\"'"
    })
final class ConntrackCommand implements Callable<Integer> {
  @Mixin private ControlOptions control;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  ConntrackCommand() {}

  @Override
  public Integer call() {
    control.show(
        control.target().rows("conntrack"),
        rows -> rows.stream().map(ConntrackCommand::line).toList());
    return 0;
  }

  private static String line(Map<String, Object> row) {
    StringBuilder line = new StringBuilder();
    line.append(String.format("%-4s %6s", row.get("protocol"), row.get("timeout")));
    if ("tcp".equals(row.get("protocol"))) {
      line.append(' ').append(row.get("state"));
    }
    addSide(line, row, "");
    if (Boolean.FALSE.equals(row.get("replied"))) {
      line.append(" [UNREPLIED]");
    }
    addSide(line, row, "reply-");
    return line.toString();
  }

  private static void addSide(StringBuilder line, Map<String, Object> row, String prefix) {
    for (String name : List.of("src", "dst", "sport", "dport", "packets", "bytes")) {
      line.append(' ').append(name).append('=').append(row.get(prefix + name));
    }
  }
}
