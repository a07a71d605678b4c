package dev.tapstack.apps.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code tapstack arp}: the neighbours of a running process, as {@code ip neigh} has the kernel's.
 */
@Command(
    name = "arp",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Shows the neighbours of a running stack, and what it knows of each.",
    description = ControlOptions.WHICH,
    footerHeading = "%nExamples:%n",
    footer = {"  tapstack arp", "  tapstack arp --json | jq -r '.[].lladdr'"})
final class ArpCommand implements Callable<Integer> {
  @Mixin private ControlOptions control;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  ArpCommand() {}

  @Override
  public Integer call() {
    control.show(
        control.target().rows("arp"), rows -> rows.stream().map(ArpCommand::line).toList());
    return 0;
  }

  private static String line(Map<String, Object> row) {
    Object mac = row.get("lladdr");
    return row.get("dst")
        + " dev "
        + row.get("dev")
        + (mac == null ? "" : " lladdr " + mac)
        + " "
        + row.get("state");
  }
}
