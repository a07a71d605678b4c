package dev.tapstack.apps.cli;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tapstack ss}: the sockets of a running process, as ss(8) shows the kernel's. */
@Command(
    name = "ss",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Shows the connections of a running stack.",
    description = ControlOptions.WHICH,
    footerHeading = "%nExamples:%n",
    footer = {
      "  tapstack ss",
      "  What TCP knows of each connection; windows are in bytes, times in milliseconds:",
      "    tapstack ss -i",
      "  The ports that listen, of the process 4711:",
      "    tapstack ss -l --pid 4711",
      "  tapstack ss --json | jq '.[].info.cwnd'"
    })
final class SsCommand implements Callable<Integer> {
  @Option(names = "-i", description = "A second line with what TCP knows of the connection.")
  private boolean hasDetails;

  @Option(
      names = "-l",
      description = "Only what listens, or hears everybody; else only what has a peer.")
  private boolean isListening;

  @Mixin private ControlOptions control;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  SsCommand() {}

  @Override
  public Integer call() {
    List<Map<String, Object>> rows =
        control.target().rows("ss").stream()
            .filter(row -> row.containsKey("peer") != isListening)
            .toList();
    control.show(rows, all -> SocketTable.lines(all, hasDetails));
    return 0;
  }
}
