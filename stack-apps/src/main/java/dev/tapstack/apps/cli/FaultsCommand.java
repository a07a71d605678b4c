package dev.tapstack.apps.cli;

import dev.tapstack.device.FaultCounter;
import dev.tapstack.stats.Counters;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tapstack faults}: a bridge whose frames suffer faults; or what a running one does. */
@Command(
    name = "faults",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    subcommands = FaultsSetCommand.class,
    header = "Has every frame between the members of a Linux bridge lost, delayed and so on.",
    description = {
      "With --bridge it takes the place of the bridge until Ctrl-C: every port is cut off from"
          + " it and plugged into a switch here, with a link of faults each way; the kernel that has"
          + " the bridge is a member as others are. Faults for all are on the way from each"
          + " member, so a frame meets them once.",
      "Without --bridge it shows what a running one does to frames. " + ControlOptions.WHICH,
      "Needs CAP_NET_ADMIN and CAP_NET_RAW."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tapstack faults --bridge br0 --loss 5%% --delay 50ms --jitter 10ms",
      "  tapstack faults --bridge br0 --reorder 1%% --duplicate 1%% --corrupt 0.1%% --rate 10mbit",
      "  While it runs:",
      "    tapstack faults set --loss 20%%",
      "    tapstack faults set --from 192.168.77.3 --partition",
      "    tapstack faults"
    })
final class FaultsCommand implements Callable<Integer> {
  @Option(
      names = "--bridge",
      paramLabel = "NAME[@NETNS]",
      description = "The bridge that it takes the place of.")
  private @Nullable TapName bridge;

  @Mixin private FaultOptions faults;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Where chance begins, for the same faults again.")
  private @Nullable Long seed;

  @Mixin private ControlOptions control;
  @Spec private CommandSpec spec;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  FaultsCommand() {}

  @Override
  public Integer call() {
    if (bridge != null) {
      try (FaultsRuntime runtime = new FaultsRuntime(bridge, faults.change(), seed)) {
        runtime.run();
      }
      return 0;
    }
    if (seed != null || !faults.values().isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "which bridge? name it by --bridge; 'tapstack faults set' changes a running one");
    }
    control.show(control.target().rows(FaultsRuntime.SHOW), FaultsCommand::table);
    return 0;
  }

  /** Members as a table: a line for each way, and what else they are known by below. */
  static List<String> table(List<Map<String, Object>> rows) {
    List<String> heads = new ArrayList<>(List.of("Member", "Way", "Faults"));
    for (FaultCounter counter : FaultCounter.values()) {
      heads.add(">" + Counters.label(counter));
    }
    TextTable table = new TextTable(heads.toArray(String[]::new));
    for (Map<String, Object> row : rows) {
      List<@Nullable Object> cells = new ArrayList<>();
      cells.add(row.get("member"));
      cells.add(row.get("way"));
      cells.add(row.get("faults"));
      for (FaultCounter counter : FaultCounter.values()) {
        cells.add(row.get(Counters.label(counter)));
      }
      table.line(cells.toArray());
      if (row.get("known_as") instanceof List<?> names && !names.isEmpty()) {
        table.details(String.join(" ", names.stream().map(String::valueOf).toList()));
      }
    }
    return table.lines();
  }
}
