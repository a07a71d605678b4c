package dev.tapstack.apps.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code tapstack serve}: a host of its own on a TAP, with services. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Runs a host with services on a TAP device until it is interrupted.",
    description =
        "Services: any number; without one http on 80, echo on 7, discard on 9, chargen on 19."
            + " Ports without a service are closed.",
    customSynopsis = {
      "tapstack serve --tap NAME[@NETNS] --address CIDR [--bridge NAME | --host-address CIDR]",
      "               [--gateway IP] [--mac MAC] [--mtu BYTES] [--probe] [--pcap FILE] [--no-offload]",
      "               [--http PORT[=DIR]]... [--list] [--access-log FILE] [--echo [PORT]]",
      "               [--discard [PORT]] [--chargen [PORT]] [--daytime [PORT]] [--ready-fd N]",
      "               [--stats SECONDS] [-v | -vv]"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  A host beside this machine, to be opened in a browser as http://192.168.77.2/:",
      "    tapstack serve --tap tap0 --address 192.168.77.2/24 --host-address 192.168.77.1/24",
      "  Files, and a capture for Wireshark:",
      "    tapstack serve --tap tap0 --address 192.168.77.2/24 --host-address 192.168.77.1/24 \\",
      "        --http 8080=/srv/files --pcap capture.pcap",
      "  A neighbour of all hosts on the bridge br0:",
      "    tapstack serve --tap tap0 --bridge br0 --address 10.1.2.9/24",
      "  In network namespace blue, every frame in a line:",
      "    tapstack serve --tap tap0@blue --address 10.1.1.2/24 --host-address 10.1.1.1/24 -vv",
      "",
      "SIGINT and SIGTERM end it: open connections get five seconds. A second one ends at once.",
      "SIGUSR1 prints the open connections and the counters; 'tapstack ss', 'route', 'arp', 'drops' and",
      "'capture' look into it while it runs."
    })
final class ServeCommand implements Callable<Integer> {
  @Mixin private HostOptions host;

  @Option(
      names = "--http",
      paramLabel = "PORT[=DIR]",
      description = "A web server, of the files in DIR too. May be repeated.")
  private List<HttpSite> http = new ArrayList<>();

  @Option(names = "--list", description = "Web servers list directories that have no index.html.")
  private boolean list;

  @Option(
      names = "--access-log",
      paramLabel = "FILE",
      description =
          "Web servers append a line for each request, in the combined format; - for standard"
              + " output.")
  private @Nullable String accessLog;

  @Option(
      names = "--echo",
      arity = "0..1",
      fallbackValue = "7",
      paramLabel = "PORT",
      description = "Sends back what it receives, TCP and UDP (default port ${FALLBACK-VALUE}).")
  private @Nullable Port echo;

  @Option(
      names = "--discard",
      arity = "0..1",
      fallbackValue = "9",
      paramLabel = "PORT",
      description = "Takes anything, TCP and UDP (default port ${FALLBACK-VALUE}).")
  private @Nullable Port discard;

  @Option(
      names = "--chargen",
      arity = "0..1",
      fallbackValue = "19",
      paramLabel = "PORT",
      description = "Sends without end, TCP (default port ${FALLBACK-VALUE}).")
  private @Nullable Port chargen;

  @Option(
      names = "--daytime",
      arity = "0..1",
      fallbackValue = "13",
      paramLabel = "PORT",
      description = "Says the time of day, TCP and UDP (default port ${FALLBACK-VALUE}).")
  private @Nullable Port daytime;

  @Option(
      names = "--ready-fd",
      paramLabel = "N",
      description = "Writes the ready line also to this descriptor.")
  private int readyFd = -1;

  @Option(
      names = "--stats",
      paramLabel = "SECONDS",
      description = "Prints a line of rates that often.")
  private int statsSeconds;

  @ParentCommand private Tapstack tapstack;
  @Spec private CommandSpec spec;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  ServeCommand() {}

  @Override
  public Integer call() {
    ServeConfig config = config();
    try (ServeRuntime runtime = new ServeRuntime(config)) {
      return runtime.run();
    }
  }

  /** What was asked for; wrong usage if it contradicts itself. */
  ServeConfig config() {
    try {
      return new ServeConfig(
          host.config(tapstack.verbosity()),
          new ServeConfig.Services(List.copyOf(http), list, echo, discard, chargen, daytime)
              .orUsual(),
          accessLog,
          readyFd,
          statsSeconds);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
