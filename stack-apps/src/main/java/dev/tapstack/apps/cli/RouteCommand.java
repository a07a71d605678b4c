package dev.tapstack.apps.cli;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code tapstack route}: the routes of a running process, as {@code ip route} has the kernel's.
 */
@Command(
    name = "route",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Shows the routes of a running stack, the longest prefixes first.",
    description = ControlOptions.WHICH,
    footerHeading = "%nExamples:%n",
    footer = {
      "  tapstack route",
      "  Its own addresses and the broadcast addresses too:",
      "    tapstack route --all",
      "  tapstack route --json --pid 4711"
    })
final class RouteCommand implements Callable<Integer> {
  @Option(names = "--all", description = "Also what is local or broadcast.")
  private boolean isAll;

  @Mixin private ControlOptions control;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  RouteCommand() {}

  @Override
  public Integer call() {
    List<Map<String, Object>> rows =
        control.target().rows("route").stream()
            .filter(row -> isAll || "unicast".equals(row.get("type")))
            .toList();
    control.show(rows, all -> all.stream().map(RouteCommand::line).toList());
    return 0;
  }

  static String line(Map<String, Object> row) {
    StringBuilder line = new StringBuilder();
    if (!"unicast".equals(row.get("type"))) {
      line.append(row.get("type")).append(' ');
    }
    line.append(row.get("dst"));
    if (row.containsKey("gateway")) {
      line.append(" via ").append(row.get("gateway"));
    }
    line.append(" dev ").append(row.get("dev"));
    if (row.containsKey("src") && !row.containsKey("gateway")) {
      line.append(" scope link src ").append(row.get("src"));
    }
    return line.toString();
  }
}
