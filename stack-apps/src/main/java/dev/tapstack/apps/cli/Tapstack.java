package dev.tapstack.apps.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program {@code tapstack}: parses the command line and hands over to a subcommand. */
@Command(
    name = "tapstack",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    description = "A TCP/IP stack of its own on a Linux TAP device.",
    exitCodeOnExecutionException = 1,
    exitCodeOnInvalidInput = 2)
public final class Tapstack implements Runnable {
  @Spec private CommandSpec spec;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  public Tapstack() {}

  /** Runs the program; the exit status is 0 (ok), 1 (failure) or 2 (usage). */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Tapstack()).execute(args));
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand is needed: tapstack --help");
  }

  /** The version from the jar's manifest, or "dev" when run from class files. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Tapstack.class.getPackage().getImplementationVersion();
      return new String[] {"tapstack " + (version == null ? "dev" : version)};
    }
  }
}
