package dev.tapstack.apps.cli;

import dev.tapstack.apps.faults.FaultChange;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tapstack faults set}: changes the faults of a running {@code tapstack faults}. */
@Command(
    name = "set",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Changes the faults of a running 'tapstack faults', and shows them.",
    description = {
      "What is not named stays as it is. " + ControlOptions.WHICH,
      "A member is named by its port, a MAC or an IPv4 address of its; the kernel that has the"
          + " bridge is 'host'. A member that is yet to come can be named, too."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tapstack faults set --loss 5%% --delay 50ms",
      "  Nothing reaches 172.18.0.3, and nothing comes from it:",
      "    tapstack faults set --to 172.18.0.3 --from 172.18.0.3 --partition",
      "  The end of that; and the end of all faults:",
      "    tapstack faults set --to 172.18.0.3 --from 172.18.0.3 --no-partition",
      "    tapstack faults set --clear"
    })
final class FaultsSetCommand implements Callable<Integer> {
  @Option(names = "--clear", description = "First, without --from and --to everybody's faults go.")
  private boolean isClear;

  @Option(
      names = "--from",
      paramLabel = "MEMBER",
      description = "Only what comes from this member; repeatable.")
  private List<String> from = List.of();

  @Option(
      names = "--to",
      paramLabel = "MEMBER",
      description = "Only what goes to this member, beside the faults of its senders; repeatable.")
  private List<String> to = List.of();

  @Mixin private FaultOptions faults;
  @Mixin private ControlOptions control;
  @Spec private CommandSpec spec;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  FaultsSetCommand() {}

  @Override
  public Integer call() {
    Map<String, Object> values = faults.values();
    if (isClear) {
      values.put(FaultChange.CLEAR, true);
    }
    if (values.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "what is to be changed? name a fault, or --clear");
    }
    FaultChange change = new FaultChange(values, from, to);
    control.show(
        control.target().instruct(FaultsRuntime.SET, change.toMap()), FaultsCommand::table);
    return 0;
  }
}
