package dev.tapstack.apps.cli;

import dev.tapstack.apps.cli.control.ControlException;
import dev.tapstack.apps.cli.docker.DockerException;
import dev.tapstack.tap.TapException;
import io.netty.util.internal.PlatformDependent;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The program {@code tapstack}: parses the command line and hands over to a subcommand. */
@Command(
    name = "tapstack",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    description = "A TCP/IP stack of its own on a Linux TAP device.",
    subcommands = {
      ServeCommand.class,
      GatewayCommand.class,
      NcCommand.class,
      GetCommand.class,
      PingCommand.class,
      FaultsCommand.class,
      DecodeCommand.class,
      DoctorCommand.class,
      SsCommand.class,
      RouteCommand.class,
      ArpCommand.class,
      ConntrackCommand.class,
      NatCommand.class,
      FirewallCommand.class,
      DropsCommand.class,
      CaptureCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tapstack serve --tap tap0 --address 192.168.77.2/24 --host-address 192.168.77.1/24",
      "  tapstack decode capture.pcap",
      "  tapstack doctor",
      "  tapstack ss -i",
      "  tapstack capture -w capture.pcap",
      "  tapstack serve --help",
      "",
      "Exit status: 0 success, 1 failure, 2 wrong usage."
    })
public final class Tapstack implements Runnable {
  private static final int FAILURE = CommandLine.ExitCode.SOFTWARE;
  private static final int USAGE = CommandLine.ExitCode.USAGE;

  /** Wide enough for the examples, which are to be copied. */
  private static final int USAGE_COLUMNS = 100;

  @Spec private CommandSpec spec;

  private int verbosity;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  public Tapstack() {}

  /** Runs the program; the exit status is 0 (ok), 1 (failure) or 2 (usage). */
  public static void main(String[] args) {
    checkBuffersOnce();
    System.exit(commandLine().execute(args));
  }

  /**
   * Netty looks at each access to a buffer whether it is still owned, which the stack's packets see
   * to, and whether it is within bounds, which the JVM sees to as well where Netty has no Unsafe
   * (from Java 24 on). Measured: a tenth of what a gateway forwards. Before the first buffer.
   */
  private static void checkBuffersOnce() {
    setDefault("io.netty.buffer.checkAccessible", "false");
    if (!PlatformDependent.hasUnsafe()) {
      setDefault("io.netty.buffer.checkBounds", "false");
    }
  }

  private static void setDefault(String key, String value) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, value);
    }
  }

  /** The whole command line, with its converters and its way of telling errors. */
  static CommandLine commandLine() {
    Tapstack tapstack = new Tapstack();
    CommandLine commandLine = new CommandLine(tapstack);
    Converters.register(commandLine);
    return commandLine
        .setUsageHelpWidth(USAGE_COLUMNS)
        .setExecutionStrategy(tapstack::execute)
        .setParameterExceptionHandler(Tapstack::wrongUsage)
        .setExecutionExceptionHandler(tapstack::failed);
  }

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Say more: -v a line for each connection, -vv one for each frame.")
  void verbose(boolean[] times) {
    verbosity = times.length;
  }

  /** 0, 1 for {@code -v}, 2 for {@code -vv} or more. */
  int verbosity() {
    return Math.min(verbosity, 2);
  }

  /**
   * The host of a command that is a client: its standard output has what it was asked for, and so
   * takes no capture.
   *
   * @throws ParameterException if the options contradict themselves
   */
  HostConfig clientConfig(HostOptions options, CommandSpec command) {
    try {
      HostConfig config = options.config(verbosity());
      if (config.capturesToStandardOutput()) {
        throw new IllegalArgumentException("--pcap -: standard output is taken: name a file");
      }
      return config;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "a command is needed (serve, gateway, nc, get, ping, faults, decode, doctor, ss, route, arp,"
            + " conntrack, nat, firewall, drops, capture)");
  }

  private int execute(ParseResult parsed) {
    // Read by slf4j-simple when the first logger is made, which is after this.
    if (verbosity > 0) {
      System.setProperty(
          "org.slf4j.simpleLogger.log.dev.tapstack", verbosity() == 1 ? "info" : "debug");
    }
    return new RunLast().execute(parsed);
  }

  private static int wrongUsage(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    command.getErr().println(name + ": " + oneLine(e) + " (see " + name + " --help)");
    return USAGE;
  }

  private int failed(Exception e, CommandLine command, ParseResult parsed) {
    String name = command.getCommandSpec().qualifiedName();
    boolean isExpected =
        e instanceof TapException
            || e instanceof CommandException
            || e instanceof ControlException
            || e instanceof DockerException;
    command
        .getErr()
        .println(
            name + ": " + (isExpected ? oneLine(e) : "internal error: " + e + " (-vv says where)"));
    if (verbosity() == 2) {
      e.printStackTrace(command.getErr());
    }
    return FAILURE;
  }

  private static String oneLine(Exception e) {
    return String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
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
