package dev.tapstack.apps.cli;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tapstack nat}: which outside endpoints stand for which inside ones. */
@Command(
    name = "nat",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Shows the mappings of a running gateway: inside and outside endpoints.",
    description = ControlOptions.WHICH,
    footerHeading = "%nExamples:%n",
    footer = {"  tapstack nat", "  tapstack nat --json --pid 4711"})
final class NatCommand implements Callable<Integer> {
  @Mixin private ControlOptions control;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  NatCommand() {}

  @Override
  public Integer call() {
    control.show(control.target().rows("nat"), NatCommand::lines);
    return 0;
  }

  private static List<String> lines(List<Map<String, Object>> rows) {
    TextTable table = new TextTable("Proto", "Inside", "Outside", "Type", ">Flows");
    for (Map<String, Object> row : rows) {
      table.line(
          row.get("protocol"),
          row.get("inside"),
          row.get("outside"),
          row.get("type"),
          row.getOrDefault("flows", "-"));
    }
    return table.lines();
  }
}
