package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpPrefix;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tapstack doctor}: what this machine has and lacks, and the command that mends it. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Says what a stack would meet on this machine, and how to mend what is missing.",
    description =
        "Nothing is changed: a TAP is opened as 'serve' would and closed again. With the options of"
            + " the 'serve' that is meant, the answers are about that one.",
    customSynopsis = "tapstack doctor [--tap NAME[@NETNS]] [--address CIDR]",
    footerHeading = "%nExamples:%n",
    footer = {
      "  tapstack doctor",
      "  A TAP of your own choice, in network namespace blue:",
      "    tapstack doctor --tap tap0@blue --address 10.1.1.2/24",
      "",
      "Exit status: 0 nothing is in the way, 1 something is, 2 wrong usage."
    })
final class DoctorCommand implements Callable<Integer> {
  @Option(
      names = "--tap",
      paramLabel = "NAME[@NETNS]",
      defaultValue = "tap0",
      description = "The TAP that is meant (default ${DEFAULT-VALUE}).")
  private TapName tap;

  @Option(
      names = "--address",
      paramLabel = "CIDR",
      defaultValue = "192.168.77.2/24",
      description = "The address that the stack is to have (default ${DEFAULT-VALUE}).")
  private IpPrefix address;

  @Spec private CommandSpec spec;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  DoctorCommand() {}

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    List<Finding> findings = new Doctor(tap, address).findings();
    findings.forEach(finding -> out.println(finding.text()));
    out.flush();
    return findings.stream().anyMatch(Finding::isInTheWay) ? 1 : 0;
  }
}
